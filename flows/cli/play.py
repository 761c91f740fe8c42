"""`erarium play`: a whole tournament in one command."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli import console, options

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


@click.command(short_help="Play a whole tournament, from prices to settled balances.")
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
@options.json_file
def play(
    home: Path | None, fresh: bool, port: int | None, json_file: Path | None, **words: Any
) -> int:
    """Play a whole tournament, from prices to settled and verified balances.

    Without --prices the built-in market simulator is played. A home that was interrupted goes on
    where it stopped; a finished one prints its report again.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks import stored_homes

    for name in ("prices", "sectors"):
        words[name] = None if words[name] is None else str(words[name].resolve())
    values = options.settings(home)
    document = None if fresh else stored_homes.finished(values.home, words)
    if document is None:
        document = _play(values, words, fresh, port)
    console.print_report(document)
    if json_file is not None:
        options.write_json(json_file, document)
    return 0 if document["verified"] else 1


def _play(
    values: "Settings", words: Mapping[str, Any], fresh: bool, port: int | None
) -> dict[str, Any]:
    from tasks import local

    with local.served(values, words, fresh=fresh, port=port) as ui:
        click.echo(f"Prefect's pages while this runs: {ui}", err=True)
        # Prefect reads its settings as it is imported, so not before the server is known.
        from prefect.exceptions import TerminationSignal

        from flows.play import play as flow
        from tasks import artifacts, progress

        arguments = dict(words)
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
