"""Bars fit to compute with, and the window of them that was known at the close of a day."""

from dataclasses import dataclass

import numpy as np

from tasks.core.data.arrays import Bools, Dates, Floats, Ints
from tasks.core.data.jumps import Jumps, find_jumps, price_factors
from tasks.core.data.panel import Panel

WARM_UP_DAYS = 252
"""Returns before an era's date that its features look at."""

_MIN_HISTORY = 126


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Adjusted prices and traded value, shape (n_days, n_assets), with the panel's jumps."""

    dates: Dates
    names: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    value: Floats
    jumps: Jumps


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The last WARM_UP_DAYS + 1 bars of the assets in the universe, as known at its last day.

    `assets` are the panel's columns; the arrays have shape (WARM_UP_DAYS + 1, assets.size).
    """

    day: int
    assets: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    value: Floats


def clean(panel: Panel) -> Bars:
    """Adjust a panel for its actions and drop what its own day shows to be wrong.

    A value's fate depends on its own bar alone: prices that are not positive, highs below lows,
    and opens outside [low, high] become missing.
    """
    factors = price_factors(panel)
    with np.errstate(invalid="ignore"):
        open_, high, low, close = (
            np.where(prices > 0, prices * factors, np.nan)
            for prices in (panel.open, panel.high, panel.low, panel.close)
        )
        value = np.where(panel.volume > 0, panel.volume * panel.close, np.nan)
        crossed = high < low
        with np.errstate(divide="ignore"):
            jumps = find_jumps(panel, open_, close)
        high = np.where(crossed, np.nan, high)
        low = np.where(crossed, np.nan, low)
        open_ = np.where((open_ > high) | (open_ < low), np.nan, open_)
    return Bars(
        dates=panel.dates,
        names=panel.names,
        open=open_,
        high=high,
        low=low,
        close=close,
        value=value,
        jumps=jumps,
    )


def universe(bars: Bars, day: int) -> Ints:
    """Return the columns with a close on a day and half a year of closes before it."""
    closes = np.isfinite(bars.close[max(day - WARM_UP_DAYS, 0) : day + 1])
    return np.flatnonzero(closes[-1] & (closes.sum(axis=0) >= _MIN_HISTORY))


def window(bars: Bars, day: int) -> Window:
    """Return what was known at the close of a day.

    A bad print is taken out from the day after it; the history before a suspect is taken out
    from the suspect's own day, for no return across it can be used.

    Args:
        bars: the cleaned panel.
        day: the row of the date; at least WARM_UP_DAYS.
    """
    assets = universe(bars, day)
    rows = slice(day - WARM_UP_DAYS, day + 1)
    hidden = _hidden(bars.jumps, day)[:, assets]
    # np.take gives the same memory layout whether or not the panel was cut.
    parts = {
        name: np.where(hidden, np.nan, np.take(getattr(bars, name)[rows], assets, axis=1))
        for name in ("open", "high", "low", "close", "value")
    }
    return Window(day=day, assets=assets, **parts)


def _hidden(jumps: Jumps, day: int) -> Bools:
    """Return the bars that the jumps known at a day make unusable, window's rows by all assets."""
    hidden = np.zeros((WARM_UP_DAYS + 1, jumps.drops.shape[1]), dtype=np.bool_)
    start = day - WARM_UP_DAYS
    for jump in jumps.found:
        if not start <= jump.day <= day:
            continue
        if jump.kind == "bad_print" and jump.day < day:
            hidden[jump.day - start, jump.asset] = True
        elif jump.gapped:
            hidden[: jump.day - start, jump.asset] = True
    return hidden
