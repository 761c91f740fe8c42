"""CORR, MMC and BMC: one dot product a submission with a vector that the era fixes.

No sum here goes through BLAS: numpy adds a row's products in one fixed order, so the floats do
not depend on the BLAS kernel nor on the rows beside them.
"""

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import DataError
from tasks.core.money import scores
from tasks.core.scoring import ranks

BATCH_ROWS = 512
"""Rows of a book in one batch; its edges never depend on the number of workers."""

_CACHED_ROWS = 16

SCORES = ("corr", "mmc", "bmc")
"""The columns of `score_rows`, in order."""


def batch_edges(n_rows: int) -> list[tuple[int, int]]:
    """Return the half-open row ranges of a book's batches."""
    return [(first, min(first + BATCH_ROWS, n_rows)) for first in range(0, n_rows, BATCH_ROWS)]


def corr(predictions: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each submission's correlation with the target, both to the power 1.5.

    Args:
        predictions: finite values, shape (n_models, n_ids).
        targets: in [0, 1], shape (n_ids,); ids whose target is NaN are left out before ranking.

    Returns:
        Scores in [-1, 1], shape (n_models,); NaN for a constant submission.

    Raises:
        DataError: if the targets have another shape, leave [0, 1], or are constant.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Scores".
    """
    kept = _kept(predictions, targets)
    return _corr(ranks.gauss(predictions[:, kept]), _corr_vector(targets[kept]))


def contribution(
    predictions: NDArray[np.float64],
    reference: NDArray[np.float64],
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what each submission adds to a reference: MMC to the meta-model, BMC to a benchmark.

    Args:
        predictions: finite values, shape (n_models, n_ids).
        reference: the meta-model's or benchmark's predictions, shape (n_ids,); a constant one
            takes nothing away.
        targets: in [0, 1], shape (n_ids,); ids whose target is NaN are left out before ranking.

    Returns:
        Scores, shape (n_models,); 0 for a constant submission.

    Raises:
        DataError: if the targets or the reference have another shape or leave [0, 1].
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Scores".
    """
    kept = _kept(predictions, targets)
    direction = _direction(_reference(reference, kept), targets[kept])
    return _dot(ranks.gauss(predictions[:, kept]), direction)


def score_rows(
    predictions: NDArray[np.float64],
    targets: NDArray[np.float64],
    meta_model: NDArray[np.float64],
    benchmark: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the official scores of some rows of a book.

    Args:
        predictions: finite values, shape (n_models, n_ids).
        targets: in [0, 1], shape (n_ids,); ids whose target is NaN are left out before ranking.
        meta_model: the round's meta-model, shape (n_ids,).
        benchmark: the benchmark blend, shape (n_ids,).

    Returns:
        CORR, MMC and BMC in nano, shape (n_models, 3). A submission that is constant over the
        ids with a target scores 0: intake can refuse one that is constant over all ids, but
        nobody knows before the close which targets will be missing.

    Raises:
        DataError: if targets, meta-model or benchmark cannot be used.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Scores".
    """
    kept = _kept(predictions, targets)
    matured = targets[kept]
    vectors = (
        _corr_vector(matured),
        _direction(_reference(meta_model, kept), matured),
        _direction(_reference(benchmark, kept), matured),
    )
    nanos = np.empty((len(predictions), len(SCORES)), dtype=np.int64)
    # Few rows at a time stay in the processor's cache; rows do not touch each other.
    for first in range(0, len(predictions), _CACHED_ROWS):
        rows = slice(first, first + _CACHED_ROWS)
        nanos[rows] = _nanos(ranks.gauss(predictions[rows, kept]), *vectors)
    return nanos


def _nanos(
    quantiles: NDArray[np.float64],
    corr_vector: NDArray[np.float64],
    *directions: NDArray[np.float64],
) -> list[list[int]]:
    corrs = _corr(quantiles, corr_vector)
    columns = [np.where(np.isnan(corrs), 0.0, corrs)]
    columns += [_dot(quantiles, direction) for direction in directions]
    return [
        [scores.score_nano(float(score)) for score in row] for row in zip(*columns, strict=True)
    ]


def _kept(predictions: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which ids have a target, after checking the targets' shape and range."""
    if targets.ndim != 1 or predictions.ndim != 2 or predictions.shape[1] != targets.size:
        raise DataError(f"predictions {predictions.shape} do not fit targets {targets.shape}")
    kept: NDArray[np.bool_] = ~np.isnan(targets)
    if not kept.any():
        raise DataError("no id has a target yet")
    if targets[kept].min() < 0 or targets[kept].max() > 1:
        raise DataError("targets must lie in [0, 1]")
    return kept


def _reference(reference: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    if reference.shape != kept.shape:
        raise DataError(f"reference {reference.shape} does not fit targets {kept.shape}")
    quantiles: NDArray[np.float64] = ranks.gauss(reference[np.newaxis, kept])[0]
    return quantiles


def _corr_vector(targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the target to the power 1.5, centred, of length one."""
    if targets.min() == targets.max():
        raise DataError("targets are constant, so CORR is undefined")
    powered = ranks.pow15(targets - targets.mean())
    centred = powered - powered.mean()
    vector: NDArray[np.float64] = centred / np.sqrt((centred * centred).sum())
    return vector


def _corr(quantiles: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    powered = ranks.pow15(quantiles)
    centred = powered - powered.mean(axis=1, keepdims=True)
    norms = np.sqrt((centred * centred).sum(axis=1))
    dots = _dot(centred, vector)
    undefined = np.full_like(dots, np.nan)
    corrs: NDArray[np.float64] = np.divide(dots, norms, out=undefined, where=norms > 0)
    return corrs


def _direction(reference: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the target without the reference's part, such that the score is a dot product.

    Taking the part away from the target once is the same as taking it away from every
    submission, for a projection is self-adjoint.
    """
    scaled = 4.0 * targets
    centred = scaled - scaled.mean()
    norm = (reference * reference).sum()
    if norm > 0:
        centred = centred - reference * ((reference * centred).sum() / norm)
    direction: NDArray[np.float64] = centred / targets.size
    return direction


def _dot(rows: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = (rows * vector).sum(axis=1)
    return sums
