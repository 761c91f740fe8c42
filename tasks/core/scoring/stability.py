"""How much a submission moves from one era to the next: churn, turnover and their penalty."""

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import InputError, SubmissionError
from tasks.core.scoring import neutralization, ranks

_MOST_CHURN = 2.0


def churn(
    now: NDArray[np.float64], before: NDArray[np.float64], top_bottom: int | None = None
) -> NDArray[np.float64]:
    """Return 1 - the rank correlation of each row with the same row before.

    Twice the ranks are integers, and so are all the sums: an unchanged order churns by exactly
    0, a reversed one by exactly 2.

    Args:
        now: finite values, shape (n_models, n_ids) or (n_ids,).
        before: the earlier values of the same models and ids, of the same shape.
        top_bottom: if given, the churn is the share of the so many highest and the so many
            lowest ids that are new there; of equal values the earlier id counts as the lower.

    Returns:
        Churn in [0, 2] (with `top_bottom` in [0, 1]), shape (n_models,) or (); NaN where a row
        is constant and there is no `top_bottom`.

    Raises:
        SubmissionError: if the shapes differ or a value is not finite.
        InputError: if `top_bottom` is not between 1 and the number of ids.

    Source: docs/protocol.md, "Further scores".
    """
    rows, earlier = _pair(now, before)
    if top_bottom is None:
        churned = 1.0 - _correlation(ranks.average_rank(rows), ranks.average_rank(earlier))
    else:
        churned = _new_at_the_ends(rows, earlier, top_bottom)
    return churned.reshape(now.shape[:-1])


def neutral_churn(
    now: NDArray[np.float64],
    before: NDArray[np.float64],
    neutralizers_now: NDArray[np.float64] | NDArray[np.int8],
    neutralizers_before: NDArray[np.float64] | NDArray[np.int8],
) -> NDArray[np.float64]:
    """Return the churn of what neutralisers leave of the gaussianised ranks.

    Args:
        now: finite values, shape (n_models, n_ids) or (n_ids,).
        before: the earlier values of the same models and ids, of the same shape.
        neutralizers_now: finite values, shape (n_neutralizers, n_ids).
        neutralizers_before: those of the earlier era; their number may differ.

    Returns:
        Churn in [0, 2], shape (n_models,) or (); NaN where nothing is left of a row.

    Raises:
        DataError: if the neutralisers do not fit or are not finite.
        SubmissionError: if the shapes differ or a value is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    rows, earlier = _pair(now, before)
    left = _residuals(rows, neutralizers_now)
    left_before = _residuals(earlier, neutralizers_before)
    return churn(left, left_before).reshape(now.shape[:-1])


def neutral_churn_penalty(
    churned: NDArray[np.float64] | float, threshold: float = 0.1, scaling_factor: float = 10.0
) -> NDArray[np.float64]:
    """Return the share of a positive payout that is left after a neutral churn.

    It is min(1, 2 / (1 + exp(scaling_factor (churn - threshold)))); burns are not changed by it.

    Args:
        churned: neutral churn in [0, 2], of any shape.
        threshold: churn up to which everything is left, in [0, 2].
        scaling_factor: how fast the share falls beyond, above 0.

    Returns:
        Shares in (0, 1], of the shape of the churn.

    Raises:
        InputError: if an argument is outside its range or not finite.

    Source: docs/protocol.md, "Further scores".
    """
    values = np.asarray(churned, dtype=np.float64)
    for name, given in (("neutral churn", values), ("threshold", np.asarray(threshold))):
        if not ((given >= 0) & (given <= _MOST_CHURN)).all():
            raise InputError(f"{name} must lie in [0, 2]")
    if not (np.isfinite(scaling_factor) and scaling_factor > 0):
        raise InputError(f"scaling factor {scaling_factor} must be finite and above 0")
    # exp of nothing positive: it cannot overflow, however steep the curve is.
    decay = np.exp(-scaling_factor * np.maximum(values - threshold, 0.0))
    shares: NDArray[np.float64] = 2.0 * decay / (1.0 + decay)
    return shares


def turnover(
    weights: NDArray[np.float64], weights_before: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return half of the sum of each row's absolute changes.

    Args:
        weights: portfolio weights, finite, shape (n_models, n_ids) or (n_ids,); see
            `portfolio.unit_weights`.
        weights_before: the earlier weights on the same ids, 0 where an id was not held.

    Returns:
        Turnover, not negative, shape (n_models,) or ().

    Raises:
        SubmissionError: if the shapes differ or a weight is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    rows, earlier = _pair(weights, weights_before)
    if not np.isfinite(rows).all() or not np.isfinite(earlier).all():
        raise SubmissionError("a weight is not finite")
    turned: NDArray[np.float64] = np.abs(rows - earlier).sum(axis=1) / 2.0
    return turned.reshape(weights.shape[:-1])


def _pair(
    now: NDArray[np.float64], before: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if now.shape != before.shape:
        raise SubmissionError(
            f"rows of shape {now.shape} cannot be compared with earlier ones of {before.shape}"
        )
    return np.atleast_2d(now), np.atleast_2d(before)


def _correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlation of ranks, row by row; NaN for a constant row."""
    mean_rank = (left.shape[1] + 1) / 2.0
    left, right = left - mean_rank, right - mean_rank
    squares = (left * left).sum(axis=1) * (right * right).sum(axis=1)
    undefined = np.full(len(left), np.nan)
    dots = (left * right).sum(axis=1)
    found: NDArray[np.float64] = np.divide(dots, np.sqrt(squares), out=undefined, where=squares > 0)
    return found


def _new_at_the_ends(
    rows: NDArray[np.float64], earlier: NDArray[np.float64], top_bottom: int
) -> NDArray[np.float64]:
    if not 1 <= top_bottom <= rows.shape[1]:
        raise InputError(f"top_bottom {top_bottom} must be between 1 and {rows.shape[1]} ids")
    if not np.isfinite(rows).all() or not np.isfinite(earlier).all():
        raise SubmissionError("a row holds a value that is not finite")
    order, order_before = (np.argsort(each, axis=1, kind="stable") for each in (rows, earlier))
    stayed = np.zeros(len(rows))
    for end in (slice(None, top_bottom), slice(-top_bottom, None)):
        held = np.zeros(rows.shape, dtype=bool)
        np.put_along_axis(held, order_before[:, end], values=True, axis=1)
        stayed += np.take_along_axis(held, order[:, end], axis=1).sum(axis=1) / top_bottom
    return 1.0 - stayed / 2.0


def _residuals(
    rows: NDArray[np.float64], neutralizers: NDArray[np.float64] | NDArray[np.int8]
) -> NDArray[np.float64]:
    """Return what neutralisers leave of the gaussianised ranks, rounded to 1e-10.

    What differs in the last bits only must not become an order; where they leave nothing, the
    row is then constant.
    """
    left = neutralization.neutralize(ranks.gauss(rows), neutralizers)
    return np.round(left, ranks.DECIMALS)
