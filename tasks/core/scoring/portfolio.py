"""Scores of a submission as a portfolio: neutral weights, alpha and the meta-portfolio's MPC.

With s the powered rank quantiles, v the sample weights and N the neutralisers, a submission's
weights are A s with A = diag(v) (1 - N' N diag(v)). A equals its own transpose, so that a product
of weights with a vector x is a product of s with A x: one vector serves every submission, and no
weights are ever made for a score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import DataError, SubmissionError
from tasks.core.scoring import metrics, ordering, ranks

Neutralizers = NDArray[np.float64] | NDArray[np.int8]
"""What submissions are made neutral to, one a row: float64, or the bins of features."""

_NOTHING = 1e-12
"""A portfolio shorter than this share of what it was made from is what rounding left."""

_MPC_SCALE = 50.0
"""numerai-tools divides the gradient by it, so that MPC is of the size of the other scores."""


def neutral_weights(
    predictions: NDArray[np.float64],
    neutralizers: Neutralizers,
    sample_weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return each submission as portfolio weights without exposure to the neutralisers.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        neutralizers: finite values, shape (n_neutralizers, n_ids); orthonormal in the metric of
            the sample weights, else some exposure stays.
        sample_weights: finite weights of the ids, shape (n_ids,).

    Returns:
        Weights of the shape of the predictions; zeros for a constant submission.

    Raises:
        DataError: if neutralisers or sample weights do not fit the ids or are not finite.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    metric = _metric(predictions, neutralizers, sample_weights)
    return metric.weigh(ranks.pow15(ranks.gauss(predictions)))


def unit_weights(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights centred over the ids and scaled to an absolute sum of 1.

    Args:
        weights: finite values, shape (n_models, n_ids) or (n_ids,).

    Returns:
        Weights of the same shape, as `stability.turnover` takes them; zeros for weights that are
        all equal.
    """
    centred = weights - weights.mean(axis=-1, keepdims=True)
    sums = np.abs(centred).sum(axis=-1, keepdims=True)
    level = _NOTHING * np.abs(weights).sum(axis=-1, keepdims=True)
    units: NDArray[np.float64] = np.divide(
        centred, sums, out=np.zeros_like(centred), where=sums > level
    )
    return units


