"""The tables of a scoring: read once, then era by era with every part in one order of ids."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.client import era_tables, score_sources
from tasks.client.era_tables import EraTable, Numbers
from tasks.client.score_sources import Source, Sources
from tasks.core.errors import DataError, SubmissionError

Progress = Callable[[str, int, int], None]
"""Told a work's name, how many parts of it are done, and of how many."""

_WORK = "read the files"


def _silent(name: str, done: int, total: int) -> None:
    """Tell nobody of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EraRows:
    """What one era is scored with, ids sorted; a part that the era has not is None.

    Attributes:
        era: its name.
        predictions: finite, shape (n_models, n_ids).
        targets: shape (n_ids,); NaN where there is none.
        meta_model: shape (n_ids,), finite.
        benchmark: shape (n_ids,), finite.
        features: shape (n_features, n_ids), finite; int8 where the file holds nothing else.
        left_out: how many predicted ids have no row of targets, or the other way round.
    """

    era: str
    predictions: NDArray[np.float64]
    targets: NDArray[np.float64]
    meta_model: NDArray[np.float64] | None
    benchmark: NDArray[np.float64] | None
    features: Numbers | None
    left_out: int


class Scorable(Protocol):
    """What can be scored era by era."""

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models' names, in the order of the predictions' rows."""

    @property
    def features(self) -> tuple[str, ...]:
        """Return the features' names, in their order."""

    @property
    def eras(self) -> list[str]:
        """Return the predicted eras in order."""

    @property
    def unpredicted(self) -> list[str]:
        """Return the eras between the first and the last predicted that have targets alone."""

    def has(self, part: str) -> bool:
        """Return whether there is a part, such as `meta-model`, in some era at least."""

    def rows(self, era: str) -> EraRows:
        """Return an era's rows."""


