"""Small panels for the tests of data."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tasks.core.data import simulator
from tasks.core.data.panel import Panel


@dataclass(frozen=True, kw_only=True)
class Source:
    """What `ingest` is asked for."""

    prices: str | None = None
    sectors: str | None = None
    rounds: int | None = 2
    seed: int = 0
    simulated_ids: int = 120
    simulated_days: int = 590


def make_panel(n_assets: int = 70, n_days: int = 330, seed: int = 0, **changes: Any) -> Panel:
    """Return a simulated panel without any event, unless asked for."""
    quiet = {"missing_days": 0, "delisted_share": 0.0, "splits": 0, "spin_offs": 0}
    settings = simulator.SimulatorSettings(n_assets=n_assets, n_days=n_days, **(quiet | changes))
    return simulator.simulate(np.random.default_rng(seed), settings)


def with_bars(panel: Panel, **values: Any) -> Panel:
    """Return a panel with some of its arrays replaced."""
    return replace(panel, **values)


def scaled(panel: Panel, asset: int, days: slice, factor: float) -> Panel:
    """Return a panel with one asset's prices multiplied on some days."""
    values: dict[str, Any] = {}
    for field in ("open", "high", "low", "close"):
        values[field] = getattr(panel, field).copy()
        values[field][days, asset] *= factor
    return replace(panel, **values)
