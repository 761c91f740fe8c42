"""Ranks of predictions and what the scores make of them, one submission a row."""

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import special

from tasks.core.errors import SubmissionError

_P = ParamSpec("_P")
_R = TypeVar("_R")

# Numba has no types of its own; this says that a compiled loop keeps its signature.
_compiled: Callable[[Callable[_P, _R]], Callable[_P, _R]] = numba.njit(cache=True, nogil=True)

DECIMALS = 10
"""Standardised values are rounded to so many decimals before they are ranked."""


def average_rank(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each row's ranks from 1 to n_ids; ties share their mean rank.

    Args:
        predictions: finite values, shape (n_models, n_ids); rows do not touch each other.

    Raises:
        SubmissionError: if a value is not finite or there are no ids.
    """
    return _doubled(predictions).astype(np.float64) * 0.5


def rank(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (average rank - 1/2) / n_ids of each row, in (0, 1), shape (n_models, n_ids)."""
    doubled = _doubled(predictions)
    ranks: NDArray[np.float64] = (doubled - 1) / (2.0 * doubled.shape[1])
    return ranks


def gauss(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the normal quantiles of each row's ranks.

    A row and the same row in reverse order (p and 1 - p) give exactly opposite numbers.

    Args:
        predictions: finite values, shape (n_models, n_ids).

    Raises:
        SubmissionError: if a value is not finite or there are no ids.

    Source: docs/protocol.md, "Scores".
    """
    doubled = _doubled(predictions)
    quantiles: NDArray[np.float64] = _quantiles(doubled.shape[1])[doubled - 1]
    return quantiles


def pow15(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sign(x) * |x| ** 1.5 of each value.

    Product and square root are correctly rounded everywhere; a power is not.
    """
    return values * np.sqrt(np.abs(values))


def ranked(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standardise one row, round it to 1e-10 and return its ranks in (0, 1).

    The rounding makes ties of what differs between CPUs in the last bits only.

    Args:
        values: finite values, shape (n_ids,).

    Returns:
        Ranks, shape (n_ids,); 1/2 everywhere if the values are constant.

    Raises:
        SubmissionError: if a value is not finite or there are no ids.
    """
    if not np.isfinite(values).all():
        raise SubmissionError("cannot rank values that are not finite")
    centred = values - values.mean()
    spread = centred.std()
    # Equal values can leave a last-bit spread behind, which must not become an order.
    if spread > 1e-14 * np.abs(values).max():
        centred = np.round(centred / spread, DECIMALS)
    else:
        centred = np.zeros_like(values)
    row: NDArray[np.float64] = rank(centred[np.newaxis])[0]
    return row


def _doubled(predictions: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return twice the average ranks, which are integers."""
    if predictions.ndim != 2 or predictions.shape[1] == 0:
        raise SubmissionError(f"predictions of shape {predictions.shape}: need (models, ids)")
    # A copy in one layout: a memory-mapped matrix would have the loop compiled once more.
    values = np.array(predictions, dtype=np.float64, order="C")
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])
        raise SubmissionError(f"row {row} holds a value that is not finite")
    return _doubled_ranks(values, np.argsort(values, axis=1))


@_compiled
def _doubled_ranks(values: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return twice the average ranks of rows, given each row's sorting order."""
    n_rows, n_ids = values.shape
    doubled = np.empty((n_rows, n_ids), np.int64)
    for row in range(n_rows):
        first = 0
        while first < n_ids:
            last = first
            value = values[row, order[row, first]]
            while last + 1 < n_ids and values[row, order[row, last + 1]] == value:
                last += 1
            for place in range(first, last + 1):
                doubled[row, order[row, place]] = first + last + 2
            first = last + 1
    return doubled


@lru_cache(maxsize=8)
def _quantiles(n_ids: int) -> NDArray[np.float64]:
    """Return the quantiles of k / (2 n_ids) for k in 0..2 n_ids, exactly antisymmetric."""
    lower = special.ndtri(np.arange(n_ids) / (2.0 * n_ids))
    table = np.concatenate((lower, [0.0], -lower[::-1]))
    table.setflags(write=False)
    return table
