"""Where ids lie among the live ones: a hash finds the place, comparing all bytes confirms it."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

_Words = list[NDArray[np.uint64]]

_WORD_BYTES = 8
_WORD_BITS = 64
# Odd numbers without a pattern: 2 ** 64 over the golden ratio, and one more.
_MULTIPLIER, _OTHER = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
# The larger, the fewer ids share a slot; half a megabyte for 6,000 ids stays in the cache.
_SLOTS_PER_ID = 16


class IdTable:
    """The places of ids in an array of them.

    Ids of one length, as a home makes them, are looked up as a few whole numbers each: one hash
    table holds an id a slot, a second one with another hash the few that found their slot taken.
    Whatever is not confirmed there, and ids of several lengths, goes to Arrow's own lookup. No
    answer rests on a hash alone, and no submission can fill a table with collisions: the tables
    are those of the live ids.
    """

    def __init__(self, ids: Any) -> None:
        """Build the tables.

        Args:
            ids: a pyarrow string array without nulls, each id once.
        """
        self._ids = ids
        self._length = len(ids[0].as_buffer())
        self._last = ids, np.arange(len(ids))
        bits = (len(ids) * _SLOTS_PER_ID).bit_length()
        self._shift = np.uint64(_WORD_BITS - bits)
        self._tables = np.zeros((2, 2**bits), dtype=np.int32)
        self._words = self._split(ids)
        if self._words is not None:
            left = np.arange(len(ids), dtype=np.int32)
            mixed = _mix(self._words)
            for table, factor in zip(self._tables, (1, _OTHER), strict=True):
                slots = (mixed * np.uint64(factor)) >> self._shift
                table[slots[left]] = left
                left = left[table[slots[left]] != left]

    def places(self, ids: Any) -> NDArray[np.int64]:
        """Return the place of each id, -1 where it is not one of them; not to be changed.

        Args:
            ids: a pyarrow string or large string array without nulls.
        """
        # Most files have the order of the live file, so that of the file before.
        if ids.equals(self._last[0]):
            return self._last[1]
        places = self._look_up(ids)
        # What holds other ids may be of any size, and is not kept.
        if places.min(initial=0) >= 0:
            self._last = ids, places
        return places

    def _look_up(self, ids: Any) -> NDArray[np.int64]:
        words = self._split(ids)
        if words is None or self._words is None:
            return self._search(ids)
        mixed = _mix(words)
        places: NDArray[np.int64] = self._tables[0][mixed >> self._shift].astype(np.int64)
        left = self._unconfirmed(words, places)
        places[left] = self._tables[1][(mixed[left] * np.uint64(_OTHER)) >> self._shift]
        left = left[self._unconfirmed([word[left] for word in words], places[left])]
        if left.size:
            places[left] = self._search(ids.take(pa.array(left)))
        return places

    def _unconfirmed(self, words: _Words, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which ids differ from those at the places that were found for them."""
        differs = np.zeros(places.size, dtype=np.bool_)
        for word, live in zip(words, self._words or [], strict=True):
            differs |= live[places] != word
        return np.flatnonzero(differs)

    def _split(self, ids: Any) -> _Words | None:
        """Return ids as columns of words, or None where they are not all of the live length."""
        if not len(ids):
            return None
        _, offsets, data = ids.buffers()
        kind = np.dtype(np.int64 if pa.types.is_large_string(ids.type) else np.int32)
        bounds = np.frombuffer(offsets, kind, len(ids) + 1, offset=kind.itemsize * ids.offset)
        if (np.diff(bounds) != self._length).any():
            return None
        letters = np.frombuffer(data, np.uint8, len(ids) * self._length, offset=int(bounds[0]))
        rows = letters.reshape(len(ids), self._length)
        if missing := -self._length % _WORD_BYTES:
            rows = np.pad(rows, ((0, 0), (0, missing)))
        return list(rows.view(np.uint64).T)

    def _search(self, ids: Any) -> NDArray[np.int64]:
        """Return the places as Arrow finds them, with a table of its own for every call."""
        found = compute.index_in(ids.cast(pa.string()), value_set=self._ids).fill_null(-1)
        places: NDArray[np.int64] = found.to_numpy().astype(np.int64)
        return places


def _mix(words: _Words) -> NDArray[np.uint64]:
    """Return a hash of each id, of which the highest bits are the best."""
    mixed = words[0] * np.uint64(_MULTIPLIER)
    for place, word in enumerate(words[1:], start=2):
        mixed += word * np.uint64(pow(_MULTIPLIER, place, 2**_WORD_BITS))
    return mixed
