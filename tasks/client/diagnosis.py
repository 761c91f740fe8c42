"""Everything that one prediction column shows over some eras: a validation report in figures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.client import scorecards
from tasks.client.score_tables import EraRows, Progress, Scorable
from tasks.client.scorecards import Notes, Scorecard
from tasks.core import wording
from tasks.core.errors import DataError, InputError
from tasks.core.scoring import metrics, originality, registry, statistics, summaries
from tasks.core.scoring.statistics import Mean
from tasks.core.scoring.summaries import Summary

SCORES = registry.titles()
"""The figures of an era that a model is scored by, and how they are written."""

LEVELS = {
    "benchmark_correlation": "correlation with the benchmark",
    "meta_model_correlation": "correlation with the meta-model",
    "max_feature_correlation": "highest |correlation| with a feature",
    "mean_feature_correlation": "mean |correlation| with the features",
}
"""The other figures of an era that have a mean."""

_INDEPENDENT = 20
_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class EraFigures:
    """One era's figures; None where there is none."""

    era: str
    n_ids: int
    corr: float | None
    mmc: float | None
    bmc: float | None
    fnc: float | None
    benchmark_correlation: float | None
    meta_model_correlation: float | None
    max_feature: str | None
    max_feature_correlation: float | None
    mean_feature_correlation: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureFigures:
    """A feature's correlation with the predictions over the eras."""

    feature: str
    mean: Mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One model's figures era by era, and what they come to.

    Attributes:
        model: the column's name.
        overlap: how many later eras share an era's target window.
        eras: the eras that could be scored, in order.
        features: every feature, that with the largest mean correlation first.
        notes: what a reader must know, a line each.
    """

    model: str
    overlap: int
    eras: list[EraFigures]
    features: list[FeatureFigures]
    notes: list[str]

    def series(self, name: str) -> NDArray[np.float64]:
        """Return a figure of every era, shape (n_eras,); NaN where there is none."""
        values = [getattr(era, name) for era in self.eras]
        return np.array([np.nan if value is None else value for value in values])

    def known(self, name: str) -> NDArray[np.float64]:
        """Return a figure of the eras that have it."""
        values = self.series(name)
        return values[~np.isnan(values)]

    def summary(self, name: str) -> Summary | None:
        """Return what a score comes to; None without any."""
        values = self.known(name)
        return summaries.summarise(values, self.overlap) if values.size else None

    def mean(self, name: str) -> Mean | None:
        """Return the mean of a figure; None without any."""
        values = self.known(name)
        return statistics.mean_of(values, self.overlap) if values.size else None

    def cumulative(self, name: str) -> NDArray[np.float64]:
        """Return the sums of a score up to each era, shape (n_eras,); none adds nothing."""
        sums: NDArray[np.float64] = np.nancumsum(self.series(name))
        return sums

    def cumulative_errors(self, name: str) -> NDArray[np.float64]:
        """Return the errors of the sums, shape (n_eras,); NaN as long as there are too few.

        Each is the error of the mean of the scores so far, times their number.
        """
        values = self.series(name)
        errors = np.full(values.size, np.nan)
        for count in range(statistics.FEWEST, values.size + 1):
            so_far = values[:count][~np.isnan(values[:count])]
            if so_far.size >= statistics.FEWEST:
                error = statistics.mean_of(so_far, self.overlap).error
                errors[count - 1] = np.nan if error is None else error * so_far.size
        return errors

    def drawdown(self) -> NDArray[np.float64]:
        """Return each era's loss from the peak of compounded CORR, shape (n_eras,), in [-1, 0]."""
        returns = np.maximum(1.0 + np.nan_to_num(self.series("corr")), 0.0)
        curve = np.cumprod(returns)
        losses: NDArray[np.float64] = curve / np.maximum.accumulate(np.maximum(curve, 1.0)) - 1.0
        return losses

    def to_json(self) -> dict[str, Any]:
        """Return all figures as they stand in the JSON file."""
        scores = {name: self.summary(name) for name in SCORES}
        levels = {name: self.mean(name) for name in LEVELS}
        summary: dict[str, Any] = {
            name: None if found is None else found.to_json() for name, found in scores.items()
        }
        summary |= {
            name: None if found is None else asdict(found) for name, found in levels.items()
        }
        return {
            "model": self.model,
            "overlap": self.overlap,
            "eras": [asdict(era) for era in self.eras],
            "summary": summary,
            "features": [{"feature": f.feature, **asdict(f.mean)} for f in self.features],
            "notes": self.notes,
        }


