"""Score the models of some tables, era by era, and sum up each model over the eras."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.client.score_tables import EraRows, Progress, Scorable
from tasks.core import wording
from tasks.core.errors import DataError, SubmissionError
from tasks.core.scoring import neutralization, scorecards, statistics, summaries
from tasks.core.scoring.scorecards import Scores as EraScores

WORK = "score the eras"

SCORES = ("corr", "mmc", "fnc")
"""The figures of a card that a model is scored by."""

_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """One model's scores in one era; None where there is none."""

    era: str
    model: str
    corr: float | None
    mmc: float | None
    fnc: float | None
    max_feature: str | None
    max_feature_correlation: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the card as it stands in the JSON file."""
        return asdict(self)


@dataclass(slots=True, kw_only=True)
class Notes:
    """What a reader of the scores must know, by what it is: the eras concerned, in order."""

    eras: dict[str, list[str]] = field(default_factory=dict)
    left_out: int = 0

    def add(self, kind: str, era: str) -> None:
        """Note something of an era."""
        self.eras.setdefault(kind, []).append(era)

    def lines(self) -> list[str]:
        """Return one line a note, which names the first eras."""
        lines = []
        for kind, eras in self.eras.items():
            named = wording.listed(eras, _NAMED)
            lines.append(f"{kind}: {wording.counted(len(eras), 'era')} ({named})")
        if self.left_out:
            ids = wording.counted(self.left_out, "id")
            lines.append(f"left out, because predictions and targets differ: {ids}")
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The cards of every scored era and model, by era and then by model, and what to know."""

    models: tuple[str, ...]
    cards: list[Scorecard]
    notes: Notes

    def to_json(self, overlap: int) -> dict[str, Any]:
        """Return all scores, and a summary a model, as they stand in the JSON file."""
        # Every era has a card a model, in the order of the models.
        n_models = len(self.models)
        return {
            "scores": [card.to_json() for card in self.cards],
            "summary": [
                {"model": model, **_summary(self.cards[place::n_models], overlap)}
                for place, model in enumerate(self.models)
            ],
        }


def score(tables: Scorable, progress: Progress) -> Scores:
    """Score every model in every era that has targets.

    Args:
        tables: the models' predictions and what they are scored with.
        progress: told of each era.

    Raises:
        DataError: if an era's parts cannot be used, or no era can be scored.
        SubmissionError: if a prediction is not finite.
    """
    notes, cards, eras = Notes(), [], tables.eras
    for done, era in enumerate(eras):
        progress(WORK, done, len(eras))
        rows = tables.rows(era)
        if (scores := score_era(tables, rows, notes)) is not None:
            cards.extend(cards_of(tables, rows, scores, notes))
    progress(WORK, len(eras), len(eras))
    if not cards:
        raise DataError(f"no era can be scored: {'; '.join(notes.lines())}")
    for era in tables.unpredicted:
        notes.add("between the first and the last era, not predicted", era)
    return Scores(models=tables.models, cards=cards, notes=notes)


def score_era(tables: Scorable, rows: EraRows, notes: Notes) -> EraScores | None:
    """Return the engine's scores of an era; None, and a note, without targets that differ.

    Args:
        tables: where the rows come from.
        rows: of the era.
        notes: added to.

    Raises:
        DataError: if the engine cannot use a part; the message names the era.
    """
    if (reason := _unusable(rows.targets)) is not None:
        notes.add(reason, rows.era)
        return None
    _note(tables, rows, notes)
    try:
        return scorecards.score(rows.predictions, rows.targets, rows.meta_model, rows.features)
    except (DataError, SubmissionError) as error:
        raise type(error)(f"era {rows.era}: {error}") from error


def cards_of(tables: Scorable, rows: EraRows, scores: EraScores, notes: Notes) -> list[Scorecard]:
    """Return one card a model; what a model has no score for is noted."""
    cards = []
    for place, model in enumerate(tables.models):
        card = Scorecard(
            era=rows.era,
            model=model,
            corr=known(scores.corr, place),
            mmc=known(scores.mmc, place),
            fnc=known(scores.fnc, place),
            max_feature=_max_feature(tables, scores, place),
            max_feature_correlation=known(scores.max_feature_correlation, place),
        )
        if card.corr is None:
            notes.add(f"{model} is constant, which has no CORR", rows.era)
        elif card.fnc is None and rows.features is not None:
            notes.add(f"{model} is wholly made of the features, which has no FNC", rows.era)
        cards.append(card)
    return cards


def _summary(cards: Sequence[Scorecard], overlap: int) -> dict[str, Any]:
    """Return what one model's cards come to, by score; None without any."""
    row: dict[str, Any] = {}
    for name in SCORES:
        values = _series(cards, name)
        row[name] = summaries.summarise(values, overlap).to_json() if values.size else None
    values = _series(cards, "max_feature_correlation")
    mean = asdict(statistics.mean_of(values, overlap)) if values.size else None
    return row | {"max_feature_correlation": mean}


def _series(cards: Sequence[Scorecard], name: str) -> NDArray[np.float64]:
    """Return a figure of the cards that have it."""
    values = [getattr(card, name) for card in cards]
    return np.array([value for value in values if value is not None])


def known(values: NDArray[np.float64] | None, place: int) -> float | None:
    """Return one of some scores, None where it is not defined or there are none."""
    if values is None or not np.isfinite(values[place]):
        return None
    return float(values[place])


def _max_feature(tables: Scorable, scores: EraScores, place: int) -> str | None:
    """Return the name of the feature that a model moves with most, None where there is none."""
    if scores.max_feature is None or scores.max_feature[place] < 0:
        return None
    return tables.features[int(scores.max_feature[place])]


def _unusable(targets: NDArray[np.float64]) -> str | None:
    """Return why an era cannot be scored, None if it can."""
    matured = targets[~np.isnan(targets)]
    if matured.size == 0:
        return "skipped, no target yet"
    if matured.min() == matured.max():
        return "skipped, all targets equal"
    return None


def _is_constant(values: NDArray[np.float64] | None) -> bool:
    return values is not None and bool((values == values[0]).all())


def _note(tables: Scorable, rows: EraRows, notes: Notes) -> None:
    notes.left_out += rows.left_out
    missing: Sequence[tuple[str, bool]] = (
        ("no meta-model and no MMC", tables.has("meta-model") and rows.meta_model is None),
        ("no benchmark", tables.has("benchmark") and rows.benchmark is None),
        ("no features and no FNC", tables.has("features") and rows.features is None),
        ("the meta-model is constant, MMC sets nothing aside", _is_constant(rows.meta_model)),
        ("the benchmark is constant, BMC sets nothing aside", _is_constant(rows.benchmark)),
    )
    for kind, holds in missing:
        if holds:
            notes.add(kind, rows.era)
    if rows.features is not None:
        n_features, n_ids = rows.features.shape
        if neutralization.too_many(n_features, n_ids):
            notes.add("more features than a fifth of the ids, FNC says little", rows.era)