def alpha(
    predictions: NDArray[np.float64],
    neutralizers: Neutralizers,
    sample_weights: NDArray[np.float64],
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return what each submission's neutral weights earn of the centred targets, an id.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        neutralizers: finite values, shape (n_neutralizers, n_ids).
        sample_weights: finite weights of the ids, shape (n_ids,).
        targets: of any scale, returns too, shape (n_ids,). Ids whose target is NaN are left out
            of everything, before ranking; neutralisers are then used as they are.

    Returns:
        Scores, shape (n_models,) or (); 0 for a constant submission.

    Raises:
        DataError: if targets, neutralisers or sample weights do not fit the ids, are not finite,
            or no id has a target.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Further scores".
    """
    metric = _metric(predictions, neutralizers, sample_weights)
    kept = _kept(predictions, targets)
    matured = targets[kept]
    direction = metric.only(kept).weigh(matured - matured.mean()) / matured.size
    return _scores(_cut(predictions, kept), direction)


def portfolio_contribution(
    predictions: NDArray[np.float64],
    stakes: NDArray[np.float64] | Sequence[float],
    neutralizers: Neutralizers,
    sample_weights: NDArray[np.float64],
    targets: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the gradient of the stake-weighted portfolio's score by each stake (MPC).

    With w_k a submission's centred weights, p their stake-weighted sum and t the centred
    targets, the portfolio scores p.t / |p|, and the gradient is
    (w_k.t - w_k.p (p.t) / (p.p)) / |p|: one product with a vector that all submissions share.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        stakes: one a submission, not negative, not all zero.
        neutralizers: finite values, shape (n_neutralizers, n_ids).
        sample_weights: finite weights of the ids, shape (n_ids,).
        targets: as `alpha` takes them, shape (n_ids,).

    Returns:
        Scores, shape (n_models,) or (); 0 for a constant submission. All NaN where the staked
        submissions cancel, for then there is no portfolio.

    Raises:
        DataError: as `alpha`.
        SubmissionError: if a prediction is not finite, or the stakes do not fit.

    Source: docs/protocol.md, "Further scores".
    """
    metric = _metric(predictions, neutralizers, sample_weights)
    kept = _kept(predictions, targets)
    shares = _shares(stakes, np.atleast_2d(predictions).shape[0])
    rows = _cut(predictions, kept)
    direction = _gradient(metric.only(kept), _blend(rows, shares), targets[kept])
    return _scores(rows, direction)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Metric:
    """The matrix A of the module's first lines."""

    neutralizers: NDArray[np.float64]
    sample_weights: NDArray[np.float64]

    def only(self, kept: NDArray[np.bool_]) -> "_Metric":
        """Return the same over some of the ids."""
        if kept.all():
            return self
        return _Metric(
            neutralizers=self.neutralizers[:, kept], sample_weights=self.sample_weights[kept]
        )

    def weigh(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return A x for one vector x, or for every row."""
        exposures = (values * self.sample_weights) @ self.neutralizers.T
        weights: NDArray[np.float64] = (
            values - exposures @ self.neutralizers
        ) * self.sample_weights
        return weights


def _metric(
    predictions: NDArray[np.float64],
    neutralizers: Neutralizers,
    sample_weights: NDArray[np.float64],
) -> _Metric:
    n_ids = predictions.shape[-1]
    if neutralizers.ndim != 2 or neutralizers.shape[1] != n_ids:
        raise DataError(f"neutralisers {neutralizers.shape} do not fit {n_ids} ids")
    if sample_weights.shape != (n_ids,):
        raise DataError(f"sample weights {sample_weights.shape} do not fit {n_ids} ids")
    rows = np.asarray(neutralizers, dtype=np.float64)
    if not np.isfinite(rows).all() or not np.isfinite(sample_weights).all():
        raise DataError("neutralisers and sample weights must be finite")
    return _Metric(neutralizers=rows, sample_weights=sample_weights)


def _kept(predictions: NDArray[np.float64], targets: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which ids have a target."""
    kept = metrics.matured(predictions, targets)
    if np.isinf(targets).any():
        raise DataError("targets must be finite or NaN")
    return kept


def _shares(stakes: NDArray[np.float64] | Sequence[float], n_models: int) -> NDArray[np.float64]:
    amounts = np.asarray(stakes, dtype=np.float64).reshape(-1)
    if amounts.size != n_models:
        raise SubmissionError(f"{n_models} models but {amounts.size} stakes")
    if not np.isfinite(amounts).all() or (amounts < 0).any():
        raise SubmissionError("a stake is negative or not finite")
    if not amounts.any():
        raise SubmissionError("total stake is zero, so there is no portfolio")
    shares: NDArray[np.float64] = amounts / amounts.sum()
    return shares


def _blend(predictions: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the stake-weighted sum of the powered quantiles, added in the order of the rows."""
    rows = ranks.rows(predictions)
    total = np.zeros(rows.shape[1])
    powered = ranks.tables(rows.shape[1])[1]
    ranks.check_finite(ordering.add_up(rows, shares, powered, total))
    return total


def _gradient(
    metric: _Metric, blend: NDArray[np.float64], targets: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the vector whose product with a submission's powered quantiles is its MPC."""
    weights = metric.weigh(blend)
    portfolio = weights - weights.mean()
    length = float(np.sqrt((portfolio * portfolio).sum()))
    whole = blend * metric.sample_weights
    if length <= _NOTHING * float(np.sqrt((whole * whole).sum())):
        return np.full(targets.size, np.nan)
    earned = targets - targets.mean()
    earned = earned - portfolio * ((portfolio * earned).sum() / length**2)
    return metric.weigh(earned) / (length * _MPC_SCALE)


def _scores(
    predictions: NDArray[np.float64], direction: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the product of every submission's powered quantiles with one vector."""
    found = metrics.products(predictions, powered=[direction])
    return found[:, 0].reshape(predictions.shape[:-1])


def _cut(predictions: NDArray[np.float64], kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    rows: NDArray[np.float64] = predictions if kept.all() else predictions[..., kept]
    return rows