class Tables:
    """All parts of a scoring, in files."""

    def __init__(
        self, sources: Sources, *, partial: bool = False, progress: Progress = _silent
    ) -> None:
        """Read the columns that the parts need, each file once.

        Args:
            sources: the files, and the columns where the rules of `score_sources` shall not
                choose them.
            partial: score the ids that predictions and targets share, where they differ.
            progress: told of each file.

        Raises:
            DataError: if a file or a column cannot be used, or predictions and targets share no
                era; the message says why.
        """
        self._sources = score_sources.chosen(sources)
        self._partial = partial
        columns: dict[Path, dict[str, None]] = {}
        for part in self._sources.parts().values():
            columns.setdefault(part.path, {}).update(dict.fromkeys(part.chosen))
        self._tables: dict[Path, EraTable] = {}
        for path, names in columns.items():
            progress(_WORK, len(self._tables), len(columns))
            self._tables[path] = EraTable(path, list(names))
        progress(_WORK, len(columns), len(columns))
        self._require_common_era()

    @property
    def models(self) -> tuple[str, ...]:
        """Return the names of the prediction columns, in their order."""
        return self._sources.predictions.chosen

    @property
    def features(self) -> tuple[str, ...]:
        """Return the names of the features, in their order; none if there is no such part."""
        features = self._sources.features
        return () if features is None else features.chosen

    @property
    def eras(self) -> list[str]:
        """Return the predicted eras in order: by number where all are numbers, else by name."""
        return era_tables.in_order(self._tables[self._sources.predictions.path].eras)

    @property
    def unpredicted(self) -> list[str]:
        """Return the eras between the first and the last predicted that have targets alone."""
        predicted = self._tables[self._sources.predictions.path].eras
        eras = era_tables.in_order(predicted | self._tables[self._sources.targets.path].eras)
        places = [place for place, era in enumerate(eras) if era in predicted]
        return [era for era in eras[places[0] : places[-1]] if era not in predicted]

    def has(self, part: str) -> bool:
        """Return whether there is a part, such as `meta-model`."""
        return part in self._sources.parts()

    def rows(self, era: str) -> EraRows:
        """Return an era's rows, every part in the order of the sorted ids.

        Raises:
            DataError: if ids differ between the parts, a meta-model, benchmark or feature holds a
                value that is not finite, or a target one outside [0, 1].
            SubmissionError: if a prediction is not finite.
        """
        parts = self._sources
        table = self._tables[parts.predictions.path]
        ids, rows = table.era(era)
        kept, target_rows, left_out = self._shared(era, ids)
        ids, rows = ids.take(pa.array(kept)), rows[kept]
        columns = parts.predictions.chosen
        predictions = table.values(columns, rows)
        table.require(
            np.isfinite(predictions), era_tables.NO_NUMBER,
            columns=columns, era=era, ids=ids, error=SubmissionError,
        )  # fmt: skip
        return EraRows(
            era=era,
            predictions=predictions,
            targets=self._targets(era, ids, target_rows),
            meta_model=_only_row(self._part(parts.meta_model, era, ids)),
            benchmark=_only_row(self._part(parts.benchmark, era, ids)),
            features=self._part(parts.features, era, ids),
            left_out=left_out,
        )

    def _require_common_era(self) -> None:
        predictions, targets = self._sources.predictions.path, self._sources.targets.path
        predicted, known = self._tables[predictions].eras, self._tables[targets].eras
        if predicted.isdisjoint(known):
            raise DataError(
                f"{predictions} and {targets} share no era: the first ones are "
                f"{era_tables.in_order(predicted)[0]!r} and {era_tables.in_order(known)[0]!r}"
            )

    def _targets(
        self, era: str, ids: pa.Array, rows: NDArray[np.intp] | None
    ) -> NDArray[np.float64]:
        """Return the targets of some rows, NaN for all ids where there are none."""
        if rows is None:
            return np.full(len(ids), np.nan)
        source = self._sources.targets
        table, columns = self._tables[source.path], source.chosen
        targets = table.values(columns, rows)
        sound = era_tables.usable_targets(targets)
        table.require(sound, era_tables.NO_TARGET, columns=columns, era=era, ids=ids)
        only: NDArray[np.float64] = targets[0]
        return only

    def _shared(
        self, era: str, ids: pa.Array
    ) -> tuple[NDArray[np.intp], NDArray[np.intp] | None, int]:
        """Return which predicted ids to score, their rows of targets, and how many are left out.

        The rows are None where the targets have no row of the era.
        """
        path = self._sources.targets.path
        targets = self._tables[path]
        if era not in targets.eras:
            return np.arange(len(ids)), None, 0
        target_ids, target_rows = targets.era(era)
        places = era_tables.places(ids, target_ids)
        kept = np.flatnonzero(places >= 0)
        without = len(ids) - kept.size
        surplus = len(target_ids) - kept.size
        if without and not self._partial:
            example = ids[int(np.flatnonzero(places < 0)[0])].as_py()
            raise DataError(
                f"era {era}: {without} of {len(ids)} predicted ids have no row of targets in "
                f"{path}, such as {example!r}; --partial leaves them out"
            )
        if surplus and not self._partial:
            others = era_tables.places(target_ids, ids)
            example = target_ids[int(np.flatnonzero(others < 0)[0])].as_py()
            raise DataError(
                f"era {era}: {surplus} of {len(target_ids)} ids with targets are not predicted "
                f"in {self._sources.predictions.path}, such as {example!r}; --partial leaves them "
                f"out"
            )
        if kept.size == 0:
            raise DataError(f"era {era}: predictions and targets have no id in common")
        return kept, target_rows[places[kept]], without + surplus

    def _part(self, source: Source | None, era: str, ids: pa.Array) -> Numbers | None:
        """Return a part's values for some ids, shape (n_columns, n_ids); None without the era."""
        if source is None or era not in self._tables[source.path].eras:
            return None
        table = self._tables[source.path]
        part_ids, rows = table.era(era)
        places = era_tables.places(ids, part_ids)
        missing = np.flatnonzero(places < 0)
        if missing.size:
            raise DataError(
                f"era {era}: {missing.size} of {len(ids)} predicted ids are missing in "
                f"{source.path}, such as {ids[int(missing[0])].as_py()!r}"
            )
        values = table.narrow(source.chosen, rows[places])
        if len(values) == 1 and np.isnan(values).all():
            # A column that an era has not yet is the same as no row of it.
            return None
        sound = era_tables.usable_features(values)
        table.require(sound, era_tables.NO_FEATURE, columns=source.chosen, era=era, ids=ids)
        return values


def _only_row(values: Numbers | None) -> NDArray[np.float64] | None:
    return None if values is None else values[0].astype(np.float64)
