"""The order of a submission's predictions: the one costly step of every score.

A row is sorted by distribution, not by comparison. Each value is mapped linearly onto 22 bits
between the row's lowest and highest one, and the ids are laid out by these bits in two passes of
11 (a radix sort, least significant digit first). Values that share all 22 bits are then put in
order by the floats themselves. So ties and near-ties are decided on the full float64, whatever
the distribution; heavy tails are spread out before, by what the first count says of them.

All loops that call one another stand in this module: numba's cache of a loop does not notice that
another module, whose loop it has compiled in, has changed.
"""

import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

_P = ParamSpec("_P")
_R = TypeVar("_R")

# Numba has no types of its own; this says that a compiled loop keeps its signature.
_compiled: Callable[[Callable[_P, _R]], Callable[_P, _R]] = numba.njit(cache=True, nogil=True)

MAX_IDS = 2**21
"""More ids do not fit beside a digit in 32 bits."""

_DIGIT = 11
_BUCKETS = 1 << _DIGIT
_LAST = float(_BUCKETS * _BUCKETS - 1)
_ID_BITS = 21
_CROWDED = 16
_INSERTED = 64
_SPREADS = 4
_DISTINCT, _EQUAL, _ODD = 0, 1, 2
_HUGE, _TINY = 2.0**1000, 2.0**-950

Scratch = tuple[
    NDArray[np.uint32],
    NDArray[np.float64],
    NDArray[np.int32],
    NDArray[np.uint32],
    NDArray[np.uint32],
]
"""The memory that a row is sorted in: ids, ordered, digits, passed, counts."""


@_compiled
def doubled_ranks(rows: NDArray[np.float64], doubled: NDArray[np.int64]) -> int:
    """Write twice the average ranks of rows, which are integers from 2 to 2 n_ids.

    Args:
        rows: C order, shape (n_rows, n_ids); so are all rows below.
        doubled: takes the result, shape (n_rows, n_ids).

    Returns:
        The first row with a value that is not finite, or -1; so do all loops below.
    """
    memory = _scratch(rows.shape[1])
    ids, ordered = memory[0], memory[1]
    for row in range(rows.shape[0]):
        if _sort_row(rows[row], memory) == _ODD:
            return row
        first = 0
        while first < ids.size:
            last = _run(ordered, first)
            for place in range(first, last):
                doubled[row, ids[place]] = first + last + 1
            first = last
    return -1


@_compiled
def look_up(rows: NDArray[np.float64], table: NDArray[np.float64], out: NDArray[np.float64]) -> int:
    """Write what a table says of each value's rank.

    Args:
        rows: as above.
        table: the entries for the ranks 1 to n_ids, then those for the n_ids + 1 ranks between
            and beside them, which values that are equal may share: shape (2 n_ids + 1,).
        out: takes the result, shape (n_rows, n_ids).
    """
    memory = _scratch(rows.shape[1])
    for row in range(rows.shape[0]):
        kind = _sort_row(rows[row], memory)
        if kind == _ODD:
            return row
        _place(memory, kind, table, out[row])
    return -1


@_compiled
def add_up(
    rows: NDArray[np.float64],
    weights: NDArray[np.float64],
    table: NDArray[np.float64],
    total: NDArray[np.float64],
) -> int:
    """Add to a total, row after row, a weight times what a table says of each value's rank.

    Args:
        rows: as above.
        weights: shape (n_rows,); a row of weight 0 is left out.
        table: see `look_up`.
        total: is added to, shape (n_ids,).
    """
    memory = _scratch(rows.shape[1])
    entries = np.empty(rows.shape[1])
    for row in range(weights.size):
        if weights[row] == 0.0:
            continue
        kind = _sort_row(rows[row], memory)
        if kind == _ODD:
            return row
        _place(memory, kind, table, entries)
        for name in range(total.size):
            total[name] += weights[row] * entries[name]
    return -1


