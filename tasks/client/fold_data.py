"""What a modeller's estimator is fitted on: a published snapshot, or a file of his own."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import column_files, foreign_json
from tasks.adapters.lake import Lake
from tasks.client import era_tables
from tasks.client.data import Dataset
from tasks.client.era_tables import KEYS, NO_FEATURE, NO_TARGET, EraTable, Numbers
from tasks.core import wording
from tasks.core.data import purge
from tasks.core.errors import DataError
from tasks.core.protocol import places

MAIN_TARGET = "20d1l"
"""The target of a snapshot that rounds are scored on."""

_FEATURE, _TARGET, _END = "feature", "target", "target_end_era"
_BENCHMARK = "benchmark"
_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldRows:
    """One era's rows, sorted by id.

    Attributes:
        ids: shape (n_rows,).
        features: shape (n_features, n_rows).
        targets: shape (n_rows,); NaN where there is none.
        benchmark: shape (n_rows,), or None.
    """

    ids: list[str]
    features: Numbers
    targets: NDArray[np.float64]
    benchmark: NDArray[np.float64] | None


class FoldData(ABC):
    """Eras with targets, and when each target ends.

    Attributes:
        features: their names, in the order of the rows.
        eras: the names of the eras with a target, in order.
        ends: the position of the first era on or after each era's end of the target.
    """

    features: tuple[str, ...]
    eras: list[str]
    ends: list[int | None]

    @abstractmethod
    def rows(self, era: str) -> FoldRows:
        """Return an era's rows."""


class SnapshotData(FoldData):
    """A published snapshot."""

    def __init__(self, lake: Lake, name: str, target: str | None, words: Sequence[str]) -> None:
        """Read a snapshot's manifest.

        Args:
            lake: where it is published.
            name: of the snapshot, such as `live_205`.
            target: the target's name; the main one if None.
            words: features, or one set of them; none for all.

        Raises:
            DataError: if no era has the target, or a feature or set is not there.
            LakeError: if the snapshot is not published.
        """
        self._dataset = Dataset.open(lake, name)
        self._target = (target or MAIN_TARGET).removeprefix(f"{_TARGET}_")
        version = lake.seek(places.DATA_VERSION)
        names = version.features if version else self._dataset.feature_names
        sets = version.feature_sets if version else {}
        self.features = _chosen(names, sets, words, name)
        self._columns = [list(names).index(feature) for feature in self.features]
        kept = [era for era in self._dataset.eras.values() if era.targets is not None]
        known = {target for era in kept for target in era.target_end_era}
        if self._target not in known:
            raise DataError(
                f"snapshot {name} has no target {self._target!r}; it has {', '.join(sorted(known))}"
            )
        kept = [era for era in kept if self._has_target(era.name)]
        self.eras = [era.name for era in kept]
        ends = [era.target_end_era[self._target] for era in kept]
        self.ends = purge.end_positions(self.eras, ends)

    def rows(self, era: str) -> FoldRows:
        """Return an era's rows."""
        benchmark = None
        if self._dataset.eras[era].benchmarks is not None:
            benchmark = self._dataset.benchmarks(era).get(_BENCHMARK)
        return FoldRows(
            ids=self._dataset.ids(era),
            features=np.ascontiguousarray(self._dataset.features(era)[:, self._columns].T),
            targets=self._dataset.targets(era)[self._target],
            benchmark=benchmark,
        )

    def _has_target(self, era: str) -> bool:
        return not bool(np.isnan(self._dataset.targets(era)[self._target]).all())


