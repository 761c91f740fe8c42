"""Options of the commands that modellers type, and how these commands give their results."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli import options

if TYPE_CHECKING:
    from tasks.client.owning import Place

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
json_file = options.result(
    "--json", "Write the result as JSON to this file too, or instead to standard output: -.",
    "json_file",
)  # fmt: skip


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


def place_of(words: Mapping[str, str | None]) -> "Place | None":
    """Return the place that the three options name; None if none of them was said.

    Raises:
        UsageError: if some of them were said and not all.
    """
    from tasks.client.owning import Place

    rpc, tournament, lake = (words[name] for name in ("rpc", "tournament", "lake"))
    if rpc and tournament and lake:
        return Place(rpc=rpc, tournament=tournament, lake=lake)
    missing = [f"--{name}" for name in ("rpc", "tournament", "lake") if not words[name]]
    if len(missing) < len(words):
        raise click.UsageError(f"{', '.join(missing)} is missing: a place is said by all three")
    return None


def models_path(said: Path | None) -> Path:
    """Return the folder that was said, else the environment's, else `./models`."""
    return options.settings(models=said).models


def give(json_file: Path | None, document: Mapping[str, Any], show: Callable[[], None]) -> None:
    """Print a result for people and write it as JSON, or print the JSON alone.

    Args:
        json_file: where the JSON goes; `-` for standard output, None for nowhere.
        document: the result as JSON has it.
        show: prints it for people.
    """
    if json_file != options.STANDARD_OUTPUT:
        show()
    if json_file is not None:
        options.write_json(json_file, document)
