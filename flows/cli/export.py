"""`erarium export`: the operator hands the predictions of closed rounds to an auditor."""

from pathlib import Path

import click

from flows.cli import commands, giving, options, printing
from flows.cli.giving import Output


@commands.command(
    short_help="Copy rounds' predictions for an auditor, whatever their opening rule."
)
@click.option("--round", "round_id", type=click.IntRange(0), help="One round; all if unset.")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Takes a file round-N.npy for each round.",
)
@options.home
@giving.json_option
def export(round_id: int | None, folder: Path, home: Path | None, output: Output) -> int:
    """Copy the accepted predictions of booked rounds into a folder that its owner alone can read.

    Whoever is given them runs `erarium verify --predictions`: it checks them against the digest
    in the book and recomputes everything. They are the modellers' property: say who may have them.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks import auditing

    paths = [str(path) for path in auditing.export(options.settings(home).home, folder, round_id)]
    return output.give({"files": paths}, lambda: printing.print_lines(paths))
