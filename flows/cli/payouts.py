"""`erarium payouts`: apply the payout rule to a table of scored entries."""

from pathlib import Path

import click

from flows.cli import commands, giving
from flows.cli.giving import Output, keep_apart


@commands.command(short_help="Apply the payout rule to a table of scores and stakes.")
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--clip", default="0.25", show_default=True, help="Largest return of a stake, at most 1."
)
@click.option(
    "--factor",
    type=click.Choice(["inside", "outside"]),
    default="inside",
    show_default=True,
    help="The payout factor: inside of the clip, or outside as in this project's own rounds.",
)
@giving.json_option
def payouts(table: Path, clip: str, factor: str, output: Output) -> int:
    """Apply stake * clip(factor * (corr * corr_multiplier + mmc * mmc_multiplier)) to TABLE.

    TABLE is Parquet or CSV with the columns round, model, corr, mmc, corr_multiplier (1 where
    missing), mmc_multiplier (0 where missing), payout_factor and stake (in tokens), in any order.
    A column payout is compared with what the rule gives. All is reckoned in integers.
    """
    # Imported here, so that help and mistyped options answer at once.
    from flows.cli import payout_console
    from tasks.client import payout_tables
    from tasks.core.money.payout_rule import FactorPlace, PayoutRule

    keep_apart()
    rule = PayoutRule(clip_nano=_clip_nano(clip), factor=FactorPlace(factor))
    paid = payout_tables.pay(table, rule)
    document = payout_tables.payouts_document(paid)
    return output.give(document, lambda: payout_console.print_payouts(paid))


def _clip_nano(text: str) -> int:
    """Return the clip that a person wrote.

    Raises:
        InputError: if it is no number in [1e-9, 1].
    """
    from tasks.core.errors import InputError
    from tasks.core.money import decimals

    try:
        clip = decimals.decimal(text)
    except InputError as error:
        raise InputError(f"--clip {error}") from error
    if not decimals.decimal("1e-9") <= clip <= 1:
        raise InputError(f"--clip {text} must lie in [1e-9, 1]")
    return decimals.nano(clip)
