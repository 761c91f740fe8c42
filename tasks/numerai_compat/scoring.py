"""numerai-tools' `scoring`: pandas in, pandas out, the numbers from the engine.

Bad input is treated as there: a NaN takes its id out of every column, an infinity ranks at the
end, and what cannot be scored raises AssertionError or makes NaN of the column, or of the batch.

Its callers import everything from this one module, so the names of its neighbours are here too.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.scoring import metrics, neutralization, ranks
from tasks.numerai_compat import correlations, frames, transforms
from tasks.numerai_compat.alignment import (
    DEFAULT_MAX_FILTERED_INDEX_RATIO,
    S1,
    S2,
    filter_sort_index,
    filter_sort_index_many,
    filter_sort_top_bottom,
    filter_sort_top_bottom_concat,
    validate_indices,
)
from tasks.numerai_compat.correlations import (
    correlation,
    pearson_correlation,
    sharpe_ratio,
    spearman_correlation,
    tie_broken_rank_correlation,
)
from tasks.numerai_compat.portfolios import (
    alpha,
    generate_neutralized_weights,
    meta_portfolio_contribution,
)
from tasks.numerai_compat.transforms import (
    RANK_METHOD_TYPE,
    center,
    gaussian,
    min_max_normalize,
    neutralize,
    one_hot_encode,
    orthogonalize,
    power,
    rank,
    rank_series,
    stake_weight,
    standardize,
    tie_broken_rank,
    tie_kept_rank,
    tie_kept_rank__gaussianize__neutralize__variance_normalize,
    tie_kept_rank__gaussianize__pow_1_5,
    variance_normalize,
    weight_normalize,
)

__all__ = [
    "DEFAULT_MAX_FILTERED_INDEX_RATIO",
    "RANK_METHOD_TYPE",
    "S1",
    "S2",
    "alpha",
    "center",
    "contribution_scores",
    "correlation",
    "correlation_contribution",
    "feature_neutral_corr",
    "filter_sort_index",
    "filter_sort_index_many",
    "filter_sort_top_bottom",
    "filter_sort_top_bottom_concat",
    "gaussian",
    "generate_neutralized_weights",
    "max_feature_correlation",
    "meta_portfolio_contribution",
    "min_max_normalize",
    "neutral_contribution",
    "neutral_correlation",
    "neutralize",
    "numerai_corr",
    "one_hot_encode",
    "orthogonalize",
    "pearson_correlation",
    "power",
    "rank",
    "rank_series",
    "sharpe_ratio",
    "spearman_correlation",
    "stake_weight",
    "standardize",
    "tie_broken_rank",
    "tie_broken_rank_correlation",
    "tie_kept_rank",
    "tie_kept_rank__gaussianize__neutralize__variance_normalize",
    "tie_kept_rank__gaussianize__pow_1_5",
    "validate_indices",
    "variance_normalize",
    "weight_normalize",
]

_SAME = 1e-13
"""Correlations that differ by less differ by rounding alone."""


def contribution_scores(
    neutral_preds: NDArray[np.float64],
    live_targets: pd.Series,
    predictions: pd.DataFrame,
    top_bottom: int | None = None,
) -> pd.Series:
    """Return each orthogonal column's covariance with the targets, those in [0, 1] taken x 4."""
    if ((live_targets >= 0) & (live_targets <= 1)).all():
        live_targets = live_targets * 4
    centred = center(live_targets)
    if not correlations.is_given(top_bottom):
        scores = (centred.to_numpy() @ neutral_preds) / len(centred)
        return pd.Series(scores, index=predictions.columns)
    dropped = 1 - top_bottom / len(centred)
    scores = []
    for column in neutral_preds.T:
        ends = filter_sort_top_bottom_concat(pd.Series(column, predictions.index), top_bottom)
        ends, opposite = filter_sort_index(ends, centred, dropped)
        scores.append(opposite.to_numpy() @ ends.to_numpy() / (2 * top_bottom))
    return pd.Series(scores, index=predictions.columns)


def correlation_contribution(
    predictions: pd.DataFrame,
    meta_model: pd.Series,
    live_targets: pd.Series,
    top_bottom: int | None = None,
) -> pd.Series:
    """Return MMC: what each submission adds to the meta-model."""
    meta_model, predictions = filter_sort_index(meta_model, predictions)
    live_targets, predictions = filter_sort_index(live_targets, predictions)
    live_targets, meta_model = filter_sort_index(live_targets, meta_model)
    rows, reference = frames.rows(predictions), frames.rows(meta_model)[0]
    if _is_plain(live_targets, top_bottom, reference[np.newaxis]):
        scores = metrics.contribution(rows, reference, frames.floats(live_targets))
        return pd.Series(scores, index=predictions.columns)
    neutral = orthogonalize(ranks.gauss(rows).T, ranks.gauss(reference))
    return contribution_scores(neutral, live_targets, predictions, top_bottom)


