"""A batch's scores together, with as few sorts as they need."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.scoring import exposure, metrics, neutralization, ranks
from tasks.core.scoring import features as eras
from tasks.core.scoring.features import Features, Values

_ROWS = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """The scores of some submissions in one era, each of shape (n_models,).

    None stands for what had no reference or features; see the functions of the same names.
    """

    corr: NDArray[np.float64]
    mmc: NDArray[np.float64] | None = None
    fnc: NDArray[np.float64] | None = None
    exposures: NDArray[np.float64] | None = None
    """With each feature, shape (n_models, n_features)."""
    max_feature: NDArray[np.int64] | None = None
    max_feature_correlation: NDArray[np.float64] | None = None


def score(
    predictions: NDArray[np.float64],
    targets: NDArray[np.float64],
    reference: NDArray[np.float64] | None = None,
    features: Values | Features | None = None,
) -> Scores:
    """Return CORR, and with a reference MMC, and with features FNC and the feature exposed to most.

    Args:
        predictions: finite values, shape (n_models, n_ids).
        targets: in [0, 1] or NaN, shape (n_ids,).
        reference: the meta-model or a benchmark, shape (n_ids,).
        features: shape (n_features, n_ids), prepared where several calls share them.

    Raises:
        DataError: if shapes differ, or targets, reference or features cannot be used.
        SubmissionError: if a prediction is not finite.

    Source: docs/protocol.md, "Scores" and "Further scores".
    """
    prepared = None if features is None else eras.prepared(features, predictions.shape[-1])
    kept = metrics.scorable(predictions, targets)
    vector = metrics.corr_vector(targets, kept)
    plain = [] if reference is None else [metrics.contribution_vector(reference, targets, kept)]
    values = ranks.rows(predictions)
    corr, mmc, fnc = np.empty((3, len(values)))
    shared = prepared is not None and bool(kept.all())
    quantiles = np.empty((min(_ROWS, len(values)), values.shape[1])) if shared else None
    for first in range(0, len(values), _ROWS):
        block = slice(first, first + _ROWS)
        rows = values[block]
        taken = None if quantiles is None else quantiles[: len(rows)]
        found = metrics.products(metrics.cut(rows, kept), plain, [vector], taken, first)
        corr[block], mmc[block] = metrics.correlations(found[:, len(plain) :]), found[:, 0]
        if prepared is not None:
            known = ranks.gauss(rows, first) if taken is None else taken
            rest = metrics.cut(neutralization.rounded_rest(known, prepared), kept)
            fnc[block] = metrics.correlations(metrics.products(rest, powered=[vector]))
    if prepared is None:
        return Scores(corr=corr, mmc=mmc if plain else None)
    exposures = exposure.feature_correlations(values, prepared)
    positions, sizes = exposure.strongest(exposures)
    return Scores(
        corr=corr,
        mmc=mmc if plain else None,
        fnc=fnc,
        exposures=exposures,
        max_feature=positions,
        max_feature_correlation=sizes,
    )
