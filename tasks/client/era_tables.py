"""One file's rows, grouped by era and sorted by id."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tasks.adapters import column_files
from tasks.core.data import purge
from tasks.core.errors import DataError, SubmissionError

KEYS = ("id", "era")
"""The columns that every file must have."""

Numbers = NDArray[Any]
"""Features as they are stored: float64 or int8."""

NO_NUMBER = "is missing or infinite"
NO_TARGET = "is outside [0, 1]"
NO_FEATURE = "is missing, infinite or beyond 1e100"

_TOO_LARGE = 1e100


class EraTable:
    """One file's rows, grouped by era."""

    def __init__(self, path: Path, columns: Sequence[str], labels: Sequence[str] = ()) -> None:
        """Read columns of a file.

        Args:
            path: a Parquet or CSV file.
            columns: of numbers.
            labels: columns of text, which may be missing in some rows.

        Raises:
            DataError: if the file or a column cannot be used, or there are no rows.
        """
        table = column_files.read_columns(path, KEYS, columns, labels)
        self._path = path
        self._ids = table["id"].combine_chunks()
        self._columns: dict[str, Numbers] = {}
        for name in columns:
            self._columns[name] = table[name].to_numpy()
            # A large file must not be in memory twice.
            table = table.drop_columns([name])
        self._labels = {name: table[name].combine_chunks() for name in labels}
        self._rows = _grouped(table["era"].combine_chunks())
        self._last: tuple[str, pa.Array, NDArray[np.intp]] | None = None
        if not self._rows:
            raise DataError(f"{path}: it has no rows")

    @property
    def eras(self) -> set[str]:
        """Return the names of the eras."""
        return set(self._rows)

    def era(self, name: str) -> tuple[pa.Array, NDArray[np.intp]]:
        """Return an era's ids, sorted, and the rows that they stand in.

        Raises:
            DataError: if an id is there twice.
        """
        if self._last is not None and self._last[0] == name:
            return self._last[1:]
        rows = self._rows[name]
        ids = self._ids.take(pa.array(rows))
        order = pc.sort_indices(ids)
        ids, rows = ids.take(order), rows[order.to_numpy()]
        same = pc.equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(zero_copy_only=False)
        if same.any():
            example = ids[int(np.flatnonzero(same)[0])].as_py()
            raise DataError(f"{self._path}: the id {example!r} is there twice in era {name}")
        # Another part of the same file asks for the same era next.
        self._last = (name, ids, rows)
        return ids, rows

    def values(self, columns: Sequence[str], rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return columns at some rows, shape (n_columns, n_rows); NaN where a value is missing."""
        values = np.empty((len(columns), rows.size))
        for place, name in enumerate(columns):
            values[place] = self._columns[name][rows]
        return values

    def require(
        self,
        sound: NDArray[np.bool_],
        what: str,
        *,
        columns: Sequence[str],
        era: str,
        ids: pa.Array,
        error: type[DataError] | type[SubmissionError] = DataError,
    ) -> None:
        """Check that an era's values can be used.

        Args:
            sound: whether each can, shape (n_columns, n_ids).
            what: is wrong with the others, such as `is missing`.
            columns: their names.
            era: its name.
            ids: the rows' ids.
            error: what is raised.

        Raises:
            DataError, or what is said: if one cannot; the message names column, era and id.
        """
        if sound.all():
            return
        column, place = (int(axis[0]) for axis in np.nonzero(~sound))
        raise error(
            f"{self._path}: the column {columns[column]!r} {what} for "
            f"{int((~sound[column]).sum())} of {len(ids)} ids of era {era}, such as "
            f"{ids[place].as_py()!r}"
        )

    def narrow(self, columns: Sequence[str], rows: NDArray[np.intp]) -> Numbers:
        """Return the same, as int8 where the file holds nothing else in these columns."""
        if any(self._columns[name].dtype != np.int8 for name in columns):
            return self.values(columns, rows)
        return np.stack([self._columns[name][rows] for name in columns])

    def label(self, column: str, era: str) -> str | None:
        """Return the text that a column holds in every row of an era; None where it is missing.

        Raises:
            DataError: if the rows differ.
        """
        found = pc.unique(self._labels[column].take(pa.array(self._rows[era]))).to_pylist()
        if len(found) > 1:
            raise DataError(
                f"{self._path}: the column {column!r} differs within era {era}: "
                f"{found[0]!r} and {found[1]!r}"
            )
        return found[0] or None


def places(wanted: pa.Array, ids: pa.Array) -> NDArray[np.intp]:
    """Return each wanted id's place among sorted ids, -1 where it is not there."""
    if wanted.equals(ids):
        return np.arange(len(ids))
    found = pc.index_in(wanted, value_set=ids).fill_null(-1)
    numbers: NDArray[np.intp] = found.to_numpy().astype(np.intp)
    return numbers


def usable_targets(targets: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which targets can be scored on, or are missing."""
    usable: NDArray[np.bool_] = np.isnan(targets) | ((targets >= 0) & (targets <= 1))
    return usable


def usable_features(features: Numbers) -> NDArray[np.bool_]:
    """Return which features are numbers whose squares can be summed."""
    if features.dtype == np.int8:
        return np.ones(features.shape, dtype=np.bool_)
    usable: NDArray[np.bool_] = np.abs(features) < _TOO_LARGE
    return usable


def in_order(eras: Iterable[str]) -> list[str]:
    """Return eras in order: by number where all are numbers, else by name."""
    names = list(eras)
    return sorted(names, key=purge.era_key(names))


def _grouped(eras: pa.Array) -> dict[str, NDArray[np.intp]]:
    """Return the rows of each era."""
    encoded = eras.dictionary_encode()
    codes = encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    edges = np.cumsum(np.bincount(codes, minlength=len(encoded.dictionary)))
    names: list[str] = encoded.dictionary.to_pylist()
    return dict(zip(names, np.split(order, edges[:-1]), strict=True)) if names else {}
