"""numerai-tools' plain correlations of two series."""

from typing import TypeGuard

import numpy as np
import pandas as pd

from tasks.core.scoring import ranks
from tasks.numerai_compat import alignment, frames, transforms


def is_given(top_bottom: int | None) -> TypeGuard[int]:
    """Return whether only the highest and the lowest values count."""
    return top_bottom is not None and top_bottom > 0


def correlation(live_targets: pd.Series, predictions: pd.Series) -> float:
    """Return Pearson's correlation."""
    return pearson_correlation(live_targets, predictions)


def tie_broken_rank_correlation(target: pd.Series, predictions: pd.Series) -> float:
    """Return the target's correlation with the ranks of the predictions, ties broken by id."""
    return correlation(target, transforms.rank_series(predictions, "first"))


def spearman_correlation(target: pd.Series, predictions: pd.Series) -> float:
    """Return the correlation of the ranks."""
    alignment.validate_indices(target, predictions)
    left, right = (ranks.average_rank(frames.rows(s)) for s in (target, predictions))
    found: float = frames.correlations(left, right)[0]
    return found


def pearson_correlation(
    target: pd.Series, predictions: pd.Series, top_bottom: int | None = None
) -> float:
    """Return Pearson's correlation, over the highest and the lowest predictions if so asked."""
    if is_given(top_bottom):
        predictions = alignment.filter_sort_top_bottom_concat(predictions, top_bottom)
        target, predictions = alignment.filter_sort_index(
            target, predictions, 1 - top_bottom / len(target)
        )
    alignment.validate_indices(target, predictions)
    left, right = (np.atleast_2d(s.to_numpy(dtype=np.float64)) for s in (target, predictions))
    found: float = frames.correlations(left, right)[0]
    return found


def sharpe_ratio(s: pd.Series) -> float:
    """Return mean over standard deviation, that of a population."""
    ratio: float = np.mean(s) / np.std(s)
    return ratio


def with_target(columns: pd.DataFrame, target: pd.Series, top_bottom: int | None) -> pd.Series:
    """Return the target's correlation with each column."""
    if is_given(top_bottom):
        return columns.apply(lambda column: pearson_correlation(target, column, top_bottom))
    alignment.validate_indices(target, columns)
    rows = columns.to_numpy(dtype=np.float64).T
    return pd.Series(frames.correlations(rows, frames.floats(target)), index=columns.columns)