@_compiled
def project(
    rows: NDArray[np.float64],
    tables: NDArray[np.float64],
    plain: NDArray[np.float64],
    powered: NDArray[np.float64],
    out: NDArray[np.float64],
    looked_up: NDArray[np.float64],
) -> int:
    """Write the dot products of vectors with what two tables say of each value's rank.

    Args:
        rows: as above.
        tables: two of `look_up`'s, shape (2, 2 n_ids + 1).
        plain: vectors for the first table, shape (n_plain, n_ids).
        powered: vectors for the second table, shape (n_powered, n_ids).
        out: takes the products of both, and in the last column how long the row is that the
            second table makes, its mean taken away; shape (n_rows, n_plain + n_powered + 1).
        looked_up: takes what the first table says, shape (n_rows, n_ids); or (0, n_ids).
    """
    n_ids = rows.shape[1]
    memory, placed = _scratch(n_ids), np.empty((2, n_ids))
    ids, ordered, n_plain = memory[0], memory[1], plain.shape[0]
    length = _length(tables[1, :n_ids])
    for row in range(rows.shape[0]):
        kind = _sort_row(rows[row], memory)
        if kind == _ODD:
            return row
        if kind == _EQUAL:
            _place(memory, kind, tables[0], placed[0])
            _place(memory, kind, tables[1], placed[1])
        for column in range(n_plain + powered.shape[0]):
            group = 0 if column < n_plain else 1
            vector = powered[column - n_plain] if group else plain[column]
            if kind == _EQUAL:
                out[row, column] = _dot(placed[group], vector)
            else:
                out[row, column] = _mirrored_dot(ids, tables[group, :n_ids], vector)
        if looked_up.shape[0]:
            _place(memory, kind, tables[0], looked_up[row])
        out[row, -1] = _length(placed[1]) if kind == _EQUAL else length
        if ordered[0] == ordered[-1]:
            out[row, -1] = 0.0
    return -1


@_compiled
def _run(ordered: NDArray[np.float64], first: int) -> int:
    """Return the place after the last value that equals the one at `first`."""
    last = first + 1
    while last < ordered.size and ordered[last] == ordered[first]:
        last += 1
    return last


