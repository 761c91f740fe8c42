"""Walk-forward benchmark predictions: one LightGBM a target, and their blend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tasks.adapters.executors import Executor
from tasks.core.data import purge, ranking
from tasks.core.data.arrays import Bins, Floats
from tasks.core.data.targets import HORIZONS

BLEND = "benchmark"
"""The column that BMC is measured against."""

COLUMNS = (*(f"benchmark_{name}" for name in HORIZONS), BLEND)

_PARAMETERS = {
    "objective": "regression",
    "learning_rate": 0.05,
    "max_depth": 4,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 1,
    "verbose": -1,
}
_TREES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The rows of all eras in two .npy files, and how they divide into eras.

    `features` holds int8, shape (n_rows, n_features); `targets` float32, one column a horizon.
    Era i has the rows `starts[i]` to `starts[i + 1]`; `ends[name][i]` is its target_end_era.
    """

    features: str
    targets: str
    eras: Sequence[str]
    starts: Sequence[int]
    ends: Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One fit: learn from the rows before `train_stop`, predict those of one block."""

    features: str
    targets: str
    column: int
    train_stop: int
    start: int
    stop: int


def predict(matrix: Matrix, executor: Executor, known: Floats | None = None) -> Floats:
    """Return the benchmark columns of every row.

    Each era's predictions are ranked to (0, 1); the blend is the mean of their gaussianised
    ranks, ranked again.

    Args:
        matrix: features and targets of all eras.
        executor: where the fits run.
        known: the columns of the first eras' rows, from when there were no more; they are kept.

    Returns:
        Shape (n_rows, len(COLUMNS)); NaN in eras without enough eras to learn from.
    """
    done = 0 if known is None else len(known)
    fits = [replace(fit, start=max(fit.start, done)) for fit in plan(matrix) if fit.stop > done]
    values = np.full((matrix.starts[-1], len(COLUMNS)), np.nan)
    parts = executor.map(fit_block, fits, key="benchmarks")
    for fit, part in zip(fits, parts, strict=True):
        values[fit.start : fit.stop, fit.column] = part
    for start, stop in zip(matrix.starts[:-1], matrix.starts[1:], strict=True):
        if start >= done:
            values[start:stop] = _ranked(values[start:stop])
    if known is not None:
        values[:done] = known
    return values


def plan(matrix: Matrix) -> list[Fit]:
    """Return every fit: a block of eras for each target, purged by dates.

    The blocks are those of the longest target, so that all columns begin together. A block that
    is not full yet is fitted to the same rows when it is: what it learns from ends before it.
    """
    longest = max(HORIZONS, key=lambda name: HORIZONS[name])
    fits = []
    for block in purge.refit_blocks(matrix.ends[longest], matrix.eras):
        for column, name in enumerate(HORIZONS):
            learnt = purge.train_eras(matrix.ends[name], matrix.eras, matrix.eras[block.start])
            fit = Fit(
                features=matrix.features,
                targets=matrix.targets,
                column=column,
                # Targets end in the order of their eras, so these are the first rows.
                train_stop=matrix.starts[learnt[-1] + 1],
                start=matrix.starts[block.start],
                stop=matrix.starts[block.stop],
            )
            fits.append(fit)
    return fits


def fit_block(fit: Fit) -> Floats:
    """Fit one model and return its predictions, shape (stop - start,)."""
    # Imported here: it takes a second, and every process that only looks at a home comes by.
    import lightgbm

    features: Bins = np.load(fit.features, mmap_mode="r")
    targets = np.load(fit.targets, mmap_mode="r")[: fit.train_stop, fit.column]
    known = np.isfinite(targets)
    data = lightgbm.Dataset(features[: fit.train_stop][known], targets[known])
    model = lightgbm.train(_PARAMETERS, data, num_boost_round=_TREES)
    return np.asarray(model.predict(features[fit.start : fit.stop]), dtype=np.float64)


def _ranked(values: Floats) -> Floats:
    """Rank one era's predictions and add the blend."""
    single = values[:, : len(HORIZONS)]
    if not np.isfinite(single).all():
        return np.full(values.shape, np.nan)
    columns = [ranking.uniform_ranks(column) for column in single.T]
    blend = np.mean([ranking.gaussian_ranks(column) for column in single.T], axis=0)
    return np.column_stack([*columns, ranking.uniform_ranks(blend)])
