"""`erarium settle`: take what is next for a round, or keep all rounds."""

from pathlib import Path

import click

from flows.cli import commands, giving, options, outcomes
from flows.cli.giving import Output


@commands.command(short_help="Propose, settle, sweep or release: what is due for a round now.")
@click.option("--round", "round_id", type=click.IntRange(0, 2**64 - 1), help="The round.")
@click.option("--all", "all_rounds", is_flag=True, help="All rounds that are final or abandoned.")
@options.home
@giving.json_option
def settle(round_id: int | None, all_rounds: bool, home: Path | None, output: Output) -> int:
    """Take what the chain says is next for a round now, and print what was done.

    A round that is resolving is proposed; a final one is settled, leaf by leaf; what was burned
    is swept; what is abandoned, or claimed too late, is released. --all does as a keeper does: it
    proposes nothing. Both may be interrupted anywhere and run again.
    """
    # Imported here, so that help and mistyped options answer at once.
    from tasks import operating
    from tasks.core.money.units import RoundId

    if (round_id is None) == (not all_rounds):
        raise click.UsageError("say either --round R or --all")
    values = options.settings(home)
    done = (
        operating.keep(values) if round_id is None else operating.settle(values, RoundId(round_id))
    )
    return outcomes.give(done, output)
