"""numerai-tools' work on indices: which ids two or more series share."""

from typing import Any, TypeVar

import numpy as np
import pandas as pd

from tasks.numerai_compat import frames

DEFAULT_MAX_FILTERED_INDEX_RATIO = 0.2
"""So large a share of the ids may be missing on the other side."""

S1 = TypeVar("S1", bound=pd.DataFrame | pd.Series)
S2 = TypeVar("S2", bound=pd.DataFrame | pd.Series)


def filter_sort_index(
    s1: S1, s2: S2, max_filtered_ratio: float = DEFAULT_MAX_FILTERED_INDEX_RATIO
) -> tuple[S1, S2]:
    """Return both with the ids alone that each has without NaN, sorted."""
    ids, least = frames.common_ids([s1, s2]), 1 - max_filtered_ratio
    for name, other, data in (("s1", "s2", s1), ("s2", "s1", s2)):
        frames.require(
            len(ids) / len(data) >= least,
            f"{name} does not have enough overlapping ids with {other},"
            f" must have >= {round(least, 2) * 100}% overlapping ids",
        )
    return frames.pick(s1, ids), frames.pick(s2, ids)


def filter_sort_index_many(
    inputs: list[Any], max_filtered_ratio: float = DEFAULT_MAX_FILTERED_INDEX_RATIO
) -> list[Any]:
    """Return all inputs with the ids alone that each has without NaN, sorted."""
    frames.require(len(inputs) > 0, "List must contain at least one element")
    ids, least = frames.common_ids(inputs), 1 - max_filtered_ratio
    picked = [frames.pick(data, ids) for data in inputs]
    for place, (data, left) in enumerate(zip(inputs, picked, strict=True)):
        frames.require(
            len(left) / len(data) >= least,
            f"inputs[{place}] does not have enough overlapping ids with the others,"
            f" must have >= {round(least, 2) * 100}% overlapping ids",
        )
    return picked


def filter_sort_top_bottom(s: pd.Series, top_bottom: int) -> tuple[pd.Series, pd.Series]:
    """Return the highest and the lowest values, each sorted by id."""
    order = np.argsort(s.to_numpy(), kind="stable")
    ends = (order[-top_bottom:], order[:top_bottom])
    top, bottom = (s.iloc[places].sort_index() for places in ends)
    return top, bottom


def filter_sort_top_bottom_concat(s: pd.Series, top_bottom: int) -> pd.Series:
    """Return the highest and the lowest values in one series, sorted by id."""
    return pd.concat(filter_sort_top_bottom(s, top_bottom)).sort_index()


def validate_indices(live_targets: pd.Series, predictions: pd.Series) -> None:
    """Raise unless both have the same sorted ids and neither a NaN."""
    frames.require(predictions.index.equals(live_targets.index))
    frames.require(predictions.index.is_monotonic_increasing)
    frames.require(not frames.has_missing(predictions))
    frames.require(not frames.has_missing(live_targets))
