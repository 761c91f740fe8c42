"""`erarium up`: bring a live home up."""

from pathlib import Path
from typing import Any

import click

from flows.cli import options

_PORT = click.IntRange(1, 65_535)
_PLACES = ("port", "rpc_port", "host", "public_url")


@click.command(short_help="Start a live home: chain, Prefect, deployments, worker, intake.")
@options.home
@click.option("--port", type=_PORT, help="Of Prefect's pages; the last one, or 4200, if unset.")
@click.option("--rpc-port", type=_PORT, help="Of the chain; the last one, or 8545, if unset.")
@click.option("--host", metavar="ADDRESS", help="What Prefect binds to; loopback if unset.")
@click.option("--public-url", metavar="URL", help="Where browsers find Prefect behind a proxy.")
@click.option("--prices", type=click.Path(path_type=Path), help="Files of prices that grow.")
@click.option("--sectors", type=click.Path(path_type=Path), help="Table with Symbol,Sector.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Of the simulated market.")
@click.option("--simulated-ids", type=click.IntRange(100, 10_000), help="Its assets.")
@click.option("--simulated-days", type=click.IntRange(500, 10_000), help="Days of its history.")
@click.option(
    "--market-day-s", type=click.IntRange(1, 86_400), help="Seconds of a simulated market's day."
)
@click.option("--round-every", type=click.IntRange(1, 1_000), help="A round over every n-th era.")
@click.option(
    "--approval", type=click.Choice(["required", "auto"]), help="Whether a person sees tables."
)
@click.option("--opening", metavar="RULE", help="`public`, `after N rounds` or `sealed`.")
@click.option("--faucet/--no-faucet", default=None, help="Gas and tokens for whoever asks here.")
def up(home: Path | None, **words: Any) -> int:
    """Start what a live home needs, found it where there is none, and say what comes next.

    What runs already is left alone, so it may be typed again at any time. Which home it is, is
    said when it is founded; later these options may be left out. A home that was away catches
    up: what is due is started at once.
    """
    # Imported here, so that help and mistyped options answer at once.
    from flows.cli import waiting
    from tasks import service, standing

    for name in ("prices", "sectors"):
        words[name] = None if words[name] is None else str(words[name].resolve())
    ports = {name: words.pop(name) for name in _PLACES}
    values = options.settings(home)
    if ports["host"] not in (None, "127.0.0.1", "::1", "localhost"):
        click.echo(
            f"warning: whoever reaches {ports['host']} can start flows and read the runs: put "
            'authentication before it, see "Who can reach it" in docs/operating.md',
            err=True,
        )
    with waiting.shown() as tell:
        service.up(
            values,
            words,
            ports,
            click.echo,
            lambda done, total: tell("build the eras", done, total),
        )
    found = standing.look(values)
    for line in found.lines():
        click.echo(line)
    click.echo(f"lake {found.lake}, tournament {found.tournament}")
    click.echo(f"Prefect's pages: {found.places.ui_url}")
    return 0
