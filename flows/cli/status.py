"""`erarium status`: how a live home stands, in one screen."""

from pathlib import Path

import click

from flows.cli import options
from tasks.core import wording


@click.command(short_help="Say what runs, where each round is, what is late and what is wrong.")
@options.home
@options.json_file
def status(home: Path | None, json_file: Path | None) -> int:
    """Say what of a live home runs, where its rounds are, what is late and what is wrong.

    Nothing is started. Ends with exit code 1 if something needs a person.
    """
    from tasks import standing

    found = standing.look(options.settings(home))
    if json_file is not None:
        options.write_json(json_file, found.document())
    if json_file != options.STANDARD_OUTPUT:
        for line in found.lines():
            click.echo(wording.plain(line))
    return 1 if found.needs_a_person else 0
