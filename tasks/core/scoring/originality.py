"""What a submission shares with the meta-model and with others, and the blend without it.

A correlation between submissions is that of their gaussianised ranks, as in MMC.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import DataError, SubmissionError
from tasks.core.scoring import leaving, metrics, ranks

_CACHED_ROWS = 16

_DECIMALS = 12
"""Correlations with others are rounded to so many decimals: equal ones must not differ by place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOneOut:
    """The score of a blend, and that of the same blend without each submission."""

    whole: float
    without: NDArray[np.float64]

    @property
    def contributions(self) -> NDArray[np.float64]:
        """Return what each submission adds: the whole's score minus the one without it."""
        return self.whole - self.without


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Each submission's correlations with the others, shape (n_models,); NaN without any.

    `nearest` and `farthest` are the rows of the highest and of the lowest correlation, the first
    of equals; -1 without any.
    """

    mean: NDArray[np.float64]
    highest: NDArray[np.float64]
    nearest: NDArray[np.intp]
    lowest: NDArray[np.float64]
    farthest: NDArray[np.intp]


def corr_with(
    predictions: NDArray[np.float64], reference: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return each submission's correlation with a reference, such as the meta-model.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        reference: finite values, shape (n_ids,).

    Returns:
        Correlations in [-1, 1], shape (n_models,) or (); NaN where either is constant.

    Raises:
        DataError: if the reference has another shape.
        SubmissionError: if a value is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    if reference.shape != predictions.shape[-1:]:
        raise DataError(f"reference {reference.shape} does not fit predictions {predictions.shape}")
    rows = np.atleast_2d(predictions)
    direction = _unit_rows(reference[np.newaxis])[0]
    found = np.empty(len(rows))
    for first in range(0, len(rows), _CACHED_ROWS):
        units = _unit_rows(rows[first : first + _CACHED_ROWS], first)
        known = units.any(axis=1) & direction.any()
        products = (units * direction).sum(axis=1)
        found[first : first + len(units)] = np.where(known, products, np.nan)
    return np.clip(found, -1.0, 1.0).reshape(predictions.shape[:-1])


def leave_one_out(
    quantiles: NDArray[np.float64],
    weights: NDArray[np.float64],
    targets: NDArray[np.float64],
) -> LeaveOneOut:
    """Return the score of a weighted blend, and its score without each submission.

    A blend's score here is its correlation with the vector that CORR makes of the target, that
    is the centred target to the power 1.5. The blend itself is neither ranked again nor raised
    to a power: then there would be no closed form.

    Args:
        quantiles: gaussianised ranks over all ids that were blended, shape (n_models, n_ids).
        weights: not negative, not all zero, shape (n_models,).
        targets: in [0, 1], shape (n_ids,); ids whose target is NaN are left out after blending.

    Returns:
        The scores in [-1, 1]; NaN where nothing is left to blend, or what is left cancels.

    Raises:
        DataError: if the targets do not fit, leave [0, 1], are constant or all NaN.
        SubmissionError: if the weights do not fit, or a quantile is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    rows, target = _matured(quantiles, targets)
    if weights.shape != (len(rows),):
        raise SubmissionError(f"{len(rows)} models but weights {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise SubmissionError("weights must be finite, not negative and not all zero")
    sums = leaving.add_up(rows, weights, target)
    if not (np.isfinite(sums.squares).all() and np.isfinite(sums.blend).all()):
        raise SubmissionError("a quantile is not finite")
    return LeaveOneOut(
        whole=leaving.score(sums.blend, target, sums.level),
        without=leaving.without_each(rows, weights, target, sums),
    )


def correlations_with_others(predictions: NDArray[np.float64]) -> Likeness:
    """Return how alike each submission is to the others.

    Both ends are told, for they mean different things: a copy stands at 1, a mirror image
    (p and 1 - p) at -1. The mean takes linear time; highest and lowest take every pair, in
    blocks of `metrics.BATCH_ROWS` submissions of which two are in memory at a time.

    Args:
        predictions: finite values, shape (n_models, n_ids); may be memory-mapped.

    Returns:
        The correlations, rounded to 1e-12. A constant submission has none, and is none of the
        others.

    Raises:
        SubmissionError: if a value is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    n_models = len(predictions)
    total, known = np.zeros(predictions.shape[1]), np.zeros(n_models, dtype=bool)
    for first, last in metrics.batch_edges(n_models):
        units = _unit_rows(predictions[first:last])
        total += units.sum(axis=0)
        known[first:last] = units.any(axis=1)
    mean = np.full(n_models, np.nan)
    highest, lowest = _Highest.unknown(n_models), _Highest.unknown(n_models)
    for first, last in metrics.batch_edges(n_models):
        later = _unit_rows(predictions[first:last])
        mean[first:last] = later @ total - 1.0
        for start, stop in metrics.batch_edges(last):
            earlier = later if start == first else _unit_rows(predictions[start:stop])
            pairs = np.clip(np.round(later @ earlier.T, _DECIMALS), -1.0, 1.0)
            counted = _counted(known[first:last], known[start:stop], same=start == first)
            highest.see(np.where(counted, pairs, -np.inf), first, start)
            lowest.see(np.where(counted, -pairs, -np.inf), first, start)
    n_others = int(known.sum()) - 1
    mean = np.where(known & (n_others > 0), mean / max(n_others, 1), np.nan)
    return Likeness(
        mean=np.round(mean, _DECIMALS),
        highest=highest.found(),
        nearest=highest.rows,
        lowest=-lowest.found(),
        farthest=lowest.rows,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Highest:
    """The highest value that was seen for each submission, and the row that it came from."""

    values: NDArray[np.float64]
    rows: NDArray[np.intp]

    @classmethod
    def unknown(cls, n_models: int) -> "_Highest":
        return cls(values=np.full(n_models, -np.inf), rows=np.full(n_models, -1, dtype=np.intp))

    def see(self, pairs: NDArray[np.float64], first: int, start: int) -> None:
        """Take in a block of pairs, for its rows (from `first`) and columns (from `start`)."""
        self._raise(pairs, first, start)
        if first != start:
            self._raise(pairs.T, start, first)

    def found(self) -> NDArray[np.float64]:
        """Return the highest values, NaN where there is none."""
        return np.where(self.rows >= 0, self.values, np.nan)

    def _raise(self, pairs: NDArray[np.float64], first: int, start: int) -> None:
        # Blocks come in the order of their rows for every submission, and argmax takes the first
        # of equals; so only a truly higher value may replace an earlier row.
        places = pairs.argmax(axis=1)
        best = np.take_along_axis(pairs, places[:, np.newaxis], axis=1)[:, 0]
        at = slice(first, first + len(pairs))
        higher = best > self.values[at]
        self.values[at] = np.where(higher, best, self.values[at])
        self.rows[at] = np.where(higher, places + start, self.rows[at])


def _counted(left: NDArray[np.bool_], right: NDArray[np.bool_], *, same: bool) -> NDArray[np.bool_]:
    """Return which pairs of two blocks count: of two submissions that are not constant."""
    counted: NDArray[np.bool_] = left[:, np.newaxis] & right
    if same:
        np.fill_diagonal(counted, val=False)
    return counted


def _matured(
    quantiles: NDArray[np.float64], targets: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rows over the ids with a target, and CORR's unit vector of the target."""
    kept = metrics.matured(quantiles, targets)
    matured = targets[kept]
    if matured.min() < 0 or matured.max() > 1:
        raise DataError("targets must lie in [0, 1]")
    if matured.min() == matured.max():
        raise DataError("targets are constant, so a blend has no score")
    powered = ranks.pow15(matured - matured.mean())
    centred = powered - powered.mean()
    rows = ranks.rows(quantiles if kept.all() else quantiles[:, kept])
    return rows, centred / np.sqrt((centred * centred).sum())


def _unit_rows(predictions: NDArray[np.float64], first: int = 0) -> NDArray[np.float64]:
    """Return gaussianised ranks, centred and of length one; zeros for a constant row."""
    quantiles = ranks.gauss(predictions, first)
    centred = quantiles - quantiles.mean(axis=1, keepdims=True)
    norms = np.sqrt((centred * centred).sum(axis=1, keepdims=True))
    zeros = np.zeros_like(centred)
    units: NDArray[np.float64] = np.divide(centred, norms, out=zeros, where=norms > 0)
    return units
