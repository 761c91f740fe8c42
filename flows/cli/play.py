"""`erarium play`: a whole tournament in one command."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli import commands, console, giving, options
from flows.cli.commands import Idle
from flows.cli.giving import Output
from tasks.core.errors import ExitCode

if TYPE_CHECKING:
    from tasks.adapters.settings import Settings

IDS, DAYS = click.IntRange(100, 10_000), click.IntRange(500, 10_000)


def _rounds(ctx: click.Context, param: click.Parameter, text: str) -> int | None:
    """Read `--rounds`: a number, or `all`."""
    if text == "all":
        return None
    if not text.isdigit() or not 1 <= int(text) <= 5_000:
        raise click.BadParameter(f"{text!r} is neither `all` nor a number from 1 to 5000")
    return int(text)


@commands.command(
    short_help="Play a whole tournament, from prices to settled balances.",
    idle=(
        Idle(
            options=("--simulated-ids", "--simulated-days"),
            beside=("--prices",),
            because="no market is simulated then",
        ),
        Idle(options=("--sectors",), without=("--prices",), because="they are of its assets"),
    ),
)
@click.option("--prices", type=click.Path(path_type=Path), help="CSV or Parquet file, or folder.")
@click.option("--sectors", type=click.Path(path_type=Path), help="Table with Symbol,Sector.")
@click.option(
    "--rounds", default="12", callback=_rounds, show_default=True, metavar="N|all",
    help="The last N weekly eras whose targets matured.",
)  # fmt: skip
@click.option("--modellers", default=13, show_default=True, type=click.IntRange(6, 200))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 2**63 - 1))
@click.option("--simulated-ids", default=1_000, show_default=True, type=IDS)
@click.option("--simulated-days", default=1_800, show_default=True, type=DAYS)
@click.option(
    "--opening", default="public", show_default=True, metavar="RULE",
    help="When predictions are published: `public`, `after N rounds` or `sealed`.",
)  # fmt: skip
@options.home
@click.option("--fresh", is_flag=True, help="Move a home that is there aside and start anew.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Prefect's port; a free one if unset.")
@giving.json_option
def play(
    prices: Path | None,
    sectors: Path | None,
    rounds: int | None,
    modellers: int,
    seed: int,
    simulated_ids: int,
    simulated_days: int,
    opening: str,
    home: Path | None,
    fresh: bool,
    port: int | None,
    output: Output,
) -> int:
    """Play a whole tournament, from prices to settled and verified balances.

    Without --prices the built-in market simulator is played. A home that was interrupted goes on
    where it stopped; a finished one prints its report again.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks import stored_homes

    arguments = {
        "prices": None if prices is None else str(prices.resolve()),
        "sectors": None if sectors is None else str(sectors.resolve()),
        "rounds": rounds,
        "modellers": modellers,
        "seed": seed,
        "simulated_ids": simulated_ids,
        "simulated_days": simulated_days,
        "opening": opening,
    }
    values = options.settings(home)
    found = None if fresh else stored_homes.finished(values.home, arguments)
    if found is not None and port is not None:
        raise click.UsageError(
            f"--port does nothing: {values.home} is finished and starts no server"
        )
    document = _play(values, arguments, fresh, port) if found is None else found
    code = ExitCode.DONE if document["verified"] else ExitCode.FAILED
    return output.give(document, lambda: console.print_report(document), code)


def _play(
    values: "Settings", said: Mapping[str, Any], fresh: bool, port: int | None
) -> dict[str, Any]:
    from tasks import local

    with local.served(values, said, fresh=fresh, port=port) as ui:
        giving.note(f"Prefect's pages while this runs: {ui}")
        # Prefect reads its settings as it is imported, so not before the server is known.
        from prefect.exceptions import TerminationSignal

        from flows.play import play as flow
        from tasks import artifacts, progress

        arguments = dict(said)
        rounds = arguments.pop("rounds")
        try:
            with progress.shown():
                document: dict[str, Any] = flow(
                    home=str(values.home),
                    last_rounds="all" if rounds is None else rounds,
                    **arguments,
                )
        except TerminationSignal as ended:
            # Prefect takes TERM over while a flow runs.
            raise KeyboardInterrupt from ended
        finally:
            artifacts.flush()
    return document
