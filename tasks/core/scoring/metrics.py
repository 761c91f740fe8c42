"""CORR, MMC and BMC: one dot product a submission with a vector that the era fixes.

No sum here goes through BLAS: products are added in one fixed order, so the floats do not depend
on the BLAS kernel nor on the rows beside them, and a row and its reverse score exactly opposite.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import DataError
from tasks.core.scoring import ordering, ranks, registry
from tasks.core.scoring.registry import Direction

BATCH_ROWS = 512
"""Rows of a book in one batch; its edges never depend on the number of workers."""


def batch_edges(n_rows: int) -> list[tuple[int, int]]:
    """Return the half-open row ranges of a book's batches."""
    return [(first, min(first + BATCH_ROWS, n_rows)) for first in range(0, n_rows, BATCH_ROWS)]


def corr(predictions: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each submission's correlation with the target, both to the power 1.5.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        targets: in [0, 1], shape (n_ids,); ids whose target is NaN are left out before ranking.

    Returns:
        Scores in [-1, 1], shape (n_models,) or (); NaN for a constant submission.

    Raises:
        DataError: if the targets have another shape, leave [0, 1], or are constant.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Scores".
    """
    kept = scorable(predictions, targets)
    found = products(cut(predictions, kept), powered=[corr_vector(targets, kept)])
    return correlations(found).reshape(predictions.shape[:-1])


def contribution(
    predictions: NDArray[np.float64],
    reference: NDArray[np.float64],
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what each submission adds to a reference: MMC to the meta-model, BMC to a benchmark.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        reference: the meta-model's or benchmark's predictions, shape (n_ids,); a constant one
            takes nothing away.
        targets: in [0, 1], shape (n_ids,); ids whose target is NaN are left out before ranking.

    Returns:
        Scores, shape (n_models,) or (); 0 for a constant submission.

    Raises:
        DataError: if the targets or the reference have another shape or leave [0, 1].
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Scores".
    """
    kept = scorable(predictions, targets)
    return project(cut(predictions, kept), contribution_vector(reference, targets, kept))


def score_rows(
    predictions: NDArray[np.float64],
    targets: NDArray[np.float64],
    references: Mapping[str, NDArray[np.float64]],
) -> NDArray[np.int64]:
    """Return the official scores of some rows of a book.

    Args:
        predictions: finite values, shape (n_models, n_ids).
        targets: in [0, 1], shape (n_ids,); ids whose target is NaN are left out before ranking.
        references: `meta_model` and `benchmark`, each of shape (n_ids,).

    Returns:
        The scores of `registry.official` in nano, shape (n_models, n_scores). A submission that
        is constant over the ids with a target scores 0: intake can refuse one that is constant
        over all ids, but nobody knows before the close which targets will be missing.

    Raises:
        DataError: if targets or a reference cannot be used, or one is missing.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Scores".
    """
    official = registry.official()
    kept = scorable(predictions, targets)
    era = _Era(targets=targets, kept=kept, references=references)
    directions = [score.direction(era) for score in official if score.direction is not None]
    columns = _along(cut(predictions, kept), directions)
    nanos = [
        [score.nano(value) for value in column.tolist()]
        for score, column in zip(official, columns, strict=True)
    ]
    return np.array(nanos, dtype=np.int64).T


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Era:
    """What an era fixes of its scores."""

    targets: NDArray[np.float64]
    kept: NDArray[np.bool_]
    references: Mapping[str, NDArray[np.float64]]

    def correlation(self) -> Direction:
        return Direction(vector=corr_vector(self.targets, self.kept), powered=True)

    def contribution(self, reference: str) -> Direction:
        found = self.references.get(reference)
        if found is None:
            raise DataError(f"a score needs the {reference}, which is not given")
        vector = contribution_vector(found, self.targets, self.kept)
        return Direction(vector=vector, powered=False)


def _along(
    predictions: NDArray[np.float64], directions: Sequence[Direction]
) -> list[NDArray[np.float64]]:
    """Return submissions' scores along each direction; 0 for a constant one, all in one pass."""
    plain = [each.vector for each in directions if not each.powered]
    powered = [each.vector for each in directions if each.powered]
    found = products(predictions, plain, powered)
    length = found[:, -1]
    columns = iter(found[:, : len(plain)].T)
    corrs = (
        np.divide(column, length, out=np.zeros(len(found)), where=length > 0)
        for column in found[:, len(plain) : -1].T
    )
    return [next(corrs if each.powered else columns) for each in directions]


def corr_vector(targets: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the vector whose product with powered quantiles is CORR, but for their length.

    Args:
        targets: shape (n_ids,).
        kept: which of them there are.

    Raises:
        DataError: if they are constant.
    """
    known = cut(targets, kept).astype(np.float64, copy=False)
    return _unit(ranks.pow15(known - known.mean()))


def contribution_vector(
    reference: NDArray[np.float64], targets: NDArray[np.float64], kept: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the vector whose product with quantiles is what they add to a reference.

    Args:
        reference: predictions, shape (n_ids,).
        targets: in [0, 1], shape (n_ids,).
        kept: which of them there are.

    Raises:
        DataError: if the reference has another shape.
        SubmissionError: if it is not finite.
    """
    known = cut(targets, kept).astype(np.float64, copy=False)
    return direction(_reference(reference, kept), 4.0 * known)


def correlate(predictions: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the plain correlation of a vector with quantiles to the power 1.5.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        vector: finite values, shape (n_ids,).

    Returns:
        Correlations, shape (n_models,) or (); NaN for a constant submission.

    Raises:
        DataError: if the vector is constant.
        SubmissionError: if a prediction is not finite.
    """
    found = correlations(products(predictions, powered=[_unit(vector)]))
    return found.reshape(predictions.shape[:-1])


def project(predictions: NDArray[np.float64], vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the dot product of a vector with quantiles; shapes as those of `correlate`."""
    return products(predictions, plain=[vector])[:, 0].reshape(predictions.shape[:-1])


def products(
    predictions: NDArray[np.float64],
    plain: Sequence[NDArray[np.float64]] = (),
    powered: Sequence[NDArray[np.float64]] = (),
    quantiles: NDArray[np.float64] | None = None,
    first: int = 0,
) -> NDArray[np.float64]:
    """Return the dot products of vectors with submissions' quantiles, plain or to the power 1.5.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        plain: vectors of shape (n_ids,) for the quantiles.
        powered: vectors of shape (n_ids,) for the quantiles to the power 1.5.
        quantiles: takes the quantiles themselves if given, shape (n_models, n_ids).
        first: the number of the first row in messages, where these are a block of rows.

    Returns:
        First the plain ones, then the powered ones, then the length of the centred powered
        quantiles, shape (n_models, n_plain + n_powered + 1).

    Raises:
        DataError: if a vector has another length.
        SubmissionError: if a prediction is not finite.
    """
    rows = ranks.rows(predictions)
    none, n_ids = np.empty((0, rows.shape[1])), rows.shape[1]
    # The compiled loops check no bounds.
    for vector in (*plain, *powered):
        if vector.shape != (n_ids,):
            raise DataError(f"a vector of shape {vector.shape} does not fit {n_ids} predictions")
    found = np.empty((len(rows), len(plain) + len(powered) + 1))
    left, right = (
        np.stack(group, dtype=np.float64) if group else none for group in (plain, powered)
    )
    wanted = none if quantiles is None else quantiles
    bad_row = ordering.project(rows, ranks.tables(n_ids), left, right, found, wanted)
    ranks.check_finite(bad_row, first)
    return found


def matured(predictions: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which ids have a target, after checking the shapes.

    Args:
        predictions: shape (n_models, n_ids) or (n_ids,).
        targets: shape (n_ids,).

    Raises:
        DataError: if the shapes differ, or no id has a target.
    """
    if targets.ndim != 1 or predictions.ndim not in (1, 2) or predictions.shape[-1] != targets.size:
        raise DataError(f"predictions {predictions.shape} do not fit targets {targets.shape}")
    kept: NDArray[np.bool_] = ~np.isnan(targets)
    if not kept.any():
        raise DataError("no id has a target yet")
    return kept


def direction(reference: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the vector whose dot product with quantiles is what they add to a reference.

    Taking the reference's part away from the targets once is the same as taking it away from
    every submission, for a projection is self-adjoint.

    Args:
        reference: quantiles, shape (n_ids,).
        targets: as they are scored, from 0 to 4 for those in [0, 1], shape (n_ids,).
    """
    centred = targets - targets.mean()
    norm = (reference * reference).sum()
    if norm > 0:
        centred = centred - reference * ((reference * centred).sum() / norm)
    fixed: NDArray[np.float64] = centred / targets.size
    return fixed


def correlations(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return dot products with a vector of length one, divided by the length beside them."""
    lengths = products[:, 1]
    undefined = np.full(len(products), np.nan)
    corrs: NDArray[np.float64] = np.divide(
        products[:, 0], lengths, out=undefined, where=lengths > 0
    )
    return corrs


def scorable(predictions: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which ids have a target, after checking the shapes and the targets' range.

    Raises:
        DataError: if the shapes differ, no id has a target, or one is outside [0, 1].
    """
    kept = matured(predictions, targets)
    known = cut(targets, kept)
    if known.min() < 0 or known.max() > 1:
        raise DataError("targets must lie in [0, 1]")
    return kept


def cut(values: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return rows or a vector over the kept ids alone; the same memory where all are kept."""
    some: NDArray[np.float64] = values if kept.all() else values[..., kept]
    return some


def _reference(reference: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    if reference.shape != kept.shape:
        raise DataError(f"reference {reference.shape} does not fit targets {kept.shape}")
    return ranks.gauss(cut(reference, kept))


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a vector with mean 0, of length one."""
    if vector.min() == vector.max():
        raise DataError("targets are constant, so CORR is undefined")
    centred = vector - vector.mean()
    length = np.sqrt((centred * centred).sum())
    if length == 0:
        raise DataError("targets differ by too little for float64, so CORR is undefined")
    unit: NDArray[np.float64] = centred / length
    return unit
