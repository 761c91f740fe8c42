"""`erarium report`: print a finished home's report again."""

from pathlib import Path

from flows.cli import commands, console, giving, options
from flows.cli.giving import Output


@commands.command(short_help="Print a finished home's report again.")
@options.home
@giving.json_option
def report(home: Path | None, output: Output) -> int:
    """Print the report of a finished tournament."""
    from tasks import stored_homes

    document = stored_homes.report(options.settings(home).home)
    return output.give(document, lambda: console.print_report(document))
