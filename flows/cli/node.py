"""`erarium node`: serve a home's chain for scripts that read it."""

from pathlib import Path

import click

from flows.cli import options


@click.command(short_help="Serve a home's chain until Ctrl-C, for scripts that read it.")
@options.home
@click.option("--port", type=click.IntRange(1, 65_535), help="A free one if unset.")
def node(home: Path | None, port: int | None) -> int:
    """Serve a home's chain from its saved state until Ctrl-C.

    Any JSON-RPC client can read it at the address that is printed; nobody can cheat through it.
    """
    from tasks import serving

    with serving.served(options.settings(home), port) as served:
        click.echo(f"{served.rpc_url} serves the chain of {served.home} until Ctrl-C")
        click.echo(f"tournament {served.tournament}, token {served.token}")
        served.wait()
    return 0
