"""What is left of submissions without their linear part in some neutralisers.

Where a score needs only a dot product with what is left, the projection is moved to the other
factor, for it is self-adjoint: then the era's vector is neutralised instead of every submission.
"""

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import DataError
from tasks.core.scoring import features as eras
from tasks.core.scoring import metrics, ranks
from tasks.core.scoring.features import Features, Values

FLAGGED = 0.2
"""More neutralisers than this part of the ids leave a score with little meaning."""

DECIMALS = 12
"""Residuals are rounded to so many decimals before they are ranked: what differs between two
machines, or two batches, in the last bits only must not become an order."""

BLOCK_ROWS = 128
"""Submissions that are neutralised at a time."""


def neutralize(
    rows: NDArray[np.float64],
    neutralizers: Values | Features,
    proportion: float = 1.0,
) -> NDArray[np.float64]:
    """Return rows without (a proportion of) their least-squares part in neutralisers.

    Args:
        rows: finite values, shape (n_models, n_ids) or (n_ids,); not ranked here.
        neutralizers: shape (n_neutralizers, n_ids).
        proportion: how much is taken away, 1 for all.

    Raises:
        DataError: if the ids' number differs or a neutraliser is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    space = eras.prepared(neutralizers, rows.shape[-1]).span
    return space.without(np.atleast_2d(rows), proportion).reshape(rows.shape)


def fnc(
    predictions: NDArray[np.float64],
    features: Values | Features,
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return feature-neutral CORR: that of what features leave of a submission's quantiles.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        features: shape (n_features, n_ids), prepared where several calls share them.
        targets: in [0, 1] or NaN, shape (n_ids,). Submissions are neutralised over all ids and
            then ranked again over those with a target.

    Returns:
        Scores, shape (n_models,) or (); NaN for a submission that is constant, or that the
        features explain wholly.

    Raises:
        DataError: if shapes differ, or features or targets cannot be used.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    prepared = eras.prepared(features, predictions.shape[-1])
    values = ranks.rows(predictions)
    scores = np.empty(len(values))
    # A block of rows at a time stays in the processor's cache, and in memory that is there.
    memory = np.empty((2, min(BLOCK_ROWS, len(values)), values.shape[1]))
    for first in range(0, len(values), BLOCK_ROWS):
        rows = values[first : first + BLOCK_ROWS]
        quantiles, order = memory[:, : len(rows)]
        metrics.products(rows, quantiles=quantiles, first=first)
        prepared.span.write_order_without(quantiles, DECIMALS, order)
        scores[first : first + BLOCK_ROWS] = metrics.corr(order, targets)
    return scores.reshape(predictions.shape[:-1])


def neutral_corr(
    predictions: NDArray[np.float64],
    neutralizers: Values | Features,
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the plain correlation of neutralised quantiles with the target.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        neutralizers: shape (n_neutralizers, n_ids).
        targets: finite or NaN, shape (n_ids,); ids without one are left out before ranking.

    Returns:
        Scores in [-1, 1], shape (n_models,) or (); NaN where the neutralisers leave nothing.

    Raises:
        DataError: if shapes differ, or the neutralisers or targets cannot be used.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    kept = metrics.matured(predictions, targets)
    if np.isinf(targets).any():
        raise DataError("targets must be finite or NaN")
    space = _cut(eras.prepared(neutralizers, kept.size), kept).span
    rest = space.without(ranks.gauss(ranks.rows(predictions[..., kept])))
    centred = targets[kept] - targets[kept].mean()
    lengths = np.sqrt((rest * rest).sum(axis=1) * (centred * centred).sum())
    undefined = np.full(len(rest), np.nan)
    # Where nothing but rounding is left of a row of quantiles there is nothing to correlate.
    some = lengths > 10.0**-DECIMALS * kept.sum()
    scores: NDArray[np.float64] = np.divide(
        (rest * centred).sum(axis=1), lengths, out=undefined, where=some
    )
    return scores.reshape(predictions.shape[:-1])


def neutral_contribution(
    predictions: NDArray[np.float64],
    reference: NDArray[np.float64],
    neutralizers: Values | Features,
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what submissions add to a reference once both are neutralised.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        reference: such as the meta-model, shape (n_ids,).
        neutralizers: shape (n_neutralizers, n_ids).
        targets: in [0, 1] or NaN, shape (n_ids,); ids without one are left out before ranking.

    Returns:
        Scores, shape (n_models,) or ().

    Raises:
        DataError: if shapes differ, or the neutralisers, the reference or targets cannot be used.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    kept = metrics.scorable(predictions, targets)
    if reference.shape != kept.shape:
        raise DataError(f"reference {reference.shape} does not fit targets {kept.shape}")
    space = _cut(eras.prepared(neutralizers, kept.size), kept).span
    neutral = space.without(ranks.gauss(reference[kept])[np.newaxis])[0]
    direction = metrics.direction(neutral, 4.0 * targets[kept])
    fixed = space.without(direction[np.newaxis])[0]
    return metrics.project(predictions[..., kept], fixed)


def too_many(n_neutralizers: int, n_ids: int) -> bool:
    """Return whether there are so many neutralisers that what they leave means little."""
    return n_neutralizers > FLAGGED * n_ids


def _cut(features: Features, kept: NDArray[np.bool_]) -> Features:
    """Return features of the ids that have a target."""
    return features if kept.all() else Features(features.values[:, kept])
