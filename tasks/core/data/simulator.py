"""A market with a learnable signal: so that a machine without data can run the whole job."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.core.data import ranking, simulator_events
from tasks.core.data.arrays import Bools, Dates, Floats, Ints
from tasks.core.data.panel import Panel
from tasks.core.errors import DataError

_SECTORS = 11
_YEAR = 252
_QUARTER, _MONTH, _WEEK = 63, 21, 5
_MONTH_ROOT = 20**0.5
_TAIL = 5
_ACTIVITY_DECAY, _LEAN_DECAY, _LEAN_SIZE = 0.9, 0.9, 0.0025
_TREND, _LEAN, _TOGETHER = 0.65, 0.65, -0.3
# How much of the signal is left over the target's 20 days, fat tails and regimes included:
# measured so that signal and target correlate by `signal_ic`.
_PERSISTENCE = 0.32
_NIGHT_SHARE = 0.3
FIRST_DATE = np.datetime64("2015-01-02")
"""Where a market's calendar begins unless another date is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """What the market is like; `signal_ic` is the expected correlation of signal and target."""

    n_assets: int = 1_000
    n_days: int = 1_800
    signal_ic: float = 0.05
    missing_days: int = 8
    delisted_share: float = 0.02
    splits: int = 3
    spin_offs: int = 1
    first_date: np.datetime64 = FIRST_DATE

    def __post_init__(self) -> None:
        if self.n_assets < 1 or self.n_days < _YEAR:
            raise DataError(
                f"a simulated market needs an asset and {_YEAR} days, "
                f"not {self.n_assets} and {self.n_days}"
            )
        if not 0 <= self.signal_ic < 1:
            raise DataError(f"the signal's IC lies in [0, 1), not {self.signal_ic}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traits:
    """What stays the same about each asset."""

    sector: Ints
    beta: Floats
    volatility: Floats
    size: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paths:
    """Daily series, shape (n_days, n_assets): log returns by night and by day, log turnover."""

    night: Floats
    day: Floats
    turnover: Floats


def simulate(rng: np.random.Generator, settings: SimulatorSettings) -> Panel:
    """Simulate a panel: market, sectors and styles, regimes, a signal, and the usual defects.

    The expected return of the next days follows from what the panel itself shows: recent
    against usual turnover, returns by night against returns by day, and the two together with
    last week's return. The rest is noise.

    Args:
        rng: the only source of chance.
        settings: sizes, the signal's strength and the number of defects.

    Returns:
        A panel with sectors and with every split and delisting, but not the spin-off, among its
        actions: the spin-off is left for the cleaning to suspect.
    """
    traits = _draw_traits(rng, settings)
    paths = _walk(rng, settings, traits)
    panel = _prices(rng, settings, traits, paths)
    return simulator_events.add_events(
        rng,
        panel,
        missing_days=settings.missing_days,
        delisted=round(settings.delisted_share * settings.n_assets),
        splits=settings.splits,
        spin_offs=settings.spin_offs,
    )


def _draw_traits(rng: np.random.Generator, settings: SimulatorSettings) -> _Traits:
    n = settings.n_assets
    return _Traits(
        sector=rng.integers(0, _SECTORS, n),
        beta=rng.normal(1.0, 0.3, n),
        volatility=0.016 * np.exp(rng.normal(0.0, 0.3, n)),
        size=rng.normal(17.0, 1.2, n),
    )


def _regimes(rng: np.random.Generator, n_days: int) -> Floats:
    """Return each day's volatility: calm and stormy spells of about 100 and 25 days."""
    scale = np.empty(n_days)
    stormy = False
    for day in range(n_days):
        stormy = rng.random() < (0.96 if stormy else 0.01)
        scale[day] = 2.0 if stormy else 1.0
    return scale


def _walk(rng: np.random.Generator, settings: SimulatorSettings, traits: _Traits) -> _Paths:
    """Draw the returns day by day, each day's drift from the days before it."""
    n_days, n = settings.n_days, settings.n_assets
    scale = _regimes(rng, n_days)
    common = _common_returns(rng, n_days, traits, scale)
    activity = _activity(rng, n_days, n)
    shape = (n_days, n)
    night, day_, turnover = np.empty(shape), np.empty(shape), np.empty(shape)
    lean = np.zeros(n)
    for day in range(n_days):
        signal = _signal(night, day_, turnover, day)
        drift = settings.signal_ic * signal / _MONTH_ROOT / _PERSISTENCE
        shock = rng.standard_t(_TAIL, n) / (_TAIL / (_TAIL - 2)) ** 0.5
        total = common[day] + traits.volatility * (drift + scale[day] ** 0.5 * shock)
        lean = _wander(rng, lean, _LEAN_DECAY)
        apart = rng.normal(0.0, 0.5, n) * traits.volatility * np.sqrt(_NIGHT_SHARE)
        night[day] = _NIGHT_SHARE * total + apart + _LEAN_SIZE * lean
        day_[day] = total - night[day]
        turnover[day] = traits.size + activity[day] + 0.25 * np.abs(shock)
    return _Paths(night=night, day=day_, turnover=turnover)


def _common_returns(
    rng: np.random.Generator, n_days: int, traits: _Traits, scale: Floats
) -> Floats:
    """Return what market, sectors and two styles (size, volatility) make of each day."""
    market = rng.normal(0.0003, 0.008, n_days) * scale
    sectors = rng.normal(0.0, 0.005, (n_days, _SECTORS)) * scale[:, None]
    styles = rng.normal(0.0, 0.002, (n_days, 2)) * scale[:, None]
    loadings = np.stack([traits.size, np.log(traits.volatility)])
    loadings = (loadings - loadings.mean(axis=1, keepdims=True)) / loadings.std(
        axis=1, keepdims=True
    )
    own: Floats = np.outer(market, traits.beta) + sectors[:, traits.sector]
    for style in range(2):
        own += np.outer(styles[:, style], loadings[style])
    return own


def _wander(rng: np.random.Generator, level: Floats, decay: float) -> Floats:
    """Return the next value of a wave of unit variance that keeps `decay` of itself a day."""
    step: float = (1 - decay**2) ** 0.5
    return decay * level + step * rng.normal(size=level.size)


def _activity(rng: np.random.Generator, n_days: int, n: int) -> Floats:
    """Return log turnover around its usual level: slow waves and daily noise."""
    slow = np.empty((n_days, n))
    level = rng.normal(size=n)
    for day in range(n_days):
        level = _wander(rng, level, _ACTIVITY_DECAY)
        slow[day] = level
    return 0.5 * slow + 0.25 * rng.normal(size=(n_days, n))


def _signal(night: Floats, day_: Floats, turnover: Floats, day: int) -> Floats:
    """Return the expected residual return's standardised shape, from the days before `day`."""
    if day < _QUARTER:
        return np.zeros(night.shape[1])
    week, quarter = slice(day - _WEEK, day), slice(day - _QUARTER, day)
    month = slice(day - _MONTH, day)
    return mix(
        turnover[week].mean(axis=0) - turnover[quarter].mean(axis=0),
        (night[month] - day_[month]).mean(axis=0),
        (night[week] + day_[week]).sum(axis=0),
    )


def mix(trend: Floats, lean: Floats, move: Floats) -> Floats:
    """Return the signal that three characteristics make, with mean 0 and deviation 1.

    Args:
        trend: last week's log turnover above the last quarter's, shape (n,).
        lean: the last month's mean return by night minus by day, shape (n,).
        move: last week's return, shape (n,); it works only together with the turnover's trend.
    """
    mixed = _TREND * _unit(trend) + _LEAN * _unit(lean) + _TOGETHER * _unit(trend) * _unit(move)
    centred = mixed - mixed.mean()
    scale = centred.std()
    return np.asarray(centred / scale if scale > 0 else centred)


def _unit(values: Floats) -> Floats:
    """Return values as centred uniform ranks of unit variance."""
    return np.asarray((ranking.uniform_ranks(values) - 0.5) * 12**0.5)


def _prices(
    rng: np.random.Generator, settings: SimulatorSettings, traits: _Traits, paths: _Paths
) -> Panel:
    """Turn returns into bars: four prices and a volume in whole shares."""
    start = np.log(rng.uniform(20.0, 120.0, settings.n_assets))
    close = start + np.cumsum(paths.night + paths.day, axis=0)
    open_ = close - paths.day
    reach = 0.5 * traits.volatility * np.abs(rng.normal(size=(2, *close.shape)))
    high = np.maximum(open_, close) + reach[0]
    low = np.minimum(open_, close) - reach[1]
    prices: dict[str, Any] = {
        name: np.round(np.exp(values), 4)
        for name, values in (("open", open_), ("high", high), ("low", low), ("close", close))
    }
    width = len(str(settings.n_assets - 1))
    return Panel(
        dates=weekdays(settings.first_date, settings.n_days),
        names=tuple(f"S{i:0{width}d}" for i in range(settings.n_assets)),
        volume=np.round(np.exp(paths.turnover) / prices["close"]),
        sectors=tuple(f"Sector {sector + 1}" for sector in traits.sector),
        **prices,
    )


def weekdays(first: np.datetime64, n_days: int) -> Dates:
    """Return consecutive weekdays from a date on, without the first of January and Christmas."""
    days: Dates = first + np.arange(int(n_days * 1.45) + 20)
    weekday = (days.astype(np.int64) + 3) % 7 < 5
    texts = np.datetime_as_string(days)
    holiday: Bools = np.array([text[5:] in ("01-01", "12-25") for text in texts])
    return days[weekday & ~holiday][:n_days]
