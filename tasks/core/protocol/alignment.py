"""The rules of a submission's rows: every live id once, a finite prediction in [0, 1] for each."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.core.errors import InputError, SubmissionError
from tasks.core.protocol.id_table import IdTable

_SHOWN = 40
# What any honest writer stays under, for Parquet and CSV alike: an id twice (as Parquet's
# dictionary and as text), a number of 25 characters, and what describes the columns.
_FILE_BYTES = 65_536
_ROW_BYTES = 64


def shown(text: str, length: int = _SHOWN) -> str:
    """Return text of a stranger's for a message: one line of ASCII, quoted, cut off where long."""
    return ascii(text) if len(text) <= length else f"{text[:length]!a}..."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveIds:
    """A round's ids in the order of their UTF-8 bytes; `of` makes it."""

    array: Any  # a pyarrow string array
    table: IdTable
    longest: int

    @classmethod
    def of(cls, ids: Sequence[str]) -> Self:
        """Sort a round's ids.

        Args:
            ids: in any order, each once.

        Raises:
            InputError: if there is none, one occurs twice, is empty, or is no text.
        """
        try:
            encoded = sorted(name.encode() for name in ids)
        except (AttributeError, UnicodeEncodeError) as error:
            raise InputError("a live id is no text") from error
        if not encoded or not encoded[0]:
            raise InputError("a live id is empty" if encoded else "there are no live ids")
        twice = next((a for a, b in itertools.pairwise(encoded) if a == b), None)
        if twice is not None:
            raise InputError(f"live id {shown(twice.decode())} occurs twice")
        array = pa.array(encoded, pa.binary()).view(pa.string())
        return cls(array=array, table=IdTable(array), longest=max(map(len, encoded)))

    def __len__(self) -> int:
        return len(self.array)


class Alignment:
    """One submission's predictions on their way into the order of the live ids.

    Rows come in batches, in any order.
    """

    def __init__(self, live: LiveIds) -> None:
        self._live = live
        self._values = np.full(len(live), np.nan)
        self._counts = np.zeros(len(live), dtype=np.int64)
        self._extra = 0
        self._first_extra = ""

    def add(self, ids: Any, values: NDArray[np.float64]) -> None:
        """Put some rows in their places.

        Args:
            ids: a pyarrow string or large string array without nulls.
            values: a prediction for each of `ids`, shape (n_rows,).

        Raises:
            SubmissionError: if there are not as many ids as predictions.
        """
        if values.shape != (len(ids),):
            raise SubmissionError(f"{len(ids)} ids but predictions of shape {values.shape}")
        places = self._live.table.places(ids)
        if places.min(initial=0) < 0:
            known = places >= 0
            self._note_extra(ids.filter(pa.array(~known)))
            places, values = places[known], values[known]
        self._values[places] = values
        self._counts += np.bincount(places, minlength=len(self._live))

    def finish(self) -> NDArray[np.float64]:
        """Return the predictions in the order of the sorted live ids, shape (n_ids,).

        Raises:
            SubmissionError: if an id is missing, not live or there twice; the first is named.
        """
        if self._counts.max() > 1:
            twice = self._name(self._counts > 1)
            raise SubmissionError(f"id {twice} occurs twice: keep one row of each id")
        wrong = []
        if missing := int(np.count_nonzero(self._counts == 0)):
            name = self._name(self._counts == 0)
            wrong.append(f"{missing} live ids are missing, such as {name}")
        if self._extra:
            name = self._first_extra
            wrong.append(f"{self._extra} ids are not live, such as {name}: remove them")
        if wrong:
            raise SubmissionError("; ".join(wrong))
        return self._values

    def _name(self, chosen: NDArray[np.bool_]) -> str:
        """Return the first of some live ids, for a message."""
        return shown(self._live.array[int(np.argmax(chosen))].as_py())

    def _note_extra(self, ids: Any) -> None:
        if not self._extra:
            # Bytes, since a file may hold text that is not UTF-8.
            first: bytes = ids[0].as_buffer().to_pybytes()
            self._first_extra = shown(first.decode(errors="backslashreplace"))
        self._extra += len(ids)


def check_values(values: NDArray[np.float64]) -> None:
    """Check that predictions are finite, in [0, 1] and not constant.

    Raises:
        SubmissionError: if not; the message says what to mend.
    """
    if values.size == 0:
        raise SubmissionError("there are no predictions")
    odd = np.flatnonzero(~np.isfinite(values))
    if odd.size:
        raise SubmissionError(
            f"{odd.size} predictions are not finite, the first is number {odd[0] + 1} in id order"
        )
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        raise SubmissionError(f"predictions go from {low} to {high}: bring them into [0, 1]")
    if low == high:
        raise SubmissionError(f"every prediction is {low}: a constant has no score")


def max_file_bytes(live: LiveIds) -> int:
    """Return the size that no submission file passes, packed or unpacked."""
    return _FILE_BYTES + len(live) * (2 * live.longest + _ROW_BYTES)
