"""Eras and the times of rounds, from the panel's trading days."""

from dataclasses import dataclass

import numpy as np

from tasks.core.data.arrays import Dates

_HOUR = 3600
_DAY = 24 * _HOUR
_OPENS = 22 * _HOUR
_CLOSES = 13 * _HOUR
_BOOK_BY = 19 * _HOUR
RESOLVES_AFTER_DAYS = 36
"""Days from a round's opening until its target has ended on any ordinary calendar."""

_RESOLVES_AFTER = RESOLVES_AFTER_DAYS * _DAY
_FRIDAY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """One date's cross-section: its name, the panel's row and the date."""

    name: str
    day: int
    date: np.datetime64


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a round opens, closes, must be booked and resolves: unix seconds, UTC."""

    opens: int
    closes: int
    book_by: int
    resolves: int

    def to_json(self) -> dict[str, int]:
        """Return the times as they stand in documents."""
        return {
            "opens": self.opens,
            "closes": self.closes,
            "book_by": self.book_by,
            "resolves": self.resolves,
        }


def week_numbers(dates: Dates) -> list[int]:
    """Return each date's week number: ISO weeks that have a trading day, from 1."""
    # 1970-01-01 was a Thursday; shifted by three days, weeks of seven begin on Mondays.
    weeks = (dates.astype("datetime64[D]").astype(np.int64) + 3) // 7
    _, numbers = np.unique(weeks, return_inverse=True)
    return [int(number) + 1 for number in numbers]


def era_name(number: int) -> str:
    """Return an era's name: its number with at least four digits."""
    return f"{number:04d}"


def find_eras(dates: Dates) -> list[Era]:
    """Return the last trading day of each ISO week as an era, in order.

    The panel's last week counts only if it ends on a Friday or later: otherwise a longer panel
    could give it another last day.
    """
    numbers = week_numbers(dates)
    eras = []
    for day, number in enumerate(numbers):
        last = day + 1 == len(numbers)
        if last and _weekday(dates[day]) < _FRIDAY:
            continue
        if last or numbers[day + 1] != number:
            eras.append(Era(name=era_name(number), day=day, date=dates[day]))
    return eras


def round_times(dates: Dates, day: int) -> Times | None:
    """Return the times of the round over the era on a row, or None if the panel ends there.

    Source: docs/protocol.md, "Calendar".
    """
    if day + 1 >= len(dates):
        return None
    return _times(dates[day], dates[day + 1])


def times_by_weekday(date: np.datetime64) -> Times:
    """Return the times of the round over an era of which only its own date is known yet.

    It closes on the next weekday, so never later than on the next trading day.
    """
    next_day = date + np.timedelta64(1, "D")
    while _weekday(next_day) > _FRIDAY:
        next_day += np.timedelta64(1, "D")
    return _times(date, next_day)


def _times(date: np.datetime64, next_day: np.datetime64) -> Times:
    opens, closing = midnight(date) + _OPENS, midnight(next_day)
    return Times(
        opens=opens,
        closes=closing + _CLOSES,
        book_by=closing + _BOOK_BY,
        resolves=opens + _RESOLVES_AFTER,
    )


def midnight(date: np.datetime64) -> int:
    """Return the time at which a date begins in UTC, seconds since 1970."""
    return int(date.astype("datetime64[s]").astype(np.int64))


def _weekday(date: np.datetime64) -> int:
    return int((date.astype("datetime64[D]").astype(np.int64) + 3) % 7)
