"""How the days of a live market follow the chain's clock, and when its rounds open."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.data import calendar, targets
from tasks.core.data.arrays import Dates
from tasks.core.data.calendar import Era, Times
from tasks.core.errors import InputError

DAY_S = 86_400

_CLOSE_S = 22 * 3_600
_LEAD_S, _SHORT_LEAD_S = 600, 10
# What a window lasts at least where days pass in seconds: the contract's own minimum is 60 s
# each, and the steps that open and book a round are runs of a schedule, which take a while.
_ENTRY_S, _BOOK_S = 150, 90
_SETTLING_DAYS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A live market's speed.

    Attributes:
        day_s: seconds that a market day lasts; 86,400 is the real calendar.
        founded_at: the chain's time at which the market began to move, seconds since 1970.
        history: days that were known then.
        round_every: a round opens over every n-th era.
    """

    day_s: int
    founded_at: int
    history: int
    round_every: int

    def __post_init__(self) -> None:
        if not 1 <= self.day_s <= DAY_S:
            raise InputError(f"a market day lasts 1 to {DAY_S} seconds, not {self.day_s}")
        if self.round_every < 1:
            raise InputError(f"a round opens every 1 or more eras, not every {self.round_every}")

    @property
    def is_real(self) -> bool:
        """Return whether market days are days."""
        return self.day_s == DAY_S

    @property
    def lead_s(self) -> int:
        """Return how long before its opening a round's terms are sent, in seconds."""
        return _LEAD_S if self.is_real else _SHORT_LEAD_S

    def scaled(self, seconds: int, least: int) -> int:
        """Return a span of real time at the market's speed, but at least `least` seconds."""
        return max(least, seconds * self.day_s // DAY_S)

    def to_json(self) -> dict[str, int]:
        """Return the pace as a document holds it."""
        return {name: getattr(self, name) for name in self.__slots__}


def known_at(pace: Pace, dates: Dates) -> list[int]:
    """Return when the close of each day is known, seconds since 1970.

    On the real calendar that is 22:00 UTC of its date. A faster market stands still while a
    round is open and its book is made: no price of the round's target may be known before.

    Args:
        pace: the market's.
        dates: its trading days, the past ones and those to come.

    Source: docs/protocol.md, "Calendar".
    """
    if pace.is_real:
        return [calendar.midnight(date) + _CLOSE_S for date in dates]
    windows = {era.day for era in _with_rounds(pace, dates)}
    moments = [pace.founded_at] * min(pace.history, len(dates))
    for day in range(len(moments), len(dates)):
        rests = _ENTRY_S + _BOOK_S if day - 1 in windows else 0
        moments.append(moments[-1] + max(pace.day_s, rests))
    return moments


def known_days(pace: Pace, dates: Dates, now: int) -> int:
    """Return how many of a market's days are known at a time of the chain."""
    return int(np.searchsorted(np.array(known_at(pace, dates)), now, side="right"))


def round_times(pace: Pace, dates: Dates, era: Era) -> Times | None:
    """Return the times of the round over an era; None if it has none.

    The real calendar asks for the era's date alone: the round closes on the next weekday, which
    is not later than the next trading day.

    Args:
        pace: the market's.
        dates: its trading days; for a faster market also those to come.
        era: one of these dates'.
    """
    if era.name not in {each.name for each in _with_rounds(pace, dates)}:
        return None
    if pace.is_real:
        return calendar.times_by_weekday(era.date)
    moments = known_at(pace, dates)
    end = targets.end_day(era.day, max(targets.HORIZONS.values())) + _SETTLING_DAYS
    if end >= len(dates):
        return None
    opens = moments[era.day]
    return Times(
        opens=opens,
        closes=opens + _ENTRY_S,
        book_by=opens + _ENTRY_S + _BOOK_S,
        resolves=moments[end],
    )


def _with_rounds(pace: Pace, dates: Dates) -> Sequence[Era]:
    """Return the eras that have a round: every n-th of those that the market has yet to show."""
    coming = [era for era in calendar.find_eras(dates) if era.day >= pace.history]
    return coming[:: pace.round_every]
