"""Ranks of predictions and what the scores make of them, one submission a row."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tasks.core.errors import SubmissionError
from tasks.core.scoring import ordering

DECIMALS = 10
"""Standardised values are rounded to so many decimals before they are ranked."""


def rows(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return predictions as the rows that the compiled loops take.

    Args:
        predictions: shape (n_models, n_ids), or (n_ids,) for one submission.

    Returns:
        The same values, shape (n_models, n_ids), and the same memory where that is possible.

    Raises:
        SubmissionError: if there are no ids, or more than can be ranked.
    """
    shaped = np.atleast_2d(predictions)
    if shaped.ndim != 2 or not 0 < shaped.shape[1] <= ordering.MAX_IDS:
        raise SubmissionError(f"predictions of shape {predictions.shape}: need (models, ids)")
    # Memory of another kind (mapped, read-only) would have every loop compiled once more.
    values: NDArray[np.float64] = np.require(shaped, np.float64, ["C", "W"]).view(np.ndarray)
    return values


def check_finite(bad_row: int, first: int = 0) -> None:
    """Raise for a row in which a loop has met a value that is not finite.

    Args:
        bad_row: the row, -1 for none.
        first: the number of the loop's first row, where it has seen a block of rows only.

    Raises:
        SubmissionError: if there is one.
    """
    if bad_row >= 0:
        raise SubmissionError(f"row {first + bad_row} holds a value that is not finite")


def average_rank(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each row's ranks from 1 to n_ids; ties share their mean rank.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,); rows do not touch each
            other.

    Raises:
        SubmissionError: if a value is not finite or there are no ids.
    """
    halves: NDArray[np.float64] = doubled(predictions) * np.float64(0.5)
    return halves


def doubled(predictions: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return twice the average ranks, which are integers; arguments as of `average_rank`."""
    values = rows(predictions)
    ranks = np.empty(values.shape, np.int64)
    check_finite(ordering.doubled_ranks(values, ranks))
    return ranks.reshape(predictions.shape)


def rank(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (average rank - 1/2) / n_ids of each row, in (0, 1); arguments as `average_rank`."""
    ranks: NDArray[np.float64] = (doubled(predictions) - 1) / (2.0 * predictions.shape[-1])
    return ranks


def gauss(predictions: NDArray[np.float64], first: int = 0) -> NDArray[np.float64]:
    """Return the normal quantiles of each row's ranks.

    A row and the same row in reverse order (p and 1 - p) give exactly opposite numbers.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        first: the number of the first row in messages, where these are a block of rows.

    Raises:
        SubmissionError: if a value is not finite or there are no ids.

    Source: docs/protocol.md, "Scores".
    """
    values = rows(predictions)
    out = np.empty(values.shape)
    check_finite(ordering.look_up(values, tables(values.shape[1])[0], out), first)
    return out.reshape(predictions.shape)


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
    return rank(centred)


@lru_cache(maxsize=8)
def tables(n_ids: int) -> NDArray[np.float64]:
    """Return what ranks of so many ids become, so that no quantile is computed twice.

    Returns:
        The normal quantiles of (rank - 1/2) / n_ids, exactly antisymmetric, and the same to the
        power 1.5; shape (2, 2 n_ids + 1). The whole ranks 1 to n_ids come first, then the ranks
        1/2 to n_ids + 1/2: average ranks are multiples of 1/2, ties or not.
    """
    lower = special.ndtri(np.arange(n_ids) / (2.0 * n_ids))
    quantiles = np.concatenate((lower, [0.0], -lower[::-1]))
    ordered = np.concatenate((quantiles[1::2], quantiles[::2]))
    return np.stack((ordered, pow15(ordered)))
