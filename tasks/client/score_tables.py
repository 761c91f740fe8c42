"""The tables of a scoring: read once, then era by era with every part in one order of ids."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.client import era_tables, score_sources
from tasks.client.era_tables import EraTable
from tasks.client.score_sources import Source, Sources
from tasks.core.errors import DataError, SubmissionError


@dataclass(frozen=True, slots=True, kw_only=True)
class EraRows:
    """What one era is scored with, ids sorted; a part that the era has not is None.

    Attributes:
        era: its name.
        predictions: finite, shape (n_models, n_ids).
        targets: shape (n_ids,); NaN where there is none.
        meta_model: shape (n_ids,), finite.
        benchmark: shape (n_ids,), finite.
        features: shape (n_features, n_ids), finite.
        left_out: how many predicted ids have no row of targets, or the other way round.
    """

    era: str
    predictions: NDArray[np.float64]
    targets: NDArray[np.float64]
    meta_model: NDArray[np.float64] | None
    benchmark: NDArray[np.float64] | None
    features: NDArray[np.float64] | None
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

    def __init__(self, sources: Sources, *, partial: bool = False) -> None:
        """Read the columns that the parts need, each file once.

        Args:
            sources: the files, and the columns where the rules of `score_sources` shall not
                choose them.
            partial: score the ids that predictions and targets share, where they differ.

        Raises:
            DataError: if a file or a column cannot be used; the message says why.
        """
        self._sources = score_sources.chosen(sources)
        self._partial = partial
        columns: dict[Path, dict[str, None]] = {}
        for part in self._sources.parts().values():
            columns.setdefault(part.path, {}).update(dict.fromkeys(part.chosen))
        self._tables = {path: EraTable(path, list(names)) for path, names in columns.items()}

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
            DataError: if ids differ between the parts, or a meta-model, benchmark or feature
                holds a value that is not finite.
            SubmissionError: if a prediction is not finite.
        """
        parts = self._sources
        table = self._tables[parts.predictions.path]
        ids, rows = table.era(era)
        kept, target_rows, left_out = self._shared(era, ids)
        ids, rows = ids.take(pa.array(kept)), rows[kept]
        predictions = table.values(parts.predictions.chosen, rows)
        _require_finite(predictions, parts.predictions, era, ids, SubmissionError)
        targets = np.full(len(ids), np.nan)
        if target_rows is not None:
            targets = self._tables[parts.targets.path].values(parts.targets.chosen, target_rows)[0]
        return EraRows(
            era=era,
            predictions=predictions,
            targets=targets,
            meta_model=_only_row(self._part(parts.meta_model, era, ids)),
            benchmark=_only_row(self._part(parts.benchmark, era, ids)),
            features=self._part(parts.features, era, ids),
            left_out=left_out,
        )

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

    def _part(self, source: Source | None, era: str, ids: pa.Array) -> NDArray[np.float64] | None:
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
        values = table.values(source.chosen, rows[places])
        if len(values) == 1 and np.isnan(values).all():
            # A column that an era has not yet is the same as no row of it.
            return None
        _require_finite(values, source, era, ids, DataError)
        return values


def _only_row(values: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    return None if values is None else values[0]


def _require_finite(
    values: NDArray[np.float64],
    source: Source,
    era: str,
    ids: pa.Array,
    error: type[DataError] | type[SubmissionError],
) -> None:
    bad = ~np.isfinite(values)
    if not bad.any():
        return
    column, place = (int(axis[0]) for axis in np.nonzero(bad))
    raise error(
        f"{source.path}: the column {source.chosen[column]!r} is missing or infinite for "
        f"{int(bad[column].sum())} of {len(ids)} ids of era {era}, such as "
        f"{ids[place].as_py()!r}"
    )
