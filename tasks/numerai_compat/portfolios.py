"""numerai-tools' scores of a submission as a portfolio."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.scoring import portfolio
from tasks.numerai_compat import alignment, frames, transforms


def generate_neutralized_weights(
    predictions: pd.DataFrame,
    neutralizers: pd.DataFrame,
    sample_weights: pd.Series,
    center_and_normalize: bool = False,
) -> pd.DataFrame:
    """Return each submission as portfolio weights without exposure to the neutralizers."""
    ids, arrays = _portfolio(predictions, neutralizers, sample_weights)
    weights = frames.pick(frames.like(portfolio.neutral_weights(*arrays), predictions), ids)
    if center_and_normalize:
        weights = transforms.weight_normalize(transforms.center(weights))
    return weights


def alpha(
    predictions: pd.DataFrame,
    neutralizers: pd.DataFrame,
    sample_weights: pd.Series,
    targets: pd.Series,
) -> pd.Series:
    """Return what the neutral weights earn of the centred targets, an id."""
    predictions, kept = alignment.filter_sort_index(predictions, targets)
    ids, arrays = _portfolio(predictions, neutralizers, sample_weights)
    if len(ids) == len(kept) == targets.count() and frames.is_double(kept):
        scores = portfolio.alpha(*arrays, frames.floats(kept))
        return pd.Series(scores, index=predictions.columns)
    weights = generate_neutralized_weights(predictions, neutralizers, sample_weights)
    return weights.T @ frames.centred(targets, kept) / len(kept)


def meta_portfolio_contribution(
    predictions: pd.DataFrame,
    stakes: pd.Series,
    neutralizers: pd.DataFrame,
    sample_weights: pd.Series,
    targets: pd.Series,
) -> pd.Series:
    """Return MPC: the gradient of the stake-weighted portfolio's score by each stake."""
    predictions, targets = alignment.filter_sort_index(predictions, targets)
    shares = transforms.weight_normalize(stakes.fillna(0))
    frames.require(np.isclose(shares.sum(), 1), "Stakes must sum to 1")
    ids, (_, columns, weights) = _portfolio(predictions, neutralizers, sample_weights)
    if len(ids) != len(targets):
        raise ValueError(f"neutralizers and weights for {len(ids)} of {len(targets)} ids")
    rows = frames.rows(predictions[stakes.index])
    centred = frames.floats(transforms.center(targets))
    scores = portfolio.portfolio_contribution(
        rows, frames.floats(shares), columns, weights, centred
    )
    return pd.Series(scores, index=stakes.index)


def _portfolio(
    predictions: pd.DataFrame, neutralizers: pd.DataFrame, sample_weights: pd.Series
) -> tuple[pd.Index, tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """Return the ids that all three have, and the engine's arguments over the predictions' ids.

    Ranks are those among all predictions. An id that the others lack weighs nothing, which is
    the same as leaving it out after ranking.
    """
    frames.require(not frames.has_missing(predictions), "Predictions contain NaNs")
    frames.require(not frames.has_missing(neutralizers), "Normalization factors contain NaNs")
    frames.require(not frames.has_missing(sample_weights), "Weights contain NaNs")
    transforms.check_sorted(predictions)
    kept, neutralizers, sample_weights = alignment.filter_sort_index_many(
        [predictions, neutralizers, sample_weights]
    )
    columns, weights = (
        data.reindex(predictions.index, fill_value=0).to_numpy(dtype=np.float64).T
        for data in (neutralizers, sample_weights)
    )
    return kept.index, (frames.rows(predictions), columns, weights)
