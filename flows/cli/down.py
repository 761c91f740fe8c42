"""`erarium down`: stop a live home."""

from pathlib import Path

import click

from flows.cli import options


@click.command(short_help="Stop a live home's processes, and no others.")
@options.home
def down(home: Path | None) -> int:
    """Stop a live home's processes: worker, intake, chain, Prefect's server.

    A step that is under way is cut off, which harms nothing; the chain saves its state. Typed
    again it does nothing.
    """
    from tasks import service

    service.down(options.settings(home), click.echo)
    return 0
