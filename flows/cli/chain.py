"""`erarium chain`: examine a home's chain."""

from pathlib import Path

import click

from flows.cli import options


@click.group(short_help="Examine a home's chain.")
def chain() -> None:
    """Examine a home's chain."""


@chain.command(short_help="Compare journals, lake and chain, to the wei.")
@options.home
@options.json_file
def doctor(home: Path | None, json_file: Path | None) -> int:
    """Compare a home's journals, lake and chain, and print every difference in wei.

    Prints one line, beginning with `consistent`, if there is none. Nothing is changed, and
    `erarium play` may be at work meanwhile; a chain that does not run is started to be read.
    """
    from tasks import examining

    found = examining.examine(options.settings(home))
    for line in found.lines():
        click.echo(line)
    if json_file is not None:
        options.write_json(
            json_file,
            {
                "block": found.block,
                "consistent": not found.differences,
                "differences": [each.document() for each in found.differences],
                "transactions_by_hand": found.by_hand,
                "waiting": found.waiting,
            },
        )
    return 1 if found.differences else 0
