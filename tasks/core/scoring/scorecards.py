"""A batch's scores together, with as few sorts as they need."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.scoring import exposure, metrics, neutralization, ranks
from tasks.core.scoring import features as eras
from tasks.core.scoring.features import Features, Values


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
    kept = metrics.scorable(predictions, targets)
    values = ranks.rows(predictions)
    batch = _Batch(min(len(values), neutralization.BLOCK_ROWS), targets, kept, reference, features)
    corr, mmc, fnc = np.empty((3, len(values)))
    for first in range(0, len(values), neutralization.BLOCK_ROWS):
        block = slice(first, first + neutralization.BLOCK_ROWS)
        corr[block], mmc[block], fnc[block] = batch.score(values[block], first)
    mmc_or_none = None if reference is None else mmc
    if batch.features is None:
        return Scores(corr=corr, mmc=mmc_or_none)
    exposures = exposure.feature_correlations(values, batch.features)
    positions, sizes = exposure.strongest(exposures)
    return Scores(
        corr=corr,
        mmc=mmc_or_none,
        fnc=fnc,
        exposures=exposures,
        max_feature=positions,
        max_feature_correlation=sizes,
    )


class _Batch:
    """What an era's blocks of submissions share: vectors, features and memory."""

    def __init__(
        self,
        n_rows: int,
        targets: NDArray[np.float64],
        kept: NDArray[np.bool_],
        reference: NDArray[np.float64] | None,
        features: Values | Features | None,
    ) -> None:
        self.kept = kept
        self.features = None if features is None else eras.prepared(features, targets.size)
        self._vector = metrics.corr_vector(targets, self.kept)
        self._plain = []
        if reference is not None:
            self._plain = [metrics.contribution_vector(reference, targets, self.kept)]
        self._memory = np.empty((2, 0 if features is None else n_rows, targets.size))

    def score(
        self, rows: NDArray[np.float64], first: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | float]:
        """Return CORR, MMC and FNC of a block, whose first row has this number."""
        quantiles, order = self._memory[:, : len(rows)]
        # FNC takes quantiles over all ids, the others over those with a target.
        shared = self.features is not None and bool(self.kept.all())
        cut = metrics.cut(rows, self.kept)
        found = metrics.products(
            cut, self._plain, [self._vector], quantiles if shared else None, first
        )
        corr, mmc = metrics.correlations(found[:, len(self._plain) :]), found[:, 0]
        if self.features is None:
            return corr, mmc, np.nan
        if not shared:
            metrics.products(rows, quantiles=quantiles, first=first)
        self.features.span.write_order_without(quantiles, neutralization.DECIMALS, order)
        rest = metrics.cut(order, self.kept)
        return corr, mmc, metrics.correlations(metrics.products(rest, powered=[self._vector]))
