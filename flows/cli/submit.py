"""`erarium submit`: enter a file into a round."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli import commands, giving, modelling_options, printing
from flows.cli.commands import Idle
from flows.cli.giving import Output, keep_apart
from tasks.core.errors import ExitCode
from tasks.core.money import decimals
from tasks.core.protocol import dates

if TYPE_CHECKING:
    from tasks.client.submitting import Submitted


@commands.command(
    short_help="Enter a file into a round: check, stake, commit, deliver sealed.",
    idle=(
        Idle(options=("--on-chain", "--wait"), beside=("--dry-run",), because="it sends nothing"),
    ),
)
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
@giving.json_option
def submit(
    file: Path,
    name: str | None,
    round_: str,
    at_risk: str | None,
    on_chain: bool,
    dry_run: bool,
    wait_s: float,
    models: Path | None,
    passphrase: Path | None,
    output: Output,
) -> int:
    """Enter FILE, Parquet or CSV with the columns id and prediction, into a round.

    It is read as the round's intake reads it. The same command again finishes what a killed one
    began; another file or a higher stake replaces the entry while the round is open. A receipt
    that rejects the file is exit code 1.
    """
    from tasks import modelling
    from tasks.client.submitting import Wish

    keep_apart()
    wish = Wish(
        round=round_,
        file=file,
        at_risk=None if at_risk is None else decimals.wei_exactly(at_risk),
        on_chain=on_chain,
        dry=dry_run,
        wait_s=wait_s,
    )
    done = modelling.submit(modelling_options.models_path(models), name, wish, passphrase)
    rejected = done.receipt is not None and done.receipt.reason
    code = ExitCode.FAILED if rejected else ExitCode.DONE
    return output.give(done.document(), lambda: printing.print_lines(_lines(done)), code)


def _lines(done: "Submitted") -> Iterator[str]:
    tokens = decimals.tokens_exactly(done.at_risk)
    what = f"{done.predictions} predictions, {tokens} tokens at risk"
    if done.transaction is None:
        yield f"round {done.round_id}: {what} would be entered; nothing was sent"
        return
    begun = "" if done.new else ", which an earlier run began"
    yield f"round {done.round_id} is entered: {what}, entry {done.nonce}{begun}"
    yield f"commitment {done.commitment}, in {done.transaction}"
    yield f"sealed file: {done.delivered}"
    if done.receipt is None:
        yield f"receipt: none yet; the round closes at {dates.utc(done.closes)}"
    else:
        reason = done.receipt.reason
        yield f"receipt: rejected, because {reason}" if reason else "receipt: accepted"
