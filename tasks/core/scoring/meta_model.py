"""The meta-model, the stake-weighted blend of a book, and the blends reported beside it.

A blend is made in batches of a book: `partial` for each, `combine` in the order of the batches,
`finish`. Each addition has its place, so the number of workers leaves no trace.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import SubmissionError
from tasks.core.money.units import Wei
from tasks.core.scoring import neutralization, ordering, ranks
from tasks.core.scoring.features import Features, Values


def stake_weights(stakes: Sequence[Wei]) -> NDArray[np.float64]:
    """Return each stake's share of the whole.

    Args:
        stakes: at risk, one a model; 0 for a model that weighs nothing.

    Returns:
        Shares, shape (n_models,); each is the float nearest to the exact quotient.

    Raises:
        SubmissionError: if a stake is negative or all are zero.
    """
    if any(stake < 0 for stake in stakes):
        raise SubmissionError(f"a stake is negative: {min(stakes)}")
    total = sum(stakes)
    if total == 0:
        raise SubmissionError("total stake is zero, so the meta-model is undefined")
    return np.array([float(Fraction(stake, total)) for stake in stakes])


def equal_weights(n_models: int) -> NDArray[np.float64]:
    """Return the same weight for each of some models."""
    if n_models < 1:
        raise SubmissionError("there is no model to blend")
    return np.full(n_models, 1.0 / n_models)


def score_weights(past_scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights in proportion to past mean scores, where these are positive.

    Args:
        past_scores: means over rounds that had resolved, shape (n_models,); NaN for none.

    Returns:
        Weights that sum to 1, shape (n_models,); equal ones if no score is positive.
    """
    floored = np.where(past_scores > 0, past_scores, 0.0)
    total = floored.sum()
    if total == 0:
        return equal_weights(past_scores.size)
    weights: NDArray[np.float64] = floored / total
    return weights


def best(past_scores: NDArray[np.float64]) -> int | None:
    """Return the first row with the highest past mean score, or None where none has one."""
    if np.isnan(past_scores).all():
        return None
    return int(np.nanargmax(past_scores))


def effective_stakers(weights: NDArray[np.float64]) -> float:
    """Return 1 / sum w^2: how many equal stakes would be as concentrated."""
    return 1.0 / float((weights * weights).sum())


def partial(predictions: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted sum of some rows' gaussianised ranks.

    Args:
        predictions: finite values, shape (n_models, n_ids).
        weights: shape (n_models,); finite, not negative.

    Returns:
        The sum, added in the order of the rows, shape (n_ids,).

    Raises:
        SubmissionError: if the shapes differ, or a weight is negative or not finite.
    """
    if weights.shape != predictions.shape[:1]:
        raise SubmissionError(f"{predictions.shape[0]} models but weights {weights.shape}")
    if not (weights >= 0).all() or not np.isfinite(weights).all():
        raise SubmissionError("a weight is negative or not finite")
    rows = ranks.rows(predictions)
    total = np.zeros(rows.shape[1])
    quantiles = ranks.tables(rows.shape[1])[0]
    ranks.check_finite(ordering.add_up(rows, np.ascontiguousarray(weights), quantiles, total))
    return total


def combine(partials: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Add the batches' partial sums in the order of the batches, shape (n_ids,)."""
    if not partials:
        raise SubmissionError("there is no submission to blend")
    total = np.zeros_like(partials[0])
    for part in partials:
        total += part
    return total


def finish(
    total: NDArray[np.float64], neutralizers: Values | Features | None = None
) -> NDArray[np.float64]:
    """Return the blend as predictions again: standardised, rounded to 1e-10, ranked into (0, 1).

    Args:
        total: the combined sum, shape (n_ids,).
        neutralizers: what is taken out of the sum first, shape (n_neutralizers, n_ids).

    Returns:
        Predictions, shape (n_ids,); 1/2 everywhere where the submissions cancel, as a lone
        p / 1 - p pair of equal stakes does.
    """
    if neutralizers is not None:
        total = neutralization.neutralize(total, neutralizers)
    # What the last bits leave of submissions that cancel must not become an order.
    return ranks.ranked(np.round(total, 12))


def median(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of the models' gaussianised ranks as predictions, shape (n_ids,)."""
    if predictions.shape[0] == 0:
        raise SubmissionError("there is no submission to blend")
    middle: NDArray[np.float64] = np.median(ranks.gauss(predictions), axis=0)
    return ranks.ranked(middle)
