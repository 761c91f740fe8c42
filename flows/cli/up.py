"""`erarium up`: bring a live home up."""

from pathlib import Path

import click

from flows.cli import commands, giving, options, printing
from flows.cli.commands import Idle
from flows.cli.giving import Output

_PORT = click.IntRange(1, 65_535)


@commands.command(
    short_help="Start a live home: chain, Prefect, deployments, worker, intake.",
    idle=(
        Idle(
            options=("--seed", "--simulated-ids", "--simulated-days", "--market-day-s"),
            beside=("--prices",),
            because="no market is simulated then",
        ),
        Idle(options=("--sectors",), without=("--prices",), because="they are of its assets"),
    ),
)
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
@giving.json_option
def up(
    home: Path | None,
    port: int | None,
    rpc_port: int | None,
    host: str | None,
    public_url: str | None,
    prices: Path | None,
    sectors: Path | None,
    seed: int | None,
    simulated_ids: int | None,
    simulated_days: int | None,
    market_day_s: int | None,
    round_every: int | None,
    approval: str | None,
    opening: str | None,
    faucet: bool | None,
    output: Output,
) -> int:
    """Start what a live home needs, found it where there is none, and say what comes next.

    What runs already is left alone, so it may be typed again at any time. Which home it is, is
    said when it is founded; later these options may be left out. A home that was away catches
    up: what is due is started at once.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks import service, standing
    from tasks.adapters import waiting

    said = {
        "prices": None if prices is None else str(prices.resolve()),
        "sectors": None if sectors is None else str(sectors.resolve()),
        "seed": seed,
        "simulated_ids": simulated_ids,
        "simulated_days": simulated_days,
        "market_day_s": market_day_s,
        "round_every": round_every,
        "approval": approval,
        "opening": opening,
        "faucet": faucet,
    }
    ports = {"port": port, "rpc_port": rpc_port, "host": host, "public_url": public_url}
    values = options.settings(home)
    _warn(host)
    with waiting.shown() as tell:
        service.up(
            values,
            said,
            ports,
            giving.note,
            lambda done, total: tell("build the eras", done, total),
        )
    found = standing.look(values)
    lines = (
        *found.lines(),
        f"lake {found.lake}, tournament {found.tournament}",
        f"Prefect's pages: {found.places.ui_url}",
    )
    return output.give(found.document(), lambda: printing.print_lines(lines))


def _warn(host: str | None) -> None:
    if host not in (None, "127.0.0.1", "::1", "localhost"):
        giving.note(
            f"warning: whoever reaches {host} can start flows and read the runs: put "
            'authentication before it, see "Who can reach it" in docs/operating.md'
        )
