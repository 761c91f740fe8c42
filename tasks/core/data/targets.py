"""The targets: what is left of a later return after market, sector and style."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tasks.core.data import ranking
from tasks.core.data.arrays import Floats, Ints
from tasks.core.data.bars import Bars
from tasks.core.data.features import EraFeatures
from tasks.core.data.panel import Panel

LAG = 1
"""Trading days from an era's date to the target's first price."""

HORIZONS = {"20d1l": 20, "10d1l": 10, "5d1l": 5}
"""Trading days that each target's return spans."""

_MIN_SECTOR = 10
_MIN_ASSETS = 50
_STYLES = ("traded_value_63", "volatility_63", "momentum_252_skip_21", "momentum_21")
_BETA_SHRINKAGE = 0.5
_HUBER = 1.345
_HUBER_STEPS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """Delistings by column: the day each became known, and the return after the last price."""

    day: dict[int, int]
    value: dict[int, float]


def find_exits(panel: Panel) -> Exits:
    """Collect the delisting returns that the actions give."""
    column = {name: i for i, name in enumerate(panel.names)}
    day: dict[int, int] = {}
    value: dict[int, float] = {}
    for action in panel.actions:
        if action.kind == "delisting" and action.name in column:
            day[column[action.name]] = int(np.searchsorted(panel.dates, action.date))
            value[column[action.name]] = action.value
    return Exits(day=day, value=value)


def end_day(day: int, horizon: int) -> int:
    """Return the row of the target's last price, for an era on row `day`."""
    return day + LAG + horizon


def forward_returns(bars: Bars, exits: Exits, assets: Ints, day: int, horizon: int) -> Floats:
    """Return each asset's return over a target's days; NaN where it cannot be used.

    It reads no bar after the target's last day. A suspect, a bad print or an unexplained drop
    on the very last day (nobody knows yet whether it stays) makes it NaN; so does a missing
    price at either end, unless the asset was delisted with a known return.

    Args:
        bars: the cleaned panel.
        exits: delisting returns.
        assets: columns, shape (n,).
        day: the era's row.
        horizon: trading days of the return.

    Returns:
        Returns, shape (n,); all NaN if the panel ends too early.
    """
    entry, end = day + LAG, end_day(day, horizon)
    if end >= len(bars.dates):
        return np.full(assets.size, np.nan)
    returns: Floats = bars.close[end, assets] / bars.close[entry, assets] - 1
    for i, asset in enumerate(assets.tolist()):
        if entry < exits.day.get(asset, -1) <= end:
            returns[i] = _delisted(bars, exits, asset, entry, end)
    returns[bars.jumps.drops[end, assets]] = np.nan
    masked = {
        jump.asset
        for jump in bars.jumps.found
        if (jump.gapped and entry < jump.day <= end)
        or (jump.kind == "bad_print" and entry <= jump.day < end)
    }
    returns[np.isin(assets, sorted(masked))] = np.nan
    return returns


def _delisted(bars: Bars, exits: Exits, asset: int, entry: int, end: int) -> float:
    """Return the return to the last price and through the delisting."""
    prices = bars.close[entry : end + 1, asset]
    last = prices[np.isfinite(prices)][-1:]
    if last.size == 0 or not np.isfinite(prices[0]):
        return float("nan")
    return float(last[0] / prices[0] * (1 + exits.value[asset]) - 1)


def exposures(era: EraFeatures, sectors: tuple[str | None, ...] | None) -> Floats:
    """Return what a target is made independent of, as known at the era's date.

    Args:
        era: the era's raw measures.
        sectors: one name or None for each of the panel's assets, or None.

    Returns:
        Columns: sectors (or one column of ones), shrunk beta, then gaussianised size,
        volatility, momentum and short-term return; an unknown style counts as average.
    """
    beta = 1 + _BETA_SHRINKAGE * (era.values["beta_252"] - 1)
    styles = [np.where(np.isfinite(beta), beta, 1.0)]
    for name in _STYLES:
        ranks = ranking.gaussian_ranks(era.values[name])
        styles.append(np.where(np.isfinite(ranks), ranks, 0.0))
    return np.column_stack([_sector_columns(era.assets, sectors), *styles])


def _sector_columns(assets: Ints, sectors: tuple[str | None, ...] | None) -> Floats:
    """Return one indicator a sector; sectors under ten assets and none are pooled."""
    if sectors is None:
        return np.ones((assets.size, 1))
    own = [sectors[asset] or "" for asset in assets.tolist()]
    counts = Counter(own)
    pooled = [name if name and counts[name] >= _MIN_SECTOR else "" for name in own]
    groups = sorted(set(pooled))
    return np.array([[name == group for group in groups] for name in pooled], dtype=np.float64)


def residuals(returns: Floats, factors: Floats) -> Floats:
    """Return what a robust regression on the factors leaves; NaN where the return is.

    Huber weights, ten steps from the median and the median deviation, so that a few extreme
    returns neither move the coefficients nor lose their own rank.

    Args:
        returns: shape (n,).
        factors: shape (n, k), finite.
    """
    left = np.full(returns.size, np.nan)
    present = np.isfinite(returns)
    if present.sum() < _MIN_ASSETS:
        return left
    y, x = returns[present], factors[present]
    rest = y - np.median(y)
    for _ in range(_HUBER_STEPS):
        scale = 1.4826 * np.median(np.abs(rest - np.median(rest)))
        if not scale > 0:
            break
        weights = np.minimum(1.0, _HUBER * scale / np.maximum(np.abs(rest), scale * 1e-12))
        weighted = x * weights[:, None]
        coefficients = np.linalg.lstsq(weighted.T @ x, weighted.T @ y, rcond=1e-10)[0]
        rest = y - x @ coefficients
    left[present] = rest
    return left


def era_target(
    bars: Bars,
    exits: Exits,
    era: EraFeatures,
    factors: Floats,
    horizon: int,
) -> Floats:
    """Return one era's target in {0, .25, .5, .75, 1}; NaN where immature or unusable.

    Args:
        bars: the cleaned panel.
        exits: delisting returns.
        era: the era's measures.
        factors: the era's exposures, shape (n_assets, k).
        horizon: trading days of the return.

    Source: docs/protocol.md, "Targets".
    """
    returns = forward_returns(bars, exits, era.assets, era.day, horizon)
    return ranking.target_bins(residuals(returns, factors))
