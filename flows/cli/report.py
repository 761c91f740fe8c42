"""`erarium report`: print a finished home's report again."""

from pathlib import Path

import click

from flows.cli import console, options


@click.command(short_help="Print a finished home's report again.")
@options.home
@options.json_file
def report(home: Path | None, json_file: Path | None) -> int:
    """Print the report of a finished tournament."""
    from tasks import stored_homes

    document = stored_homes.report(options.settings(home).home)
    console.print_report(document)
    if json_file is not None:
        options.write_json(json_file, document)
    return 0
