"""How results of rounds, rounds and leaderboards are printed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from flows.cli import printing
from tasks.core import wording
from tasks.core.money.units import WAD
from tasks.core.protocol import dates
from tasks.core.scoring import figures, registry, seasons
from tasks.core.scoring.seasons import Leaderboard
from tasks.core.scoring.statistics import Mean

if TYPE_CHECKING:
    from tasks.client.results import Result
    from tasks.core.protocol.round_state import RoundState

_NONE = "-"


def when(at: int | None) -> str:
    """Return seconds since 1970 to the minute, UTC."""
    return _NONE if at is None else dates.utc(at)[:16]


def amount(wei: int | None) -> str:
    """Return an amount in tokens, cut off after two digits; a dash where there is none."""
    return _NONE if wei is None else figures.tokens_text(wei)


def figure_titles() -> dict[str, str]:
    """Return by name the titles of what a model's rounds are summed up by."""
    from tasks.client import results

    return {name: registry.titles().get(name, name) for name in results.figures()}


def results_table(found: "Sequence[Result]") -> Table:
    """Return a row a round of one model."""
    made = printing.table(
        "round",
        words=("status", "file"),
        numbers=("at risk", *figure_titles().values(), "payout", "burn"),
    )
    for each in found:
        file = {None: _NONE, "accepted": "accepted"}.get(each.verdict, "rejected")
        made.add_row(
            str(each.round_id),
            each.status,
            file,
            amount(each.at_risk),
            *[printing.number_text(each.value(name), "+.4f") for name in figure_titles()],
            amount(each.payout),
            amount(each.burn),
        )
    return made


def reasons(found: "Sequence[Result]") -> list[str]:
    """Return a line for each file that was rejected."""
    return [
        f"round {each.round_id}: {each.verdict}"
        for each in found
        if each.verdict not in (None, "accepted")
    ]


def means_table(found: Mapping[str, Mean | None]) -> Table:
    """Return a row a figure: mean, HAC error, n and effective n."""
    made = printing.table("figure", numbers=("mean ± error", "n (eff.)"))
    for name, title in figure_titles().items():
        mean = found[name]
        estimate = None if mean is None else asdict(mean)
        made.add_row(title, figures.mean_text(estimate), figures.counts_text(estimate))
    return made


def rounds_table(found: "Sequence[RoundState]") -> Table:
    """Return a row a round."""
    made = printing.table(
        "round",
        words=("status", "opens (UTC)", "closes", "resolves"),
        numbers=("models", "at risk", "factor"),
    )
    for each in found:
        made.add_row(
            str(each.round_id),
            each.status,
            when(each.opens),
            when(each.closes),
            when(each.resolves),
            str(each.models),
            amount(each.at_risk),
            printing.number_text(None if each.factor is None else each.factor / WAD, ".4f"),
        )
    return made


def leaderboard_table(board: Leaderboard, titles: Mapping[bytes, str]) -> Table:
    """Return a row a model; a place only where enough is known for one."""
    made = printing.table("model", numbers=("place", "reputation ± error", "n (eff.)", "entered"))
    for row in board.rows:
        estimate = asdict(row.reputation)
        made.add_row(
            titles[row.model],
            _NONE if row.place is None else str(row.place),
            figures.mean_text(estimate),
            figures.counts_text(estimate),
            str(row.entered),
        )
    return made


def leaderboard_notes(board: Leaderboard) -> list[str]:
    """Return what a reader of a leaderboard must know."""
    rounds = wording.counted(board.rounds, "resolved round")
    notes = ["reputation: the mean return of a token at risk; a missed round counts 0"]
    if not board.ordered:
        notes.append(
            f"{rounds}: listed by name; from {seasons.FEWEST_ROUNDS} on they are put in order"
        )
    elif any(row.place is None for row in board.rows):
        fewest = f"{seasons.FEWEST_EFFECTIVE:.0f}"
        notes.append(f"no place under an effective n of {fewest}: the order there says little")
    return notes
