"""`erarium node`: serve a home's chain for scripts that read it."""

from pathlib import Path

import click

from flows.cli import commands, giving, options, printing
from flows.cli.giving import Output
from tasks.core.errors import ExitCode


@commands.command(short_help="Serve a home's chain until Ctrl-C, for scripts that read it.")
@options.home
@click.option("--port", type=click.IntRange(1, 65_535), help="A free one if unset.")
@giving.json_option
def node(home: Path | None, port: int | None, output: Output) -> int:
    """Serve a home's chain from its saved state until Ctrl-C.

    Any JSON-RPC client can read it at the address that is printed; nobody can cheat through it.
    """
    from tasks import serving

    with serving.served(options.settings(home), port) as served:
        document = {
            "home": str(served.home),
            "rpc": served.rpc_url,
            "token": served.token,
            "tournament": served.tournament,
        }
        lines = (
            f"{served.rpc_url} serves the chain of {served.home} until Ctrl-C",
            f"tournament {served.tournament}, token {served.token}",
        )
        output.give(document, lambda: printing.print_lines(lines))
        served.wait()
    return ExitCode.DONE
