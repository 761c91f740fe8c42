"""`erarium chain`: examine a home's chain."""

from pathlib import Path

import click

from flows.cli import commands, giving, options, printing
from flows.cli.giving import Output
from tasks.core.errors import ExitCode


@click.group(cls=commands.Group, short_help="Examine a home's chain.")
def chain() -> None:
    """Examine a home's chain."""


@chain.command(short_help="Compare journals, lake and chain, to the wei.")
@options.home
@giving.json_option
def doctor(home: Path | None, output: Output) -> int:
    """Compare a home's journals, lake and chain, and print every difference in wei.

    Prints one line, beginning with `consistent`, if there is none. Nothing is changed, and
    `erarium play` may be at work meanwhile; a chain that does not run is started to be read.
    """
    from tasks import examining

    found = examining.examine(options.settings(home))
    document = {
        "block": found.block,
        "consistent": not found.differences,
        "differences": [each.document() for each in found.differences],
        "transactions_by_hand": found.by_hand,
        "waiting": found.waiting,
    }
    code = ExitCode.FAILED if found.differences else ExitCode.DONE
    return output.give(document, lambda: printing.print_lines(found.lines()), code)
