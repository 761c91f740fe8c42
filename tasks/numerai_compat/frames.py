"""Between pandas and the engine's rows: what the layer needs of indices and values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.scoring import exposure


def require(holds: object, message: str = "") -> None:
    """Raise the AssertionError that callers of numerai-tools catch, unless something holds.

    An `assert` would vanish under `python -O`.
    """
    if not holds:
        raise AssertionError(message)


def has_missing(data: pd.DataFrame | pd.Series) -> bool:
    """Return whether any value is NaN."""
    return bool(data.isna().to_numpy().any())


def is_finite(data: pd.DataFrame | pd.Series) -> bool:
    """Return whether there are values and all are finite numbers of numpy."""
    values = data.to_numpy()
    return values.dtype.kind in "fi" and values.size > 0 and bool(np.isfinite(values).all())


def common_ids(inputs: Sequence[Any]) -> pd.Index:
    """Return the ids that all inputs have without a NaN, each once, in no certain order."""
    ids = _complete_ids(inputs[0])
    for data in inputs[1:]:
        ids = ids.intersection(_complete_ids(data))
    return ids


def pick(data: Any, ids: pd.Index) -> Any:
    """Return the entries of some ids, sorted by id; it shares no memory that can be written."""
    if data.index.equals(ids):
        # The usual case: looking up every id again would cost more than scoring.
        return data.sort_index()
    return data.loc[ids].sort_index()


def rows(data: pd.DataFrame | pd.Series) -> NDArray[np.float64]:
    """Return each column as a row of finite numbers, shape (n_columns, n_ids).

    Args:
        data: without NaN; a series is one row. The engine refuses infinities where numerai-tools
            ranks them at the ends, so a frame that holds any is replaced by its ranks: the same
            order and the same ties.
    """
    values = np.atleast_2d(data.to_numpy(dtype=np.float64).T)
    if not np.isfinite(values).all():
        values = np.atleast_2d(data.rank().to_numpy(dtype=np.float64).T)
    return values


def floats(s: pd.Series) -> NDArray[np.float64]:
    """Return a series' values, shape (n_ids,)."""
    values: NDArray[np.float64] = s.to_numpy(dtype=np.float64)
    return values


def centred(targets: pd.Series, kept: pd.Series) -> pd.Series:
    """Return some of the targets less the mean of all, also of those that are not kept."""
    return kept - targets.mean()


def like(values: NDArray[np.float64], data: Any) -> Any:
    """Return rows, shape (n_columns, n_ids), with index, columns and name of other data."""
    if isinstance(data, pd.Series):
        return pd.Series(values[0], index=data.index, name=data.name)
    return pd.DataFrame(values.T, index=data.index, columns=data.columns)


def is_double(targets: pd.Series) -> bool:
    """Return whether numerai-tools centres targets in double precision, as the engine does.

    Those of float32 it centres in float32, and that shows in the scores.
    """
    return targets.dtype in (np.float64, np.int64)


def suits_engine(targets: pd.Series) -> bool:
    """Return whether targets are what every score of the engine takes: in [0, 1], not constant."""
    if not is_double(targets):
        return False
    low, high = targets.min(), targets.max()
    return bool(0 <= low < high <= 1)


def correlations(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Pearson's correlation of rows with one vector, or with the rows of the same place.

    Args:
        left: shape (n_rows, n_ids).
        right: shape (n_ids,) or (n_rows, n_ids).

    Returns:
        Values in [-1, 1], shape (n_rows,); NaN where either is constant or not finite.
    """
    # What is constant or infinite becomes NaN, as everywhere in numerai-tools.
    with np.errstate(invalid="ignore", divide="ignore"):
        left = left - left.mean(axis=-1, keepdims=True)
        right = right - right.mean(axis=-1, keepdims=True)
        lengths = np.sqrt((left * left).sum(axis=-1)) * np.sqrt((right * right).sum(axis=-1))
        found: NDArray[np.float64] = np.clip((left * right).sum(axis=-1) / lengths, -1.0, 1.0)
    return found


def feature_correlations(s: pd.Series, features: pd.DataFrame) -> NDArray[np.float64]:
    """Return a series' correlation with each feature; NaN where one of both is not finite."""
    row, columns = s.to_numpy(dtype=np.float64), features.to_numpy().T
    if columns.dtype == object:
        # Nullable types and mixed ones.
        columns = columns.astype(np.float64)
    if np.isfinite(row).all() and np.isfinite(columns).all():
        return exposure.feature_correlations(row, columns)
    return correlations(columns.astype(np.float64), row)


def _complete_ids(data: Any) -> pd.Index:
    """Return the ids of the entries without NaN."""
    missing = data.isna().to_numpy()
    if not missing.any():
        return data.index
    return data.index[~(missing.any(axis=1) if missing.ndim == 2 else missing)]
