"""Seasons and reputation: what a model's returns come to over a calendar quarter."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.core.errors import InputError
from tasks.core.money.units import NANO, RoundId
from tasks.core.scoring import statistics
from tasks.core.scoring.statistics import Mean

ALL = "all"
"""The season of all rounds."""

FEWEST_ROUNDS = 20
"""A season is put in order from so many resolved rounds on."""

FEWEST_EFFECTIVE = 20.0
"""Who has fewer effective rounds has no place, only a reputation and its error."""

_QUARTER = re.compile(r"[0-9]{4}Q[1-4]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A round whose returns are final, and what it paid each model for one token at risk.

    Attributes:
        closes: when it took its last entry, seconds since 1970: this decides its season.
        returns_nano: by model that entered, both legs together; a rejected one returned 0.
    """

    round_id: RoundId
    closes: int
    returns_nano: Mapping[bytes, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One model in a season.

    Attributes:
        reputation: its mean return over all of the season's rounds, those that it missed as 0.
        entered: the rounds that it entered.
        place: counted from 1; None where it would say more than is known.
    """

    model: bytes
    reputation: Mean
    entered: int
    place: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """A season's models: by reputation where there are rounds enough, else by name."""

    season: str
    rounds: int
    ordered: bool
    rows: Sequence[Standing]


def season_of(at: int) -> str:
    """Return the season of a round that closes at a time: the calendar quarter, in UTC.

    Args:
        at: seconds since 1970.
    """
    date = datetime.fromtimestamp(at, UTC)
    return f"{date.year:04d}Q{(date.month + 2) // 3}"


def check_season(text: str) -> str:
    """Return a season's name if it is one, such as `2026Q3` or `all`.

    Raises:
        InputError: if it is not.
    """
    if text != ALL and not _QUARTER.fullmatch(text):
        raise InputError(f"{text!r} is no season: a year and its quarter, as 2026Q3, or `{ALL}`")
    return text


def newest(rounds: Sequence[Resolved]) -> str | None:
    """Return the season of the resolved round that closed last; None without any."""
    last = max((each.closes for each in rounds), default=None)
    return None if last is None else season_of(last)


def leaderboard(
    rounds: Sequence[Resolved], names: Mapping[bytes, str], season: str, overlap: int
) -> Leaderboard:
    """Return the models of a season with their reputation.

    A reputation is the plain mean of returns, whatever was at risk: who stakes more is paid more,
    but is no better. A round that a model missed counts as 0, so that nobody gains by choosing.

    Args:
        rounds: the resolved rounds of all seasons, in any order.
        names: how each model that entered one is called.
        season: the season's name, see `check_season`.
        overlap: how many later rounds share a round's target window.

    Source: docs/modelling.md, "Leaderboard".
    """
    chosen = [each for each in rounds if season in (ALL, season_of(each.closes))]
    chosen.sort(key=lambda each: each.round_id)
    models = sorted(
        {model for each in chosen for model in each.returns_nano}, key=names.__getitem__
    )
    ordered = len(chosen) >= FEWEST_ROUNDS
    rows = [_standing(model, chosen, overlap) for model in models]
    if ordered:
        rows.sort(key=lambda row: -row.reputation.mean)
        rows = [_placed(row, number) for number, row in enumerate(rows, start=1)]
    return Leaderboard(season=season, rounds=len(chosen), ordered=ordered, rows=rows)


def _standing(model: bytes, rounds: Sequence[Resolved], overlap: int) -> Standing:
    returns = [each.returns_nano.get(model, 0) / NANO for each in rounds]
    return Standing(
        model=model,
        reputation=statistics.mean_of(returns, overlap),
        entered=sum(model in each.returns_nano for each in rounds),
        place=None,
    )


def _placed(row: Standing, number: int) -> Standing:
    effective = row.reputation.n_effective
    if effective is None or effective < FEWEST_EFFECTIVE:
        return row
    return Standing(model=row.model, reputation=row.reputation, entered=row.entered, place=number)