def diagnose(tables: Scorable, overlap: int, progress: Progress) -> Diagnosis:
    """Score one model in every era that has targets, and correlate it with all that is there.

    Args:
        tables: of exactly one model.
        overlap: how many later eras share an era's target window; 0 for none.
        progress: told of each era.

    Raises:
        DataError: if an era's parts cannot be used, or no era can be scored.
        InputError: if there are several models.
        SubmissionError: if a prediction is not finite.
    """
    if len(tables.models) != 1:
        raise InputError(
            f"a diagnosis is of one model, and there are {len(tables.models)}: "
            f"{wording.listed(tables.models, _NAMED)}; say --prediction-column"
        )
    notes, eras, correlations, names = Notes(), [], [], tables.eras
    for done, name in enumerate(names):
        progress(scorecards.WORK, done, len(names))
        rows = tables.rows(name)
        if (scores := scorecards.score_era(tables, rows, notes)) is not None:
            card = scorecards.cards_of(tables, rows, scores, notes)[0]
            exposures = np.empty(0) if scores.exposures is None else scores.exposures[0]
            correlations.append(exposures)
            eras.append(_figures(card, rows, exposures))
    progress(scorecards.WORK, len(names), len(names))
    if not eras:
        raise DataError(f"no era can be scored: {'; '.join(notes.lines())}")
    for name in tables.unpredicted:
        notes.add("between the first and the last era, not predicted", name)
    found = Diagnosis(
        model=tables.models[0],
        overlap=overlap,
        eras=eras,
        features=_features(tables.features, correlations, overlap),
        notes=notes.lines(),
    )
    found.notes[:0] = _warnings(found)
    return found


def _figures(card: Scorecard, rows: EraRows, exposures: NDArray[np.float64]) -> EraFigures:
    """Return an era's figures: those of its card, and what the card has not."""
    bmc = None
    if rows.benchmark is not None:
        bmc = metrics.contribution(rows.predictions, rows.benchmark, rows.targets)
    found = exposures[~np.isnan(exposures)]
    return EraFigures(
        era=card.era,
        n_ids=int((~np.isnan(rows.targets)).sum()),
        corr=card.corr,
        mmc=card.mmc,
        bmc=scorecards.known(bmc, 0),
        fnc=card.fnc,
        benchmark_correlation=_correlation(rows, rows.benchmark),
        meta_model_correlation=_correlation(rows, rows.meta_model),
        max_feature=card.max_feature,
        max_feature_correlation=card.max_feature_correlation,
        mean_feature_correlation=float(np.abs(found).mean()) if found.size else None,
    )


def _correlation(rows: EraRows, reference: NDArray[np.float64] | None) -> float | None:
    if reference is None:
        return None
    return scorecards.known(originality.corr_with(rows.predictions, reference), 0)


def _features(
    names: Sequence[str], correlations: Sequence[NDArray[np.float64]], overlap: int
) -> list[FeatureFigures]:
    """Return each feature's mean correlation over the eras that have one, the largest first."""
    eras = [row for row in correlations if row.size]
    if not eras:
        return []
    found = []
    for name, column in zip(names, np.array(eras).T, strict=True):
        values = column[~np.isnan(column)]
        if values.size:
            mean = statistics.mean_of(values, overlap)
            found.append(FeatureFigures(feature=name, mean=mean))
    return sorted(found, key=lambda figures: -abs(figures.mean.mean))


def _warnings(diagnosis: Diagnosis) -> list[str]:
    """Return what the number of eras does not allow to say."""
    mean = diagnosis.mean("corr")
    if mean is None:
        return []
    if mean.n_effective is None:
        return [f"too few eras, {mean.n}: under {statistics.FEWEST} no mean has an error"]
    if mean.n_effective < _INDEPENDENT:
        return [
            f"few eras: {mean.n} with an overlap of {diagnosis.overlap} are worth "
            f"{mean.n_effective:.1f} independent ones, and under {_INDEPENDENT} rank no models"
        ]
    return []
