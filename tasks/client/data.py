"""A published snapshot as a modeller reads it: rows by era, purged for training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.adapters import tables
from tasks.adapters.lake import Lake
from tasks.core.data import purge
from tasks.core.errors import DataError, LakeError
from tasks.core.protocol import places
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.documents.snapshots import LIVE, EraEntry

_FEATURE, _TARGET = "feature_", "target_"


class Dataset:
    """A snapshot: its eras in order, and their rows when asked for."""

    def __init__(self, root: Path, name: str, eras: Sequence[EraEntry]) -> None:
        """Use eras whose objects lie in the lake at `root`; `open` reads them."""
        self.name = name
        self.eras = {era.name: era for era in eras}
        self._root = root

    @classmethod
    def open(cls, lake: Lake, name: str) -> Self:
        """Read a snapshot's manifest.

        Args:
            lake: where it is published.
            name: the snapshot's name, such as `live_205`.

        Raises:
            LakeError: if it is not published or not sound.
        """
        return cls(lake.root, name, lake.load(places.manifest(name)).eras)

    @property
    def live(self) -> EraEntry:
        """Return the era to predict.

        Raises:
            DataError: if the snapshot has none.
        """
        era = next(reversed(self.eras.values()), None)
        if era is None or era.data_type != LIVE:
            raise DataError(f"snapshot {self.name} has no live era")
        return era

    @property
    def feature_names(self) -> list[str]:
        """Return the names of the features, in the order of the columns."""
        return list(_features(self._root, self.live.features).names)

    def features(self, era: str) -> NDArray[np.int8]:
        """Return an era's features, bins 0..4, shape (n_rows, n_features), rows sorted by id."""
        return _features(self._root, self._era(era).features).values

    def ids(self, era: str) -> list[str]:
        """Return an era's ids, sorted."""
        return list(_ids(self._root, self._era(era).features))

    def targets(self, era: str) -> dict[str, NDArray[np.float64]]:
        """Return an era's targets by name (`20d1l`), each of shape (n_rows,), NaN if immature.

        Raises:
            DataError: if the era has none yet.
            LakeError: if their ids are not those of the features.
        """
        found = self._era(era)
        if found.targets is None:
            raise DataError(f"era {era} of {self.name} has no targets yet")
        return dict(_aligned(self._root, found.features, found.targets, _TARGET))

    def benchmarks(self, era: str) -> dict[str, NDArray[np.float64]]:
        """Return an era's benchmark columns by name, each of shape (n_rows,).

        Raises:
            DataError: if the era has none.
            LakeError: if their ids are not those of the features.
        """
        found = self._era(era)
        if found.benchmarks is None:
            raise DataError(f"era {era} of {self.name} has no benchmarks")
        return dict(_aligned(self._root, found.features, found.benchmarks, ""))

    def training_eras(self, target: str, predicted_era: str) -> list[str]:
        """Return the eras that a model of `predicted_era` and later ones may learn from.

        Args:
            target: the target's name, such as `20d1l`.
            predicted_era: the first era that the model predicts.

        Returns:
            In order, the eras whose target had ended by the date of the predicted era. A target
            that has not is purged, for it overlaps what is predicted.
        """
        return [
            era.name
            for era in self.eras.values()
            if era.targets is not None
            and purge.admissible(era.target_end_era.get(target), predicted_era)
        ]

    def training_rows(
        self, target: str, eras: Sequence[str], columns: Sequence[int]
    ) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
        """Return the rows of some eras that have a target.

        Args:
            target: the target's name.
            eras: from `training_eras`.
            columns: which features, by position.

        Returns:
            Features (n_rows, n_columns) and targets (n_rows,), eras and ids in order.

        Raises:
            DataError: if no row has a target.
        """
        chosen = list(columns)
        features, targets = [], []
        for era in eras:
            values = self.targets(era)[target]
            kept = ~np.isnan(values)
            features.append(self.features(era)[kept][:, chosen])
            targets.append(values[kept])
        if not sum(map(len, targets)):
            raise DataError(f"no row of {len(eras)} eras of {self.name} has the target {target}")
        return np.concatenate(features), np.concatenate(targets)

    def _era(self, name: str) -> EraEntry:
        era = self.eras.get(name)
        if era is None:
            raise DataError(f"snapshot {self.name} has no era {name}")
        return era


@dataclass(frozen=True, slots=True, kw_only=True)
class _Features:
    names: tuple[str, ...]
    values: NDArray[np.int8]


# An object never changes under its digest, so a worker that walks forward reads each era once.


@lru_cache(maxsize=1024)
def _features(root: Path, ref: Ref) -> _Features:
    table = _table(root, ref)
    names = tuple(name for name in table.column_names if name.startswith(_FEATURE))
    values = np.empty((table.num_rows, len(names)), dtype=np.int8)
    for place, name in enumerate(names):
        values[:, place] = table[name].to_numpy()
    values.setflags(write=False)
    return _Features(names=names, values=values)


@lru_cache(maxsize=8)
def _ids(root: Path, ref: Ref) -> tuple[str, ...]:
    ids: list[str] = _table(root, ref, ["id"])["id"].to_pylist()
    return tuple(ids)


@lru_cache(maxsize=1024)
def _aligned(
    root: Path, features: Ref, other: Ref, prefix: str
) -> Mapping[str, NDArray[np.float64]]:
    """Return an object's columns by name without the prefix, rows as those of the features."""
    table = _table(root, other)
    if not table["id"].equals(_table(root, features, ["id"])["id"]):
        raise LakeError(f"object {other.name} has other ids than its era's features")
    return {
        name.removeprefix(prefix): _frozen(table[name])
        for name in table.column_names
        if name != "id" and name.startswith(prefix)
    }


def _frozen(column: pa.ChunkedArray) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.cast(pa.float64()).to_numpy().astype(np.float64)
    values.setflags(write=False)
    return values


def _table(root: Path, ref: Ref, columns: Sequence[str] | None = None) -> pa.Table:
    return tables.read_table(Lake(root).read(ref), columns)
