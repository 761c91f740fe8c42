"""Scores and blends of a book's matrix, in batches that a Dask worker maps into its memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import matrices
from tasks.adapters.executors import Executor
from tasks.core.errors import LakeError
from tasks.core.scoring import duplicates, meta_model, metrics, registry


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBatch:
    """Rows of a matrix, and what they are scored against: targets, and references by name."""

    matrix: Path
    first: int
    last: int
    targets: NDArray[np.float64]
    references: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendBatch:
    """Rows of a matrix, and their weights in a blend."""

    matrix: Path
    first: int
    weights: NDArray[np.float64]


def score_matrix(
    executor: Executor,
    matrix: Path,
    targets: NDArray[np.float64],
    references: Mapping[str, NDArray[np.float64]],
    *,
    key: str,
) -> NDArray[np.int64]:
    """Return the official scores of every row.

    Args:
        executor: where the batches run.
        matrix: a .npy file, shape (n_models, n_ids).
        targets: in [0, 1] or NaN, shape (n_ids,).
        references: meta-model and benchmark, each of shape (n_ids,), by name.
        key: names the work on the cluster.

    Returns:
        The official scores in nano, shape (n_models, n_scores), in the rows' order.
    """
    batches = [
        ScoreBatch(matrix=matrix, first=first, last=last, targets=targets, references=references)
        for first, last in metrics.batch_edges(matrices.open_matrix(matrix).shape[0])
    ]
    none = np.empty((0, len(registry.official())), dtype=np.int64)
    return np.concatenate([none, *executor.map(score_batch, batches, key=key)])


def blend_matrix(
    executor: Executor, matrix: Path, weights: NDArray[np.float64], *, key: str
) -> NDArray[np.float64]:
    """Return the weighted blend of every row, as predictions of shape (n_ids,).

    Args:
        executor: where the batches run.
        matrix: a .npy file, shape (n_models, n_ids).
        weights: shape (n_models,).
        key: names the work on the cluster.

    Raises:
        LakeError: if the numbers of rows and weights differ.
    """
    n_models = matrices.open_matrix(matrix).shape[0]
    if weights.shape != (n_models,):
        raise LakeError(f"{matrix} has {n_models} rows but there are {weights.size} weights")
    batches = [
        BlendBatch(matrix=matrix, first=first, weights=weights[first:last])
        for first, last in metrics.batch_edges(n_models)
    ]
    partials: Sequence[NDArray[np.float64]] = executor.map(blend_batch, batches, key=key)
    return meta_model.finish(meta_model.combine(partials))


def rank_digests(executor: Executor, matrix: Path, *, key: str) -> list[bytes | None]:
    """Return the digest of every row's ranks, by which duplicates are found.

    Args:
        executor: where the batches run.
        matrix: a .npy file, shape (n_models, n_ids).
        key: names the work on the cluster.
    """
    edges = metrics.batch_edges(matrices.open_matrix(matrix).shape[0])
    batches = [(matrix, first, last) for first, last in edges]
    return [digest for batch in executor.map(digest_batch, batches, key=key) for digest in batch]


def digest_batch(batch: tuple[Path, int, int]) -> list[bytes | None]:
    """Return the digests of one batch's ranks; the batch is a matrix and its half-open rows."""
    matrix, first, last = batch
    return duplicates.rank_digests(matrices.open_matrix(matrix)[first:last])


def score_batch(batch: ScoreBatch) -> NDArray[np.int64]:
    """Return the official scores of one batch, shape (n_rows, n_scores)."""
    rows = matrices.open_matrix(batch.matrix)[batch.first : batch.last]
    return metrics.score_rows(rows, batch.targets, batch.references)


def blend_batch(batch: BlendBatch) -> NDArray[np.float64]:
    """Return one batch's part of a blend, shape (n_ids,)."""
    rows = matrices.open_matrix(batch.matrix)[batch.first : batch.first + batch.weights.size]
    return meta_model.partial(rows, batch.weights)
