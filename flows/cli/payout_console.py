"""How `erarium payouts` prints: the sums of a table, and who won and lost most."""

from collections.abc import Sequence

from rich.table import Table

from flows.cli import printing
from tasks.client.payout_tables import Paid
from tasks.core import wording
from tasks.core.money.units import NANO
from tasks.core.scoring import figures

_SHOWN = 5
_DIGITS = 4


def print_payouts(paid: Sequence[Paid]) -> None:
    """Print the sums of the entries, then those with the largest payouts and burns."""
    out = printing.console()
    rounds = sorted({each.round_id for each in paid})
    clipped = sum(each.outcome.clipped for each in paid)
    entries = wording.counted(len(paid), "entry", "entries")
    span = f"round {rounds[0]}"
    if len(rounds) > 1:
        span = f"{wording.counted(len(rounds), 'round')}, {rounds[0]} to {rounds[-1]}"
    out.print()
    out.print(f"{entries} in {span}", style="bold")
    out.print()
    out.print(_sums(paid))
    out.print()
    out.print(f"{clipped:,} of {len(paid):,} returns were clipped")
    stated = [each for each in paid if each.stated is not None]
    if stated:
        agreeing = sum(each.agrees for each in stated)
        out.print(
            f"{agreeing:,} of {len(stated):,} payouts that the table states are those of the rule "
            f"to 1e-6 of the stake ({100 * agreeing / len(stated):.2f} %)"
        )
    for title, chosen in _ends(paid):
        if chosen:
            out.print()
            out.print(_entries(title, chosen))
    printing.print_notes(out, _notes(paid))


def _notes(paid: Sequence[Paid]) -> list[str]:
    """Return what is odd in the table."""
    again = len(paid) - len({(each.round_id, each.model) for each in paid})
    if not again:
        return []
    return [f"round and model stand again in {wording.counted(again, 'entry', 'entries')}"]


def _sums(paid: Sequence[Paid]) -> Table:
    made = printing.table("tokens", numbers=("at risk", "paid", "burned", "change"))
    stake = sum(each.entry.at_risk for each in paid)
    payout = sum(each.outcome.payout for each in paid)
    burn = sum(each.outcome.burn for each in paid)
    made.add_row("sum over rounds", *map(_tokens, (stake, payout, burn, payout - burn)))
    return made


def _ends(paid: Sequence[Paid]) -> list[tuple[str, list[Paid]]]:
    """Return the entries that won most, and those that lost most."""
    by_change = sorted(paid, key=lambda each: each.outcome.change)
    won = [each for each in by_change[: -_SHOWN - 1 : -1] if each.outcome.change > 0]
    lost = [each for each in by_change[:_SHOWN] if each.outcome.change < 0]
    return [("largest payouts", won), ("largest burns", lost)]


def _entries(title: str, chosen: Sequence[Paid]) -> Table:
    made = printing.table(f"{title}: model", numbers=("round", "at risk", "return", "payout"))
    for each in chosen:
        made.add_row(
            str(each.model),
            str(each.round_id),
            _tokens(each.entry.at_risk),
            f"{each.outcome.return_nano / NANO:+.4f}",
            _tokens(each.outcome.change),
        )
    return made


def _tokens(wei: int) -> str:
    return figures.tokens_text(wei, _DIGITS)
