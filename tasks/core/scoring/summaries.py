"""What a series of scores, one an era, says about a model."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import DataError
from tasks.core.scoring import statistics
from tasks.core.scoring.statistics import Mean

_TAIL = 0.05

_STEADY = 1e-13
"""A spread below this share of the largest score is what rounding left of equal scores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A series of scores in figures; None where there are too few scores, or no spread.

    `n_effective` and every error take the eras' overlap into account, as `statistics.mean_of`
    does. Below `statistics.FEWEST` scores there are no errors, no tail and no shape.
    """

    n: int
    n_effective: float | None
    mean: float
    error: float | None
    std: float | None
    sharpe: float | None
    sharpe_error: float | None
    adjusted_sharpe: float | None
    max_drawdown: float
    autocorrelation: float | None
    cvar: float | None
    hit_rate: float
    hit_rate_error: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name; None stays None."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """How far a model leans on features, over eras: absolute correlations in [0, 1]."""

    mean: Mean
    """Of each era's mean over the features."""
    highest: Mean
    """Of each era's highest feature."""
    feature: int
    """The feature with the largest mean correlation over the eras, whatever its sign."""
    feature_correlation: float
    """That mean, with its sign."""

    def to_json(self) -> dict[str, Any]:
        """Return the figures by name; None stays None."""
        return asdict(self)


def summarise(scores: NDArray[np.float64], overlap: int) -> Summary:
    """Summarise a series of scores.

    Args:
        scores: one an era, in the eras' order, finite, shape (n_eras,). For drawdown and tail
            they are taken as returns.
        overlap: how many later eras share an era's target window; 0 for none.

    Raises:
        DataError: if there are no scores, one is not finite, or the overlap is negative.

    Source: docs/protocol.md, "Summaries".
    """
    series = np.asarray(scores, dtype=np.float64)
    mean = statistics.mean_of(series, overlap)
    hits = statistics.mean_of((series > 0).astype(np.float64), overlap)
    ratio = sharpe(series)
    return Summary(
        n=mean.n,
        n_effective=mean.n_effective,
        mean=mean.mean,
        error=mean.error,
        std=float(series.std()) if series.size > 1 else None,
        sharpe=ratio,
        sharpe_error=None if ratio is None else _sharpe_error(series, ratio, overlap),
        adjusted_sharpe=adjusted_sharpe(series),
        max_drawdown=max_drawdown(series),
        autocorrelation=autocorrelation(series),
        cvar=cvar(series),
        hit_rate=hits.mean,
        hit_rate_error=hits.error,
    )


def summarise_exposure(correlations: NDArray[np.float64], overlap: int) -> Exposure:
    """Summarise a model's correlations with features.

    Args:
        correlations: one row an era, shape (n_eras, n_features); NaN where a feature or the
            submission was constant. An era or a feature without any is left out.
        overlap: how many later eras share an era's target window; 0 for none.

    Raises:
        DataError: if no correlation is known.

    Source: docs/protocol.md, "Summaries".
    """
    if correlations.ndim != 2 or np.isnan(correlations).all():
        raise DataError(f"no correlation with a feature among {correlations.shape}")
    eras = correlations[~np.isnan(correlations).all(axis=1)]
    features = np.flatnonzero(~np.isnan(eras).all(axis=0))
    means = np.nanmean(eras[:, features], axis=0)
    place = int(np.abs(means).argmax())
    return Exposure(
        mean=statistics.mean_of(np.nanmean(np.abs(eras), axis=1), overlap),
        highest=statistics.mean_of(np.nanmax(np.abs(eras), axis=1), overlap),
        feature=int(features[place]),
        feature_correlation=float(means[place]),
    )


def sharpe(scores: NDArray[np.float64]) -> float | None:
    """Return mean / std (ddof 0); None without a spread."""
    std = _spread(scores)
    return None if std is None else float(scores.mean()) / std


def adjusted_sharpe(scores: NDArray[np.float64]) -> float | None:
    """Return the Sharpe ratio, lowered by losses that are rarer and larger than a normal's.

    It is S (1 + skewness S / 6 - (kurtosis - 3) S^2 / 24), with the kurtosis of a normal
    distribution being 3.

    Source: Pezier and White, "The relative merits of investable hedge fund indices and of funds
    of hedge funds in optimal passive portfolios", 2006.
    """
    ratio = sharpe(scores)
    if ratio is None or scores.size < statistics.FEWEST:
        return None
    standard = (scores - scores.mean()) / scores.std()
    skewness, kurtosis = float((standard**3).mean()), float((standard**4).mean())
    return ratio * (1.0 + skewness * ratio / 6.0 - (kurtosis - 3.0) * ratio**2 / 24.0)


def max_drawdown(scores: NDArray[np.float64]) -> float:
    """Return the largest loss from a peak of the compounded curve that starts at 1, in [0, 1]."""
    # After a loss of everything nothing is left that could be lost.
    curve = np.cumprod(np.concatenate(([1.0], np.maximum(1.0 + scores, 0.0))))
    return float((1.0 - curve / np.maximum.accumulate(curve)).max())


def autocorrelation(scores: NDArray[np.float64]) -> float | None:
    """Return the correlation of each score with the one before."""
    if scores.size < statistics.FEWEST:
        return None
    now, before = scores[1:], scores[:-1]
    if _spread(now) is None or _spread(before) is None:
        return None
    products = (now - now.mean()) * (before - before.mean())
    return float(products.mean()) / float(now.std() * before.std())


def cvar(scores: NDArray[np.float64]) -> float | None:
    """Return the mean of the scores that are at most their 5 % quantile (linear)."""
    if scores.size < statistics.FEWEST:
        return None
    return float(scores[scores <= np.quantile(scores, _TAIL)].mean())


def _spread(scores: NDArray[np.float64]) -> float | None:
    """Return the standard deviation (ddof 0); None where the scores are equal or too few."""
    if scores.size < 2:
        return None
    std = float(scores.std())
    return std if std > _STEADY * float(np.abs(scores).max()) else None


def _sharpe_error(scores: NDArray[np.float64], ratio: float, overlap: int) -> float | None:
    """Return the HAC error of a Sharpe ratio, by what each score moves it.

    A score that lies z standard deviations above the mean moves the ratio S by
    (z - S (z^2 - 1) / 2) / n; without overlap and for a normal distribution the error is then
    Lo's sqrt((1 + S^2 / 2) / n).
    """
    standard = (scores - scores.mean()) / scores.std()
    moves = standard - ratio * (standard**2 - 1.0) / 2.0
    return statistics.mean_of(moves, overlap).error
