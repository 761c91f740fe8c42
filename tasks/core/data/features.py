"""The features: price and volume measures of one era, from one window of bars."""

from dataclasses import dataclass

import numpy as np

from tasks.core.data import ranking, windows
from tasks.core.data.arrays import Bins, Floats, Ints
from tasks.core.data.bars import Bars, Window, window
from tasks.core.data.jumps import last_known

_SHORT, _MONTH, _QUARTER, _HALF, _YEAR = 5, 21, 63, 126, 252


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the features share: daily series of one window, newest row last.

    `level` is the last known close; `returns`, `overnight`, `intraday`, `span` (high over low)
    and `residual` (returns without the market's part) have WARM_UP_DAYS rows.
    """

    level: Floats
    returns: Floats
    market: Floats
    beta: Floats
    residual: Floats
    overnight: Floats
    intraday: Floats
    span: Floats
    place: Floats
    value: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class EraFeatures:
    """One era's raw measures: `values[name]` has one number an asset, NaN where unknown.

    `day` is the panel's row of the era's date, `assets` are the panel's columns.
    """

    day: int
    assets: Ints
    values: dict[str, Floats]

    def bins(self) -> Bins:
        """Return the features as bins 0 to 4, shape (n_assets, n_features), in order of name."""
        return np.stack([ranking.feature_bins(v) for _, v in sorted(self.values.items())], axis=1)


def era_features(bars: Bars, day: int) -> EraFeatures:
    """Compute every feature of the era whose date is one row of the panel.

    Only bars up to that row are read, so cutting the panel after it changes no bit.

    Args:
        bars: the cleaned panel.
        day: the row of the era's date; at least WARM_UP_DAYS.
    """
    known = window(bars, day)
    with np.errstate(invalid="ignore", divide="ignore"):
        series = _series(known)
        values = {
            **_momentum(series),
            **_volatility(series),
            **_market(series),
            **_volume(series),
            **_levels(series),
            **_shape(series),
        }
    return EraFeatures(day=day, assets=known.assets, values=values)


def _series(known: Window) -> Series:
    level = last_known(known.close)
    # A return after missing days spans them; on a missing day there is none.
    returns = known.close[1:] / level[:-1] - 1
    market = _cross_mean(returns)
    beta = windows.slope(returns, market)
    return Series(
        level=level,
        returns=returns,
        market=market,
        beta=beta,
        residual=returns - beta * market[:, None],
        overnight=known.open[1:] / level[:-1] - 1,
        intraday=known.close[1:] / known.open[1:] - 1,
        span=np.log(known.high[1:] / known.low[1:]),
        place=(known.close[1:] - known.low[1:]) / (known.high[1:] - known.low[1:]),
        value=np.log(known.value[1:]),
    )


def _cross_mean(returns: Floats) -> Floats:
    """Return each day's mean over the assets that have a return; NaN where none has."""
    means = np.full(len(returns), np.nan)
    for row, values in enumerate(returns):
        present = values[np.isfinite(values)]
        if present.size:
            means[row] = present.mean()
    return means


def _growth(level: Floats, newest: int, oldest: int) -> Floats:
    """Return the price's growth from `oldest` to `newest` days before the era's date."""
    return np.asarray(level[-1 - newest] / level[-1 - oldest] - 1)


def _momentum(s: Series) -> dict[str, Floats]:
    momentum = {
        f"momentum_{days}": _growth(s.level, 0, days)
        for days in (_SHORT, 10, _MONTH, _QUARTER, _HALF, _YEAR)
    }
    return {
        **momentum,
        "momentum_126_skip_21": _growth(s.level, _MONTH, _HALF),
        "momentum_252_skip_21": _growth(s.level, _MONTH, _YEAR),
        "reversal_1": -s.returns[-1],
        "acceleration": momentum["momentum_21"] - momentum["momentum_63"] / 3,
        "overnight_momentum_21": windows.total(s.overnight[-_MONTH:]),
        "intraday_momentum_21": windows.total(s.intraday[-_MONTH:]),
        "night_minus_day_10": windows.mean((s.overnight - s.intraday)[-10:]),
        "night_minus_day_21": windows.mean((s.overnight - s.intraday)[-_MONTH:]),
    }


def _volatility(s: Series) -> dict[str, Floats]:
    month = windows.deviation(s.returns[-_MONTH:])
    year = windows.deviation(s.returns)
    losses = np.where(s.returns < 0, s.returns, 0.0 * s.returns)
    return {
        "volatility_21": month,
        "volatility_63": windows.deviation(s.returns[-_QUARTER:]),
        "volatility_252": year,
        "volatility_trend": month / year,
        "downside_63": np.sqrt(windows.mean(np.square(losses[-_QUARTER:]))),
        "idiosyncratic_63": windows.deviation(s.residual[-_QUARTER:]),
        "idiosyncratic_252": windows.deviation(s.residual),
        "range_21": windows.mean(s.span[-_MONTH:]),
        "range_trend": windows.mean(s.span[-_SHORT:]) / windows.mean(s.span[-_QUARTER:]),
        "gap_21": windows.mean(np.abs(s.overnight[-_MONTH:])),
    }


def _market(s: Series) -> dict[str, Floats]:
    return {
        "beta_252": s.beta,
        "beta_63": windows.slope(s.returns[-_QUARTER:], s.market[-_QUARTER:]),
        "correlation_252": windows.correlation(s.returns, s.market),
        "residual_momentum_5": windows.total(s.residual[-_SHORT:]),
        "residual_momentum_21": windows.total(s.residual[-_MONTH:]),
        "residual_momentum_252": windows.total(s.residual[:-_MONTH]),
    }


def _volume(s: Series) -> dict[str, Floats]:
    quarter = windows.mean(s.value[-_QUARTER:])
    month = windows.mean(s.value[-_MONTH:])
    # Illiquidity in logarithms: the mean of ratios would follow one quiet day.
    impact = np.log(np.abs(s.returns) + 1e-6) - s.value
    return {
        "traded_value_63": quarter,
        "turnover_trend_5_63": windows.mean(s.value[-_SHORT:]) - quarter,
        "turnover_trend_21_252": month - windows.mean(s.value),
        "turnover_trend_5_21": windows.mean(s.value[-_SHORT:]) - month,
        "turnover_spread_63": windows.deviation(s.value[-_QUARTER:]),
        "illiquidity_21": windows.mean(impact[-_MONTH:]),
        "volume_return_63": windows.correlation(s.returns[-_QUARTER:], s.value[-_QUARTER:]),
    }


def _levels(s: Series) -> dict[str, Floats]:
    year, quarter = s.level, s.level[-_QUARTER:]
    last = s.level[-1]
    return {
        "drawdown_252": last / windows.highest(year) - 1,
        "drawdown_63": last / windows.highest(quarter) - 1,
        "above_low_252": last / windows.lowest(year) - 1,
        "above_low_63": last / windows.lowest(quarter) - 1,
        "above_mean_21": last / windows.mean(s.level[-_MONTH:]) - 1,
        "mean_50_to_200": windows.mean(s.level[-50:]) / windows.mean(s.level[-200:]) - 1,
    }


def _shape(s: Series) -> dict[str, Floats]:
    quarter = s.returns[-_QUARTER:]
    return {
        "skew_63": windows.moment(quarter, 3),
        "skew_252": windows.moment(s.returns, 3),
        "kurtosis_252": windows.moment(s.returns, 4),
        "best_day_21": windows.highest(s.returns[-_MONTH:]),
        "worst_day_21": windows.lowest(s.returns[-_MONTH:]),
        "days_up_63": windows.mean(np.where(np.isnan(quarter), np.nan, quarter > 0)),
        "closing_place_21": windows.mean(s.place[-_MONTH:]),
    }