def neutral_contribution(
    predictions: pd.DataFrame,
    meta_model: pd.Series,
    neutralizers: pd.DataFrame,
    live_targets: pd.Series,
    top_bottom: int | None = None,
) -> pd.Series:
    """Return MMC of what the neutralizers leave of the submissions and of the meta-model."""
    live_targets, predictions, meta_model, neutralizers = filter_sort_index_many(
        [live_targets, predictions, meta_model, neutralizers]
    )
    rows, reference = frames.rows(predictions), frames.rows(meta_model)[0]
    if _is_plain(live_targets, top_bottom, np.vstack((rows, reference))):
        scores = neutralization.neutral_contribution(
            rows, reference, neutralizers.to_numpy().T, frames.floats(live_targets)
        )
        return pd.Series(scores, index=predictions.columns)
    left, meta = (
        neutralize(transforms.gaussianized(data), neutralizers).to_numpy()
        for data in (predictions, meta_model.to_frame())
    )
    return contribution_scores(
        orthogonalize(left, meta[:, 0]), live_targets, predictions, top_bottom
    )


def numerai_corr(
    predictions: pd.DataFrame,
    targets: pd.Series,
    max_filtered_index_ratio: float = DEFAULT_MAX_FILTERED_INDEX_RATIO,
    top_bottom: int | None = None,
    target_pow15: bool = True,
) -> pd.Series:
    """Return CORR: the correlation of gaussianised ranks and target, both to the power 1.5."""
    kept, predictions = filter_sort_index(targets, predictions, max_filtered_index_ratio)
    frames.require(kept.index.equals(predictions.index))
    target = frames.centred(targets, kept)
    if target_pow15:
        target = power(target.to_frame(), 1.5).iloc[:, 0]
    rows = frames.rows(predictions)
    if target_pow15 and len(kept) == targets.count() and _is_plain(kept, top_bottom):
        return pd.Series(metrics.corr(rows, frames.floats(kept)), index=predictions.columns)
    powered = tie_kept_rank__gaussianize__pow_1_5(predictions)
    return correlations.with_target(powered, target, top_bottom)


def neutral_correlation(
    predictions: pd.DataFrame,
    neutralizers: pd.DataFrame,
    targets: pd.Series,
    max_filtered_index_ratio: float = DEFAULT_MAX_FILTERED_INDEX_RATIO,
    top_bottom: int | None = None,
) -> pd.Series:
    """Return the target's correlation with what neutralizers leave of the gaussianised ranks."""
    kept, predictions, neutralizers = filter_sort_index_many(
        [targets, predictions, neutralizers], max_filtered_index_ratio
    )
    rows = frames.rows(predictions)
    if _is_plain(kept, top_bottom, rows):
        scores = neutralization.neutral_corr(rows, neutralizers.to_numpy().T, frames.floats(kept))
        return pd.Series(scores, index=predictions.columns)
    left = neutralize(transforms.gaussianized(predictions), neutralizers)
    return correlations.with_target(left, frames.centred(targets, kept), top_bottom)


def feature_neutral_corr(
    predictions: pd.DataFrame,
    features: pd.DataFrame,
    targets: pd.Series,
    top_bottom: int | None = None,
) -> pd.Series:
    """Return FNC: CORR of what the features leave of the gaussianised ranks."""
    transforms.check_sorted(predictions)
    transforms.check_neutralizers(predictions, features)
    kept, _ = filter_sort_index(targets, predictions)
    rows = frames.rows(predictions)
    if _is_plain(kept, top_bottom, rows) and targets.index.equals(predictions.index):
        power(frames.centred(targets, kept).to_frame(), 1.5)  # for its check alone
        scores = neutralization.fnc(rows, features.to_numpy().T, frames.floats(targets))
        return pd.Series(scores, index=predictions.columns)
    left = tie_kept_rank__gaussianize__neutralize__variance_normalize(predictions, features)
    return numerai_corr(left, targets, top_bottom=top_bottom)


def max_feature_correlation(
    s: pd.Series, features: pd.DataFrame, top_bottom: int | None = None
) -> tuple[str, float]:
    """Return the name of the feature most correlated with a series, and how much it is."""
    if correlations.is_given(top_bottom):
        found = features.apply(lambda feature: pearson_correlation(feature, s, top_bottom)).abs()
    else:
        validate_indices(s, features)
        found = pd.Series(frames.feature_correlations(s, features), index=features.columns).abs()
    largest = found[found.idxmax()]
    # Of features that say the same the first is named, however their sums were rounded.
    name = found.index[(found >= largest - _SAME).to_numpy().argmax()]
    return str(name), found[name]


def _is_plain(
    targets: pd.Series, top_bottom: int | None, rows: NDArray[np.float64] | None = None
) -> bool:
    """Return whether the engine's own score is numerai-tools': no ends, no special values."""
    if correlations.is_given(top_bottom) or not frames.suits_engine(targets):
        return False
    return rows is None or bool((rows.min(axis=1) < rows.max(axis=1)).all())
