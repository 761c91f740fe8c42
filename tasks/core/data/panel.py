"""A daily price panel: what every data source becomes before anything is computed from it."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tasks.core.data.arrays import Dates, Floats
from tasks.core.errors import DataError

FIELDS = ("open", "high", "low", "close", "volume")
"""The panel's numbers, in the order in which they are digested."""

ACTION_KINDS = ("split", "spin_off", "real", "delisting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A corporate action that explains a price move, or an asset's end.

    For `split` and `spin_off` the value is the factor by which the price moves on `date` because
    of the action (0.5 for two shares for one); `real` states that the day's move is a return
    like any other (its value is 1). For `delisting` it is the return after the last price, and
    `date` is the day on which it became known.
    """

    name: str
    date: np.datetime64
    kind: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Daily bars of many assets; NaN where a value is missing.

    The five arrays have shape (n_days, n_assets); `dates` rise strictly and `names` are sorted.
    `sectors` holds one name or None an asset; it is one table for all dates, so it is not point
    in time. `notes` says what the reader skipped or assumed.
    """

    dates: Dates
    names: tuple[str, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    sectors: tuple[str | None, ...] | None = None
    actions: tuple[Action, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.dates), len(self.names))
        for field in FIELDS:
            if getattr(self, field).shape != shape:
                raise DataError(f"{field} has shape {getattr(self, field).shape}, needs {shape}")
        if list(self.names) != sorted(set(self.names)):
            raise DataError("the panel's names are not sorted or not unique")
        if np.any(np.diff(self.dates) <= np.timedelta64(0, "D")):
            raise DataError("the panel's dates do not rise strictly")
        if self.sectors is not None and len(self.sectors) != len(self.names):
            raise DataError(f"{len(self.sectors)} sectors for {len(self.names)} assets")

    def until(self, date: np.datetime64) -> "Panel":
        """Return the panel as it was known at the close of a date.

        Assets without a close by then, and actions dated later, are left out.
        """
        days = int(np.searchsorted(self.dates, date, side="right"))
        keep = np.flatnonzero(np.isfinite(self.close[:days]).any(axis=0))
        names = tuple(self.names[i] for i in keep)
        values: dict[str, Any] = {
            field: np.take(getattr(self, field)[:days], keep, axis=1) for field in FIELDS
        }
        return replace(
            self,
            dates=self.dates[:days],
            names=names,
            sectors=None if self.sectors is None else tuple(self.sectors[i] for i in keep),
            actions=tuple(a for a in self.actions if a.date <= date and a.name in set(names)),
            **values,
        )


def require_size(panel: Panel, *, min_days: int, min_assets: int) -> None:
    """Check that a panel is large enough.

    Raises:
        DataError: if it has too few dates or assets; the message says how many are needed.
    """
    days, assets = panel.close.shape
    if days < min_days:
        raise DataError(f"too few dates: the panel has {days}, at least {min_days} are needed")
    if assets < min_assets:
        raise DataError(f"too few assets: the panel has {assets}, at least {min_assets} are needed")


def digest(panel: Panel) -> str:
    """Return the SHA-256 digest of a panel's content, 64 hex digits."""
    hasher = hashlib.sha256()
    hasher.update(panel.dates.astype("<M8[D]").tobytes())
    hasher.update("\n".join(panel.names).encode())
    for field in FIELDS:
        hasher.update(np.ascontiguousarray(getattr(panel, field), dtype="<f8").tobytes())
    sectors = panel.sectors or ()
    hasher.update("\n".join(sector or "" for sector in sectors).encode())
    for action in panel.actions:
        line = f"{action.name},{action.date},{action.kind},{float(action.value).hex()}\n"
        hasher.update(line.encode())
    return hasher.hexdigest()
