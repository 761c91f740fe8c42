"""`erarium submit`: enter a file into a round."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli import modelling_options, options
from tasks.core.money import decimals
from tasks.core.protocol import dates

if TYPE_CHECKING:
    from tasks.client.submitting import Submitted


@click.command(short_help="Enter a file into a round: check, stake, commit, deliver sealed.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@modelling_options.model
@click.option(
    "--round", "round_", default="current", show_default=True, metavar="N|current",
    help="The round; current is the open one that closes next.",
)  # fmt: skip
@click.option("--at-risk", metavar="TOKENS", help="The stake; a share of what you have if unset.")
@click.option("--on-chain", is_flag=True, help="Deliver into the chain's log; it costs gas.")
@click.option("--dry-run", is_flag=True, help="Check all and send nothing.")
@click.option(
    "--wait", "wait_s", default=15.0, show_default=True, type=click.FloatRange(0, 3_600),
    metavar="SECONDS", help="How long to wait for the receipt of the round's intake.",
)  # fmt: skip
@modelling_options.models
@modelling_options.passphrase
@modelling_options.json_file
def submit(
    file: Path,
    name: str | None,
    round_: str,
    at_risk: str | None,
    models: Path | None,
    passphrase: Path | None,
    json_file: Path | None,
    wait_s: float,
    **flags: Any,
) -> int:
    """Enter FILE, Parquet or CSV with the columns id and prediction, into a round.

    It is read as the round's intake reads it. The same command again finishes what a killed one
    began; another file or a higher stake replaces the entry while the round is open. A receipt
    that rejects the file is exit code 1.
    """
    from tasks import modelling
    from tasks.client.submitting import Wish

    options.keep_apart()
    wish = Wish(
        round=round_,
        file=file,
        at_risk=None if at_risk is None else decimals.wei_exactly(at_risk),
        on_chain=flags["on_chain"],
        dry=flags["dry_run"],
        wait_s=wait_s,
    )
    done = modelling.submit(modelling_options.models_path(models), name, wish, passphrase)
    modelling_options.give(json_file, done.document(), lambda: _show(done))
    return 1 if done.receipt is not None and done.receipt.reason else 0


def _show(done: "Submitted") -> None:
    tokens = decimals.tokens_exactly(done.at_risk)
    what = f"{done.predictions} predictions, {tokens} tokens at risk"
    if done.transaction is None:
        click.echo(f"round {done.round_id}: {what} would be entered; nothing was sent")
        return
    begun = "" if done.new else ", which an earlier run began"
    click.echo(f"round {done.round_id} is entered: {what}, entry {done.nonce}{begun}")
    click.echo(f"commitment {done.commitment}, in {done.transaction}")
    click.echo(f"sealed file: {done.delivered}")
    if done.receipt is None:
        click.echo(f"receipt: none yet; the round closes at {dates.utc(done.closes)}")
    else:
        reason = done.receipt.reason
        click.echo(f"receipt: rejected, because {reason}" if reason else "receipt: accepted")
