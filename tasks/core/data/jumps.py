"""Price moves that may not be returns: suspects and bad prints, and when each could be known."""

from dataclasses import dataclass

import numpy as np

from tasks.core.data.arrays import Bools, Floats
from tasks.core.data.panel import Panel

GAP = -0.40
"""A move down beyond this, overnight or from close to close, needs an explanation."""

_STAYS = -0.30
_BACK = 0.20


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """A suspect move of one asset on one day.

    `kind` is "suspect" (an overnight gap that stays) or "bad_print" (back the next day, known
    only then). `gapped` says that the day itself already showed the gap.
    """

    day: int
    asset: int
    kind: str
    gapped: bool
    move: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Jumps:
    """A panel's jumps by day, and the days that closed beyond the gap without an explanation."""

    found: tuple[Jump, ...]
    drops: Bools


def price_factors(panel: Panel) -> Floats:
    """Return what to multiply each price by so that splits and spin-offs leave no gap.

    Prices after an action are scaled, never those before it, so a day's factor depends on that
    day's past alone.

    Returns:
        Factors, shape (n_days, n_assets).
    """
    factors = np.ones(panel.close.shape)
    column = {name: i for i, name in enumerate(panel.names)}
    for action in panel.actions:
        if action.kind not in ("split", "spin_off") or action.name not in column:
            continue
        day = int(np.searchsorted(panel.dates, action.date))
        factors[day:, column[action.name]] /= action.value
    return factors


def last_known(values: Floats) -> Floats:
    """Carry each column's last finite value forward; NaN before the first."""
    days = np.arange(values.shape[0])[:, None]
    last = np.maximum.accumulate(np.where(np.isfinite(values), days, -1), axis=0)
    carried = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last >= 0, carried, np.nan)


def find_jumps(panel: Panel, open_: Floats, close: Floats) -> Jumps:
    """Find suspects and bad prints in prices that actions have already explained.

    Args:
        panel: the panel, for its `real` actions.
        open_: adjusted opens, shape (n_days, n_assets).
        close: adjusted closes, same shape.

    Returns:
        The jumps in order of day and asset, and the unexplained drops.
    """
    before = np.full(close.shape, np.nan)
    before[1:] = last_known(close)[:-1]
    after = np.full(close.shape, np.nan)
    after[:-1] = close[1:]
    explained = _explained(panel)
    gap = np.where(np.isfinite(open_), open_, close) / before - 1
    move = close / before - 1
    drops = (move < GAP) & ~explained
    back = np.abs(after / before - 1) < _BACK
    gapped = (gap < GAP) & (move < _STAYS) & ~explained
    printed = back & drops
    # An upward print shows only in the gap that takes it back; its size alone proves nothing.
    returned = np.zeros(close.shape, dtype=np.bool_)
    returned[:-1] = gapped[1:]
    raised = back & (move > -GAP) & returned & ~explained
    settled = np.zeros(close.shape, dtype=np.bool_)
    settled[1:] = raised[:-1]
    kinds = np.where(printed | raised, 2, np.where(gapped & ~settled, 1, 0))
    found = tuple(
        Jump(
            day=int(day),
            asset=int(asset),
            kind="bad_print" if kinds[day, asset] == 2 else "suspect",
            gapped=bool(gapped[day, asset]),
            move=float(move[day, asset]),
        )
        for day, asset in np.argwhere(kinds > 0)
    )
    return Jumps(found=found, drops=drops)


def _explained(panel: Panel) -> Bools:
    """Return the days on which an actions file says that the move is a real return."""
    explained = np.zeros(panel.close.shape, dtype=np.bool_)
    column = {name: i for i, name in enumerate(panel.names)}
    for action in panel.actions:
        day = int(np.searchsorted(panel.dates, action.date))
        known = action.name in column and day < len(panel.dates)
        if known and action.kind == "real":
            explained[day, column[action.name]] = True
    return explained