class FileData(FoldData):
    """A Parquet or CSV file in Numerai's layout: id, era, features, targets."""

    def __init__(
        self, path: Path, target: str | None, words: Sequence[str], purge_eras: int | None
    ) -> None:
        """Read the columns that are needed.

        Args:
            path: the file.
            target: its column, with or without `target_` before it; `target` if None.
            words: features, or one set of a `features.json` beside the file; none for all columns
                whose name begins with `feature`.
            purge_eras: eras before each prediction to leave out of the fit; None where the column
                `target_end_era`, or a `manifest.json` beside the file, tells the targets' ends.

        Raises:
            DataError: if the file, a column or a target cannot be used, or nothing tells the ends.
        """
        names = column_files.column_names(path)
        self._path = path
        self._target = _target_column(path, names, target)
        # What is predicted, and when it ends, must not be learned from.
        others = [
            name
            for name in names
            if name not in (*KEYS, self._target) and not name.startswith(_TARGET)
        ]
        found = [name for name in others if name.startswith(_FEATURE)]
        self.features = _chosen(found, _sets_beside(path), words, str(path), others)
        by_column = purge_eras is None and _END in names
        columns = [*self.features, self._target]
        self._table = EraTable(path, columns, [_END] if by_column else [])
        self.eras = [era for era in era_tables.in_order(self._table.eras) if self._has_target(era)]
        if not self.eras:
            raise DataError(f"{path}: no era has a value in the column {self._target!r}")
        if purge_eras is not None:
            count = len(self.eras)
            self.ends = [place + purge_eras + 1 for place in range(count)]
        elif by_column:
            ends = [self._table.label(_END, era) for era in self.eras]
            self.ends = purge.end_positions(self.eras, ends)
        else:
            self.ends = purge.end_positions(self.eras, self._ends_beside())

    def rows(self, era: str) -> FoldRows:
        """Return an era's rows.

        Raises:
            DataError: if an id is there twice, or a feature is no finite number in a row.
        """
        ids, rows = self._table.era(era)
        features = self._table.narrow(self.features, rows)
        sound = era_tables.usable_features(features)
        self._table.require(sound, NO_FEATURE, columns=self.features, era=era, ids=ids)
        targets = self._table.values([self._target], rows)[0]
        return FoldRows(ids=ids.to_pylist(), features=features, targets=targets, benchmark=None)

    def _has_target(self, era: str) -> bool:
        ids, rows = self._table.era(era)
        targets = self._table.values([self._target], rows)
        sound = era_tables.usable_targets(targets)
        self._table.require(sound, NO_TARGET, columns=[self._target], era=era, ids=ids)
        return not bool(np.isnan(targets).all())

    def _ends_beside(self) -> list[str | None]:
        """Return each era's target_end_era of the manifest beside the file."""
        manifest = self._path.parent / "manifest.json"
        advice = "say --purge-eras N, or add a column target_end_era"
        if not manifest.is_file():
            raise DataError(f"{self._path}: nothing tells when a target ends: {advice}")
        name = self._target.removeprefix(f"{_TARGET}_")
        name = MAIN_TARGET if name == _TARGET else name
        try:
            entries = foreign_json.parse(manifest.read_bytes())["eras"]
            ends = {entry["era"]: entry["target_end_era"][name] for entry in entries}
            found = [ends[era] for era in self.eras]
            if not all(end is None or isinstance(end, str) for end in found):
                raise TypeError("an end that is no era's name")
            return found
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{manifest} does not tell when the target {name} of each era ends: {advice}"
            ) from error


def _target_column(path: Path, names: Sequence[str], target: str | None) -> str:
    wanted = target or _TARGET
    for name in (wanted, f"{_TARGET}_{wanted}"):
        if name in names and name not in KEYS:
            return name
    there = [name for name in names if name.startswith(_TARGET) and name != _END]
    raise DataError(f"{path}: no column is the target {wanted!r}; it has {', '.join(there) or '-'}")


def _sets_beside(path: Path) -> Mapping[str, Sequence[str]]:
    """Return the feature sets of a `features.json` beside a file; none without it."""
    features = path.parent / "features.json"
    if not features.is_file():
        return {}
    try:
        document = foreign_json.parse(features.read_bytes())
        sets: Mapping[str, Sequence[str]] = document["feature_sets"]
        names = [name for chosen in sets.values() for name in chosen]
        if not all(isinstance(name, str) for name in names):
            raise TypeError("a feature whose name is no text")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{features} has no sound feature_sets: mend or remove it") from error
    return sets


def _chosen(
    names: Sequence[str],
    sets: Mapping[str, Any],
    words: Sequence[str],
    where: str,
    columns: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return the features that a person means.

    Args:
        names: all features.
        sets: names by set.
        words: features, or one set; none for all.
        where: where they are, for messages.
        columns: what may be named besides.
    """
    chosen = tuple(sets[words[0]]) if len(words) == 1 and words[0] in sets else tuple(words)
    chosen = chosen or tuple(names)
    if not chosen:
        raise DataError(f"{where}: no column is a feature; say --features")
    missing = [name for name in chosen if name not in names and name not in columns]
    if missing:
        known = f"; its sets are {', '.join(sorted(sets))}" if sets else ""
        raise DataError(f"{where} has no feature or set {missing[0]!r}{known}")
    if len(set(chosen)) != len(chosen):
        raise DataError(f"{where}: a feature is named twice in {wording.listed(chosen, _NAMED)}")
    return chosen
