"""Options of the commands that modellers type."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli import options
from flows.cli.commands import Idle

if TYPE_CHECKING:
    from tasks.client.owning import Place
    from tasks.modelling import View

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

models = click.option(
    "--models",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of your models; ERARIUM_MODELS or ./models if unset.",
)
model = click.option("--model", "name", metavar="NAME", help="Your model; the only one if unset.")
passphrase = click.option(
    "--passphrase-file",
    "passphrase",
    type=_FILE,
    help="Opens your key; the file that `model create` was told or made if unset.",
)

PLACE = ("--rpc", "--tournament", "--lake")

ELSEWHERE = (
    Idle(
        options=("--model", "--models"),
        beside=PLACE,
        because="they say which tournament is looked at",
    ),
)
"""What does nothing where `looking` is told a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which tournament a command looks at.

    Attributes:
        models: the folder of the modeller's models.
        name: the model whose tournament it is; None for the only model.
        place: another place; None for where the model plays.
    """

    models: Path
    name: str | None
    place: "Place | None"

    def look(self) -> "View":
        """Return the tournament as it stands; see `modelling.look`."""
        from tasks import modelling

        return modelling.look(self.models, self.name, self.place)


def place(*, required: bool = False, says: str = "The model's") -> Callable[[Any], Any]:
    """Return the options --rpc, --tournament and --lake.

    Args:
        required: whether they must be said; else another place is taken without them.
        says: whose place that is.
    """
    said = "" if required else f" {says} if unset."
    made = [
        click.option("--rpc", metavar="URL", help=f"The chain's JSON-RPC endpoint.{said}"),
        click.option("--tournament", metavar="ADDRESS", help="The tournament's contract."),
        click.option("--lake", metavar="DIR", help="The lake with the tournament's data."),
    ]

    def add(command: Any) -> Any:
        for option in reversed(made):
            command = option(command)
        return command

    return add


def looking(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options that say which tournament it looks at, as a `Where`."""

    @wraps(command)
    def run(
        *,
        name: str | None,
        models: Path | None,
        rpc: str | None,
        tournament: str | None,
        lake: str | None,
        **own: Any,
    ) -> int:
        where = Where(models=models_path(models), name=name, place=place_of(rpc, tournament, lake))
        return command(where=where, **own)

    made: Callable[..., int] = model(models(place()(run)))
    return made


def place_of(rpc: str | None, tournament: str | None, lake: str | None) -> "Place | None":
    """Return the place that the three options name; None if none of them was said.

    Raises:
        UsageError: if some of them were said and not all.
    """
    if rpc and tournament and lake:
        from tasks.client.owning import Place

        return Place(rpc=rpc, tournament=tournament, lake=lake)
    said = zip(PLACE, (rpc, tournament, lake), strict=True)
    missing = [name for name, value in said if not value]
    if len(missing) < len(PLACE):
        raise click.UsageError(f"{', '.join(missing)} is missing: a place is said by all three")
    return None


def models_path(said: Path | None) -> Path:
    """Return the folder that was said, else the environment's, else `./models`."""
    return options.settings(models=said).models
