"""What happens to a simulated market besides its returns: splits, spin-offs, ends, gaps."""

from dataclasses import replace
from typing import Any

import numpy as np

from tasks.core.data.arrays import Floats
from tasks.core.data.panel import Action, Panel

_PRICES = ("open", "high", "low", "close")
_FIELDS = (*_PRICES, "volume")
_SPIN_OFF_FACTOR = 0.45
_DELISTING_RETURN = -0.3
_SETTLED = 260


def add_events(
    rng: np.random.Generator,
    panel: Panel,
    *,
    missing_days: int,
    delisted: int,
    splits: int,
    spin_offs: int,
) -> Panel:
    """Return a panel as a vendor might deliver it, with the actions that explain some of it.

    Splits leave a gap and are listed; the spin-off leaves a gap and is not; a delisted asset's
    bars end, every second one with a known delisting return; a missing day is one asset's.

    Args:
        rng: the source of chance.
        panel: a panel without events.
        missing_days: bars that are left out.
        delisted: assets that end early.
        splits: two-for-one splits.
        spin_offs: spin-offs of 55 % of the value.
    """
    n_days, n_assets = panel.close.shape
    values: dict[str, Any] = {field: getattr(panel, field).copy() for field in _FIELDS}
    chosen = rng.permutation(n_assets)[: delisted + splits + spin_offs]
    days = rng.integers(min(_SETTLED, n_days // 2), n_days - 30, chosen.size)
    actions = []
    for number, (asset, day) in enumerate(zip(chosen.tolist(), days.tolist(), strict=True)):
        name, date = panel.names[asset], panel.dates[day]
        if number < splits:
            _scale(values, asset, day, 0.5, shares=True)
            actions.append(Action(name=name, date=date, kind="split", value=0.5))
        elif number < splits + spin_offs:
            _scale(values, asset, day, _SPIN_OFF_FACTOR, shares=False)
        else:
            for field in _FIELDS:
                values[field][day:, asset] = np.nan
            if number % 2 == 0:
                known = Action(name=name, date=date, kind="delisting", value=_DELISTING_RETURN)
                actions.append(known)
    for _ in range(missing_days):
        asset, day = int(rng.integers(n_assets)), int(rng.integers(1, n_days - 1))
        for field in _FIELDS:
            values[field][day, asset] = np.nan
    ordered = tuple(sorted(actions, key=lambda action: (action.date, action.name)))
    return replace(panel, actions=ordered, **values)


def _scale(values: dict[str, Floats], asset: int, day: int, factor: float, *, shares: bool) -> None:
    """Scale an asset's prices from a day on, and its shares the other way for a split."""
    for field in _PRICES:
        values[field][day:, asset] = np.round(values[field][day:, asset] * factor, 4)
    if shares:
        values["volume"][day:, asset] = np.round(values["volume"][day:, asset] / factor)
