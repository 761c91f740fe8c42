"""What is left of submissions without their linear part in some neutralisers.

An era's neutralisers are factored once; each batch then costs two matrix products. Where a score
needs only a dot product with the rest, the projection is moved to the other factor, for it is
self-adjoint: then the era's vector is neutralised instead of every submission.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from tasks.core.errors import DataError
from tasks.core.scoring import metrics, ranks

RCOND = 1e-6
"""Directions whose singular value is below this part of the largest one are left out."""

FLAGGED = 0.2
"""More neutralisers than this part of the ids leave a score with little meaning."""

DECIMALS = 12
"""Residuals are rounded to so many decimals before they are ranked: what differs between two
machines, or two batches, in the last bits only must not become an order."""

_ROWS = 128
_SOUND, _PLAIN = 1e-10, 1e-4
_EXACT = 2.0**24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Span:
    """The space of some neutralisers and the constant.

    `vectors` has one of its directions a row, each with mean 0 if `factor` is set; `factor` is
    the lower Cholesky factor of their products with one another, None where they are
    orthonormal.
    """

    vectors: NDArray[np.float64]
    factor: NDArray[np.float64] | None

    def coefficients(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what to multiply `vectors` with to get the rows' part, (n_rows, n_vectors)."""
        products: NDArray[np.float64] = rows @ self.vectors.T
        if self.factor is None or not self.vectors.size:
            return products
        solved: NDArray[np.float64] = linalg.cho_solve(
            (self.factor, True), products.T, check_finite=False
        ).T
        return solved

    def without(self, rows: NDArray[np.float64], proportion: float = 1.0) -> NDArray[np.float64]:
        """Return rows of shape (n_rows, n_ids) without (a proportion of) their part in here."""
        part = self.coefficients(rows) @ self.vectors
        if self.factor is not None:
            part += rows.mean(axis=1, keepdims=True)
        np.multiply(part, -proportion, out=part)
        part += rows
        return part


def span(neutralizers: NDArray[np.float64] | NDArray[np.int8]) -> Span:
    """Factor an era's neutralisers; the constant is always among them.

    Args:
        neutralizers: finite numbers, shape (n_neutralizers, n_ids); none or dependent ones are
            allowed.

    Raises:
        DataError: if the shape is another one or a value is not finite.
    """
    if neutralizers.ndim != 2 or neutralizers.shape[1] == 0:
        raise DataError(f"neutralisers of shape {neutralizers.shape}: need (neutralisers, ids)")
    values = np.ascontiguousarray(neutralizers, dtype=np.float64)
    if not np.isfinite(values.sum()) and not np.isfinite(values).all():
        raise DataError("a neutraliser holds a value that is not finite")
    return _cholesky(neutralizers, values) or _orthonormal(values)


