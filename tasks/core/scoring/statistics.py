"""Means of overlapping rounds, with the error that their overlap leaves them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import DataError

FEWEST = 8
"""With fewer values a mean has no error: "too few"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean over rounds, and what is known about its error."""

    mean: float
    n: int
    n_effective: float | None
    error: float | None

    @property
    def too_few(self) -> bool:
        """Return whether there are too few values for an error."""
        return self.error is None


def mean_of(values: Sequence[float] | NDArray[np.float64], overlap: int) -> Mean:
    """Return a mean with its effective number of values and its HAC error.

    Args:
        values: one a round, in the rounds' order, finite.
        overlap: how many later rounds share a round's target window; 0 for none.

    Returns:
        The mean. Its error is Newey and West's with Bartlett weights up to
        `min(overlap, n - 1)` and the factor n / (n - 1) of a sample; the effective number is
        `min(n, n * naive variance / HAC variance)`. Under 8 values both are None.

    Raises:
        DataError: if there are no values, one is not finite, or the overlap is negative.
    """
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1 or series.size == 0:
        raise DataError("a mean needs at least one value")
    if not np.isfinite(series).all():
        raise DataError("a mean needs finite values: leave the rounds without a score out")
    if overlap < 0:
        raise DataError(f"an overlap of {overlap} rounds is negative")
    n = int(series.size)
    mean = float(series.mean())
    if n < FEWEST:
        return Mean(mean=mean, n=n, n_effective=None, error=None)
    naive, hac = _variances(series - mean, min(overlap, n - 1))
    n_effective = float(n) if hac <= naive else n * naive / hac
    return Mean(mean=mean, n=n, n_effective=n_effective, error=(hac / (n - 1)) ** 0.5)


def paired_difference(
    left: Mapping[int, float], right: Mapping[int, float], overlap: int
) -> Mean | None:
    """Return the mean of left - right over the rounds that both have, or None without any.

    Args:
        left: round -> score.
        right: round -> score.
        overlap: how many later rounds share a round's target window.
    """
    common = sorted(left.keys() & right.keys())
    if not common:
        return None
    return mean_of([left[number] - right[number] for number in common], overlap)


def _variances(deviations: NDArray[np.float64], lags: int) -> tuple[float, float]:
    """Return the naive and the HAC long-run variance of one value, both divided by n."""
    n = deviations.size
    naive = float((deviations * deviations).sum()) / n
    hac = naive
    for lag in range(1, lags + 1):
        covariance = float((deviations[lag:] * deviations[:-lag]).sum()) / n
        hac += 2.0 * (1.0 - lag / (lags + 1)) * covariance
    # Bartlett weights keep the sum from being negative but for the last bits.
    return naive, max(hac, 0.0)
