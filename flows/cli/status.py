"""`erarium status`: how a live home stands, in one screen."""

from pathlib import Path

from flows.cli import commands, giving, options, printing
from flows.cli.giving import Output
from tasks.core.errors import ExitCode


@commands.command(short_help="Say what runs, where each round is, what is late and what is wrong.")
@options.home
@giving.json_option
def status(home: Path | None, output: Output) -> int:
    """Say what of a live home runs, where its rounds are, what is late and what is wrong.

    Nothing is started. Ends with exit code 1 if something needs a person.
    """
    from tasks import standing

    found = standing.look(options.settings(home))
    code = ExitCode.FAILED if found.needs_a_person else ExitCode.DONE
    return output.give(found.document(), lambda: printing.print_lines(found.lines()), code)
