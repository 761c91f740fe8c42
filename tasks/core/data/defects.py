"""What is wrong with a panel, each thing by name and date."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.core.data.arrays import Bools, Floats
from tasks.core.data.bars import clean
from tasks.core.data.panel import Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing wrong with the panel; `asset` is empty where it concerns all of them."""

    kind: str
    asset: str
    date: str | None
    detail: str

    def to_json(self) -> dict[str, Any]:
        """Return the defect as it stands in documents."""
        return {
            "kind": self.kind,
            "asset": self.asset,
            "date": self.date,
            "detail": self.detail,
        }


def find_defects(panel: Panel) -> list[Defect]:
    """Return every known kind of defect of a panel, ordered by kind, asset and date."""
    found = [
        *_coverage(panel),
        *_bad_bars(panel),
        *_jumps(panel),
        *_sectors(panel),
        *(Defect(kind="note", asset="", date=None, detail=note) for note in panel.notes),
    ]
    return sorted(found, key=lambda d: (d.kind, d.asset, d.date or "", d.detail))


def count_kinds(defects: Iterable[Defect]) -> dict[str, int]:
    """Return how many defects there are of each kind, by name."""
    return dict(sorted(Counter(defect.kind for defect in defects).items()))


def _coverage(panel: Panel) -> list[Defect]:
    """Find late starters, early ends and missing days."""
    found = []
    delisted = {action.name for action in panel.actions if action.kind == "delisting"}
    last_day = len(panel.dates) - 1
    for column, name in enumerate(panel.names):
        days = np.flatnonzero(np.isfinite(panel.close[:, column]))
        if days.size == 0:
            found.append(_whole("no_close", name, "no close on any date"))
            continue
        first, last = int(days[0]), int(days[-1])
        if first > 0:
            found.append(_dated("late_start", name, panel, first, f"starts {first} days late"))
        if last < last_day:
            known = "with" if name in delisted else "without"
            detail = f"ends {last_day - last} days early, {known} a delisting return"
            found.append(_dated("early_end", name, panel, last, detail))
        for day in np.setdiff1d(np.arange(first, last), days):
            found.append(_dated("missing_day", name, panel, int(day), "no bar on a trading day"))
    return found


def _bad_bars(panel: Panel) -> list[Defect]:
    """Find nulls, crossed highs and lows, prices out of range or not positive, no volume."""
    open_, high, low, close = panel.open, panel.high, panel.low, panel.close
    has_bar = np.isfinite(close)
    nulls = has_bar & ~(np.isfinite(open_) & np.isfinite(high) & np.isfinite(low))
    outside = _outside(open_, high, low) | _outside(close, high, low)
    positive = np.minimum.reduce([np.where(np.isfinite(x), x, 1.0) for x in (open_, high, low)])
    checks: tuple[tuple[str, Bools, str], ...] = (
        ("null_price", nulls, "open, high or low is missing"),
        ("high_below_low", high < low, "high lies below low"),
        ("outside_range", outside, "open or close lies outside [low, high]"),
        ("not_positive", (positive <= 0) | (close <= 0), "a price is not positive"),
        ("zero_volume", has_bar & (panel.volume == 0), "the volume is zero"),
        ("no_volume", has_bar & ~np.isfinite(panel.volume), "the volume is missing"),
    )
    return [
        _dated(kind, panel.names[column], panel, int(day), detail)
        for kind, where, detail in checks
        for day, column in np.argwhere(where)
    ]


def _outside(prices: Floats, high: Floats, low: Floats) -> Bools:
    return np.asarray((prices > high) | (prices < low))


def _jumps(panel: Panel) -> list[Defect]:
    """Find suspects and bad prints, as the cleaning treats them."""
    details = {
        "suspect": "an overnight gap that stays, without an action",
        "bad_print": "back the next day",
    }
    return [
        _dated(
            jump.kind,
            panel.names[jump.asset],
            panel,
            jump.day,
            f"{100 * jump.move:+.0f} %: {details[jump.kind]}",
        )
        for jump in clean(panel).jumps.found
    ]


def _sectors(panel: Panel) -> list[Defect]:
    """Find assets without a sector, and say that a table without dates is not point in time."""
    if panel.sectors is None:
        return [_whole("no_sectors", "", "no sector table: targets keep the sectors' returns")]
    missing = [
        _whole("no_sector", name, "not in the sector table")
        for name, sector in zip(panel.names, panel.sectors, strict=True)
        if not sector
    ]
    note = "one sector table for all dates: sectors are not point in time"
    return [*missing, _whole("sectors_not_point_in_time", "", note)]


def _dated(kind: str, asset: str, panel: Panel, day: int, detail: str) -> Defect:
    return Defect(kind=kind, asset=asset, date=str(panel.dates[day]), detail=detail)


def _whole(kind: str, asset: str, detail: str) -> Defect:
    return Defect(kind=kind, asset=asset, date=None, detail=detail)