def neutralize(
    rows: NDArray[np.float64],
    neutralizers: NDArray[np.float64] | NDArray[np.int8],
    proportion: float = 1.0,
) -> NDArray[np.float64]:
    """Return rows without (a proportion of) their least-squares part in neutralisers.

    Args:
        rows: finite values, shape (n_models, n_ids) or (n_ids,); not ranked here.
        neutralizers: shape (n_neutralizers, n_ids).
        proportion: how much is taken away, 1 for all.

    Raises:
        DataError: if the ids' number differs or a neutraliser is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    _check_width(rows, neutralizers)
    rest = span(neutralizers).without(np.atleast_2d(rows), proportion)
    return rest.reshape(rows.shape)


def fnc(
    predictions: NDArray[np.float64],
    features: NDArray[np.float64] | NDArray[np.int8] | Span,
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return feature-neutral CORR: that of what features leave of a submission's quantiles.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        features: shape (n_features, n_ids), or their span where several batches share it.
        targets: in [0, 1] or NaN, shape (n_ids,). Submissions are neutralised over all ids and
            then ranked again over those with a target.

    Returns:
        Scores, shape (n_models,) or (); NaN for a submission that is constant, or that the
        features explain wholly.

    Raises:
        DataError: if shapes differ, or features or targets cannot be used.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    space = features if isinstance(features, Span) else span(features)
    _check_width(predictions, space.vectors)
    values = ranks.rows(predictions)
    scores = np.empty(len(values))
    # A block of rows at a time stays in the processor's cache.
    for first in range(0, len(values), _ROWS):
        block = slice(first, first + _ROWS)
        rest = space.without(ranks.gauss(values[block]))
        scores[block] = metrics.corr(np.round(rest, DECIMALS, out=rest), targets)
    return scores.reshape(predictions.shape[:-1])


def neutral_corr(
    predictions: NDArray[np.float64],
    neutralizers: NDArray[np.float64] | NDArray[np.int8],
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the plain correlation of neutralised quantiles with the target.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        neutralizers: shape (n_neutralizers, n_ids).
        targets: finite or NaN, shape (n_ids,); ids without one are left out before ranking.

    Returns:
        Scores in [-1, 1], shape (n_models,) or (); NaN where the neutralisers leave nothing.

    Raises:
        DataError: if shapes differ, or the neutralisers or targets cannot be used.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    _check_width(predictions, neutralizers)
    kept = metrics.matured(predictions, targets)
    space = span(neutralizers[:, kept])
    rest = space.without(ranks.gauss(ranks.rows(predictions[..., kept])))
    centred = targets[kept] - targets[kept].mean()
    lengths = np.sqrt((rest * rest).sum(axis=1) * (centred * centred).sum())
    undefined = np.full(len(rest), np.nan)
    # Where nothing but rounding is left of a row of quantiles there is nothing to correlate.
    some = lengths > 10.0**-DECIMALS * kept.sum()
    scores: NDArray[np.float64] = np.divide(
        (rest * centred).sum(axis=1), lengths, out=undefined, where=some
    )
    return scores.reshape(predictions.shape[:-1])


def neutral_contribution(
    predictions: NDArray[np.float64],
    reference: NDArray[np.float64],
    neutralizers: NDArray[np.float64] | NDArray[np.int8],
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what submissions add to a reference once both are neutralised.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        reference: such as the meta-model, shape (n_ids,).
        neutralizers: shape (n_neutralizers, n_ids).
        targets: in [0, 1] or NaN, shape (n_ids,); ids without one are left out before ranking.

    Returns:
        Scores, shape (n_models,) or ().

    Raises:
        DataError: if shapes differ, or the neutralisers, the reference or targets cannot be used.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    _check_width(predictions, neutralizers)
    kept = metrics.matured(predictions, targets)
    if reference.shape != kept.shape:
        raise DataError(f"reference {reference.shape} does not fit targets {kept.shape}")
    space = span(neutralizers[:, kept])
    neutral = space.without(ranks.gauss(reference[kept])[np.newaxis])[0]
    direction = metrics.direction(neutral, 4.0 * targets[kept])
    fixed = space.without(direction[np.newaxis])[0]
    return metrics.project(predictions[..., kept], fixed)


def too_many(n_neutralizers: int, n_ids: int) -> bool:
    """Return whether there are so many neutralisers that what they leave means little."""
    return n_neutralizers > FLAGGED * n_ids


def _cholesky(
    neutralizers: NDArray[np.float64] | NDArray[np.int8], values: NDArray[np.float64]
) -> Span | None:
    """Return the span of neutralisers that are clearly independent, else None.

    The products of the neutralisers with one another are then inverted, which loses twice the
    digits that a basis would; so this is for well-conditioned ones, which features are.
    """
    n_vectors, n_ids = values.shape
    products, sums = _products(neutralizers, values), values.sum(axis=1)
    bordered = np.empty((n_vectors + 1, n_vectors + 1))
    bordered[:-1, :-1], bordered[-1, :-1], bordered[:-1, -1] = products, sums, sums
    bordered[-1, -1] = n_ids
    if _reciprocal_condition(bordered)[1] < _SOUND:
        return None
    centred = products - np.outer(sums, sums / n_ids)
    scale = np.sqrt(np.diag(centred))
    if _reciprocal_condition(centred / np.outer(scale, scale))[1] < _PLAIN:
        return None
    factor, _ = _reciprocal_condition(centred)
    vectors = values - (sums / n_ids)[:, np.newaxis]
    return Span(vectors=vectors, factor=factor)


def _products(
    neutralizers: NDArray[np.float64] | NDArray[np.int8], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the neutralisers' products with one another.

    Sums of products of small integers are exact in float32, at twice the speed.
    """
    if neutralizers.dtype == np.int8:
        largest = np.abs(values).max(initial=0.0)
        if largest * largest * values.shape[1] < _EXACT:
            small = values.astype(np.float32)
            exact: NDArray[np.float64] = (small @ small.T).astype(np.float64)
            return exact
    products: NDArray[np.float64] = values @ values.T
    return products


def _reciprocal_condition(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return a symmetric matrix's lower Cholesky factor and its reciprocal condition, 0 if none."""
    if not matrix.size:
        return matrix, 1.0
    factor, failed = linalg.lapack.dpotrf(matrix, lower=1)
    if failed or not np.isfinite(matrix).all():
        return factor, 0.0
    norm = float(np.abs(matrix).sum(axis=0).max())
    return factor, float(linalg.lapack.dpocon(factor, norm, uplo="L")[0])


def _orthonormal(values: NDArray[np.float64]) -> Span:
    """Return the span of any neutralisers, as least squares with RCOND sees it."""
    bordered = np.vstack((values, np.ones(values.shape[1])))
    _, singular, directions = linalg.svd(bordered, full_matrices=False, check_finite=False)
    return Span(vectors=directions[singular > RCOND * singular[0]], factor=None)


def _check_width(
    rows: NDArray[np.float64], neutralizers: NDArray[np.float64] | NDArray[np.int8]
) -> None:
    if neutralizers.ndim != 2 or rows.shape[-1] != neutralizers.shape[1]:
        raise DataError(f"rows {rows.shape} do not fit neutralisers {neutralizers.shape}")
