"""Walk forward over a modeller's data with his own estimator, and score what it predicts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from tasks.adapters import tables
from tasks.client import diagnosis, estimators
from tasks.client.diagnosis import Diagnosis
from tasks.client.era_tables import Numbers
from tasks.client.estimators import Estimator
from tasks.client.fold_data import FoldData
from tasks.client.score_tables import EraRows, Progress
from tasks.core.data import purge
from tasks.core.data.purge import Fold
from tasks.core.errors import DataError
from tasks.core.scoring import statistics
from tasks.core.scoring.statistics import Mean

_BENCHMARK = "benchmark"
_FEATURES = "features"
_WORK = "fit the folds"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldFacts:
    """One fit, by the names of its eras.

    Attributes:
        train: the eras that the fit learned from.
        predicted: the eras that it predicted.
        purged: the earlier eras whose targets had not ended.
        n_rows: rows with a target in `train`.
        corr: mean CORR of the eras predicted, with its error; None where no era has one.
    """

    train: list[str]
    predicted: list[str]
    purged: list[str]
    n_rows: int
    corr: Mean | None

    def to_json(self) -> dict[str, Any]:
        """Return the fold as it stands in the JSON file."""
        return {
            "train_eras": _span(self.train),
            "validation_eras": _span(self.predicted),
            "purged_eras": self.purged,
            "train_rows": self.n_rows,
            "corr": None if self.corr is None else asdict(self.corr),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossValidation:
    """The folds, what their predictions scored, and these predictions by era."""

    folds: list[FoldFacts]
    diagnosis: Diagnosis
    predictions: dict[str, tuple[list[str], NDArray[np.float64]]]

    def to_json(self) -> dict[str, Any]:
        """Return folds and scores as they stand in the JSON file."""
        return {"folds": [fold.to_json() for fold in self.folds], **self.diagnosis.to_json()}

    def predictions_file(self, *, as_csv: bool) -> bytes:
        """Return the out-of-fold predictions as a file with id, era and prediction."""
        ids = [name for names, _ in self.predictions.values() for name in names]
        eras = [era for era, (names, _) in self.predictions.items() for _ in names]
        values = np.concatenate([values for _, values in self.predictions.values()])
        table = tables.table({"id": ids, "era": eras, "prediction": values})
        if not as_csv:
            return tables.table_bytes(table)
        sink = pa.BufferOutputStream()
        csv.write_csv(table, sink)
        return bytes(sink.getvalue())


class _OutOfFold:
    """The out-of-fold predictions as something that can be scored."""

    def __init__(self, model: str, data: FoldData, eras: Sequence[str]) -> None:
        self._model = model
        self._data = data
        self._eras = list(eras)
        self._benchmarked = False
        self.predictions: dict[str, tuple[list[str], NDArray[np.float64]]] = {}

    @property
    def models(self) -> tuple[str, ...]:
        """Return the estimator's name."""
        return (self._model,)

    @property
    def features(self) -> tuple[str, ...]:
        """Return the features' names."""
        return self._data.features

    @property
    def eras(self) -> list[str]:
        """Return the predicted eras."""
        return self._eras

    @property
    def unpredicted(self) -> list[str]:
        """Return no era: the walk predicts every one of them."""
        return []

    def has(self, part: str) -> bool:
        """Return whether there is a part."""
        return part == _FEATURES or (part == _BENCHMARK and self._benchmarked)

    def rows(self, era: str) -> EraRows:
        """Return an era's rows."""
        found = self._data.rows(era)
        self._benchmarked = self._benchmarked or found.benchmark is not None
        return EraRows(
            era=era,
            predictions=self.predictions[era][1][np.newaxis],
            targets=found.targets,
            meta_model=None,
            benchmark=found.benchmark,
            features=found.features,
            left_out=0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to walk forward: runs of eras, eras that the first fit needs, overlap of the targets."""

    n_folds: int
    min_train: int = purge.MIN_TRAIN_ERAS
    overlap: int = 0


def validate(
    data: FoldData,
    make: Callable[[], Estimator],
    model: str,
    plan: Plan,
    progress: Progress,
) -> CrossValidation:
    """Fit an estimator a fold on what had ended by then, and score what it predicts.

    Args:
        data: eras with targets.
        make: makes the estimator anew for each fold.
        model: how the estimator is called.
        plan: how to walk.
        progress: told of each fold, and of each era that is scored.

    Raises:
        DataError: if too few eras are left, or no era can be scored.
        InputError: if the estimator fails.

    Source: docs/protocol.md, "Purge".
    """
    folds = purge.walk_forward(data.ends, plan.n_folds, plan.min_train)
    eras = data.eras
    walk = _OutOfFold(model, data, eras[folds[0].predicted.start :])
    counts = []
    for done, fold in enumerate(folds):
        progress(_WORK, done, len(folds))
        counts.append(_run(data, make(), fold, walk))
    progress(_WORK, len(folds), len(folds))
    found = diagnosis.diagnose(walk, plan.overlap, progress)
    corrs = {era.era: era.corr for era in found.eras}
    facts = [
        _facts(fold, eras, count, corrs, plan.overlap)
        for fold, count in zip(folds, counts, strict=True)
    ]
    return CrossValidation(folds=facts, diagnosis=found, predictions=walk.predictions)


def _run(data: FoldData, estimator: Estimator, fold: Fold, walk: _OutOfFold) -> int:
    """Fit one fold, predict its eras, and return how many rows it learned from."""
    features, targets = _training_rows(data, [data.eras[place] for place in fold.train])
    estimators.fit(estimator, features, targets)
    for place in fold.predicted:
        era = data.eras[place]
        rows = data.rows(era)
        # In C order, as the training rows are: some libraries copy or refuse another.
        columns: Numbers = rows.features.T.copy()
        walk.predictions[era] = (rows.ids, estimators.predict(estimator, columns))
    return len(targets)


def _training_rows(data: FoldData, eras: Sequence[str]) -> tuple[Numbers, NDArray[np.float64]]:
    """Return the rows of some eras that have a target: (n_rows, n_features) and (n_rows,)."""
    features, targets = [], []
    for era in eras:
        rows = data.rows(era)
        kept = ~np.isnan(rows.targets)
        features.append(rows.features[:, kept].T)
        targets.append(rows.targets[kept])
    if not sum(map(len, targets)):
        raise DataError(f"no row of the {len(eras)} eras to learn from has a target")
    joined: Numbers = np.concatenate(features)
    return joined, np.concatenate(targets)


def _facts(
    fold: Fold,
    eras: Sequence[str],
    n_rows: int,
    corrs: Mapping[str, float | None],
    overlap: int,
) -> FoldFacts:
    predicted = [eras[place] for place in fold.predicted]
    known = [corr for era in predicted if (corr := corrs.get(era)) is not None]
    return FoldFacts(
        train=[eras[place] for place in fold.train],
        predicted=predicted,
        purged=[eras[place] for place in fold.purged],
        n_rows=n_rows,
        corr=statistics.mean_of(known, overlap) if known else None,
    )


def _span(eras: Sequence[str]) -> dict[str, Any]:
    return {"first": eras[0], "last": eras[-1], "n": len(eras)}