@_compiled
def _place(
    memory: Scratch,
    kind: int,
    table: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write a table's entries for a sorted row in the order of the ids.

    Args:
        memory: as `_sort_row` has left it.
        kind: what `_sort_row` has returned; with `_EQUAL`, equal values share their mean rank.
        table: see `look_up`.
        out: takes the entries, shape (n_ids,).
    """
    ids, ordered = memory[0], memory[1]
    if kind == _DISTINCT:
        for place in range(ids.size):
            out[ids[place]] = table[place]
        return
    first = 0
    while first < ids.size:
        last = _run(ordered, first)
        # Twice the mean rank is first + last + 1: even for a whole rank.
        middle = (first + last) // 2
        entry = table[middle] if (first + last) % 2 else table[ids.size + middle]
        for place in range(first, last):
            out[ids[place]] = entry
        first = last


@_compiled
def _mirrored_dot(
    ids: NDArray[np.uint32], entries: NDArray[np.float64], vector: NDArray[np.float64]
) -> float:
    """Return the sum of `entries[place] * vector[ids[place]]` for antisymmetric entries.

    The ids are taken from both ends at once: that halves the products, and the row in reverse
    order gives the same sum with the other sign, to the last bit.
    """
    # Two chains, since each addition waits for the one before.
    sum_1, sum_2, last = 0.0, 0.0, ids.size - 1
    for place in range(0, ids.size // 2 - 1, 2):
        sum_1 += entries[place] * (vector[ids[place]] - vector[ids[last - place]])
        sum_2 += entries[place + 1] * (vector[ids[place + 1]] - vector[ids[last - place - 1]])
    if ids.size // 2 % 2:
        place = ids.size // 2 - 1
        sum_1 += entries[place] * (vector[ids[place]] - vector[ids[last - place]])
    return sum_1 + sum_2


@_compiled
def _dot(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Return the dot product, added in one order on every machine."""
    sum_1, sum_2, sum_3, sum_4 = 0.0, 0.0, 0.0, 0.0
    whole = left.size - left.size % 4
    for place in range(0, whole, 4):
        sum_1 += left[place] * right[place]
        sum_2 += left[place + 1] * right[place + 1]
        sum_3 += left[place + 2] * right[place + 2]
        sum_4 += left[place + 3] * right[place + 3]
    for place in range(whole, left.size):
        sum_1 += left[place] * right[place]
    return (sum_1 + sum_2) + (sum_3 + sum_4)


@_compiled
def _length(entries: NDArray[np.float64]) -> float:
    """Return how long a row is after its mean is taken away."""
    sum_1, sum_2, sum_3, sum_4 = 0.0, 0.0, 0.0, 0.0
    whole = entries.size - entries.size % 4
    for place in range(0, whole, 4):
        sum_1 += entries[place]
        sum_2 += entries[place + 1]
        sum_3 += entries[place + 2]
        sum_4 += entries[place + 3]
    for place in range(whole, entries.size):
        sum_1 += entries[place]
    total = (sum_1 + sum_2) + (sum_3 + sum_4)
    return math.sqrt(max(_dot(entries, entries) - total * total / entries.size, 0.0))


@_compiled
def _scratch(n_ids: int) -> Scratch:
    """Return memory for sorting rows of so many ids, to be used again from row to row."""
    ids, passed = np.empty(n_ids, np.uint32), np.empty(n_ids, np.uint32)
    digits, counts = np.empty(n_ids, np.int32), np.empty((2, _BUCKETS), np.uint32)
    return ids, np.empty(n_ids), digits, passed, counts


@_compiled
def _sort_row(values: NDArray[np.float64], memory: Scratch) -> int:
    """Put a row's ids into ascending order of their values; equal values keep the ids' order.

    Args:
        values: shape (n_ids,).
        memory: from `_scratch`; `ids` takes the ids in order, `ordered` the values in order.

    Returns:
        `_DISTINCT`, `_EQUAL` if some values are equal, or `_ODD`, with nothing ordered, if one
        is not finite.
    """
    ids, ordered, digits, passed, counts = memory
    crowded = values.size * _BUCKETS // _CROWDED
    low, scale, unit = _scale(values)
    n_odd = 0
    for name in range(values.size):
        digits[name] = np.int32((values[name] * unit - low) * scale)
        n_odd += values[name] * 0.0 != 0.0
    if n_odd:
        return _ODD
    crowd = _count(digits, counts)
    if crowd > crowded:
        positions = ordered
        for name in range(values.size):
            positions[name] = (values[name] * unit - low) * scale
        for _ in range(_SPREADS):
            before = crowd
            _spread(positions, counts[1], digits)
            crowd = _count(digits, counts)
            # Equal values cannot be spread: then the crowd stays as large.
            if not crowded < crowd < before:
                break
    _distribute(digits, ids, passed, counts)
    rises, falls = _gather(values, ids, ordered, passed)
    if rises == values.size:
        return _DISTINCT
    _mend(ids, ordered, digits, passed[:falls])
    return _EQUAL if _has_equal(ordered) else _DISTINCT


@_compiled
def _scale(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return `low`, `scale` and `unit`, such that `(value * unit - low) * scale` has 22 bits."""
    low = low_2 = high = high_2 = values[-1]
    # Two chains, since each comparison waits for the one before.
    for place in range(0, values.size - 1, 2):
        value, value_2 = values[place], values[place + 1]
        low = value if value < low else low
        low_2 = value_2 if value_2 < low_2 else low_2
        high = value if value > high else high
        high_2 = value_2 if value_2 > high_2 else high_2
    low, high = min(low, low_2), max(high, high_2)
    # Powers of two bring ranges at the ends of float64 where their quotient is a float.
    unit = 1.0
    if high > _HUGE or low < -_HUGE:
        unit = 2.0**-64
    elif low < high and high - low < _TINY:
        # So small a difference is one of values that are small themselves: they stay floats.
        unit = 2.0**128
    low, high = low * unit, high * unit
    return low, _LAST / (high - low) if high > low else 0.0, unit


@_compiled
def _count(digits: NDArray[np.int32], counts: NDArray[np.uint32]) -> int:
    """Count the values of the lower and of the upper 11 bits.

    Returns:
        The sum of the upper counts' squares, which grows with the ids that share all their bits.
    """
    lower, upper = counts[0], counts[1]
    lower[:] = 0
    upper[:] = 0
    one, shift, mask = np.uint32(1), np.uint32(_DIGIT), np.uint32(_BUCKETS - 1)
    for name in range(digits.size):
        digit = np.uint32(digits[name])
        lower[digit & mask] += one
        upper[digit >> shift] += one
    squares = 0
    for bucket in range(_BUCKETS):
        squares += int(upper[bucket]) ** 2
    return squares


@_compiled
def _spread(
    positions: NDArray[np.float64], upper: NDArray[np.uint32], digits: NDArray[np.int32]
) -> None:
    """Move the positions apart where they are crowded, keeping their order.

    Each value of the upper bits gets a share of the 22 bits as large as its share of the ids, as
    a distribution function would have it.
    """
    below = np.empty(_BUCKETS + 1)
    below[0] = 0.0
    for bucket in range(_BUCKETS):
        below[bucket + 1] = below[bucket] + upper[bucket]
    width = _LAST / positions.size
    for name in range(positions.size):
        position = positions[name] / _BUCKETS
        bucket_2 = np.int64(position)
        share = below[bucket_2 + 1] - below[bucket_2]
        positions[name] = (below[bucket_2] + (position - bucket_2) * share) * width
        digits[name] = np.int32(positions[name])


@_compiled
def _distribute(
    digits: NDArray[np.int32],
    ids: NDArray[np.uint32],
    passed: NDArray[np.uint32],
    counts: NDArray[np.uint32],
) -> None:
    """Lay out the ids by their 22 bits, 11 at a time, the lower ones first."""
    lower, upper = counts[0], counts[1]
    one, shift, mask = np.uint32(1), np.uint32(_DIGIT), np.uint32(_BUCKETS - 1)
    id_bits, id_mask = np.uint32(_ID_BITS), np.uint32(MAX_IDS - 1)
    below, below_2 = np.uint32(0), np.uint32(0)
    for bucket in range(_BUCKETS):
        count, count_2 = lower[bucket], upper[bucket]
        lower[bucket], upper[bucket] = below, below_2
        below += count
        below_2 += count_2
    for name in range(digits.size):
        digit = np.uint32(digits[name])
        bucket_2 = digit & mask
        free = lower[bucket_2]
        lower[bucket_2] = free + one
        passed[free] = ((digit >> shift) << id_bits) | np.uint32(name)
    for place in range(digits.size):
        both = passed[place]
        free = upper[both >> id_bits]
        upper[both >> id_bits] = free + one
        ids[free] = both & id_mask


@_compiled
def _gather(
    values: NDArray[np.float64],
    ids: NDArray[np.uint32],
    ordered: NDArray[np.float64],
    falls: NDArray[np.uint32],
) -> tuple[int, int]:
    """Write the values in the ids' order.

    Returns:
        How many values are greater than the one before, the first one included; and how many
        are smaller, whose places are the first entries of `falls`.
    """
    rises, n_falls, before = 0, 0, -np.inf
    for place in range(ids.size):
        value = values[ids[place]]
        ordered[place] = value
        rises += value > before
        if value < before:
            falls[n_falls] = place
            n_falls += 1
        before = value
    return rises, n_falls


@_compiled
def _has_equal(ordered: NDArray[np.float64]) -> bool:
    """Return whether two neighbours are equal."""
    pairs = 0
    for place in range(1, ordered.size):
        pairs += ordered[place] == ordered[place - 1]
    return pairs > 0


@_compiled
def _mend(
    ids: NDArray[np.uint32],
    ordered: NDArray[np.float64],
    digits: NDArray[np.int32],
    falls: NDArray[np.uint32],
) -> None:
    """Order the ids that share their 22 bits by the values themselves, wherever these fall."""
    last = 0
    for fall in falls:
        if fall < last:
            continue
        first, last, digit = int(fall), int(fall), digits[ids[fall]]
        while first > 0 and digits[ids[first - 1]] == digit:
            first -= 1
        while last < ids.size and digits[ids[last]] == digit:
            last += 1
        if last - first > _INSERTED:
            order = np.argsort(ordered[first:last], kind="mergesort")
            ids[first:last], ordered[first:last] = (
                ids[first:last][order],
                ordered[first:last][order],
            )
        else:
            _insert(ids[first:last], ordered[first:last])


@_compiled
def _insert(ids: NDArray[np.uint32], ordered: NDArray[np.float64]) -> None:
    """Sort a short run by insertion."""
    for place in range(1, ids.size):
        value, name, free = ordered[place], ids[place], place
        while free > 0 and ordered[free - 1] > value:
            ordered[free], ids[free] = ordered[free - 1], ids[free - 1]
            free -= 1
        ordered[free], ids[free] = value, name
