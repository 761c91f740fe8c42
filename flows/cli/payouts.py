"""`erarium payouts`: apply the payout rule to a table of scored entries."""

from pathlib import Path

import click

from flows.cli import options


@click.command(short_help="Apply the payout rule to a table of scores and stakes.")
@click.argument("table", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--clip", default="0.25", show_default=True, help="Largest return of a stake, in (0, 1]."
)
@click.option(
    "--factor",
    type=click.Choice(["inside", "outside"]),
    default="inside",
    show_default=True,
    help="The payout factor: inside of the clip, or outside as in this project's own rounds.",
)
@options.json_file
def payouts(table: Path, clip: str, factor: str, json_file: Path | None) -> int:
    """Apply stake * clip(factor * (corr * corr_multiplier + mmc * mmc_multiplier)) to TABLE.

    TABLE is Parquet or CSV with the columns round, model, corr, mmc, corr_multiplier (1 where
    missing), mmc_multiplier (0 where missing), payout_factor and stake (in tokens), in any order.
    A column payout is compared with what the rule gives. All is reckoned in integers.
    """
    # Imported here, so that help and mistyped options answer at once.
    from flows.cli import payout_console
    from tasks.client import payout_tables
    from tasks.core.errors import InputError
    from tasks.core.money import decimals
    from tasks.core.money.payout_rule import FactorPlace, PayoutRule

    try:
        clip_nano = decimals.nano(decimals.decimal(clip))
    except InputError as error:
        raise InputError(f"--clip {error}") from error
    rule = PayoutRule(clip_nano=clip_nano, factor=FactorPlace(factor))
    paid = payout_tables.pay(table, rule)
    payout_console.print_payouts(paid)
    if json_file is not None:
        options.write_json(json_file, payout_tables.payouts_document(paid))
    return 0
