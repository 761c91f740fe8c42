"""The compiled loops behind an era's features: lengths, products, sums of rows.

Terms of a sum may be added in any order, so that the processor can take several at once; rows do
not touch each other.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

_P = ParamSpec("_P")
_R = TypeVar("_R")

_compiled: Callable[[Callable[_P, _R]], Callable[_P, _R]] = numba.njit(
    cache=True, nogil=True, fastmath={"reassoc", "nsz"}
)

Values = NDArray[np.float64] | NDArray[np.int8]

_SMALL = 2**16
"""Twice as many products of two int8 fit into 32 bits."""


@_compiled
def take_away(
    rows: NDArray[np.float64],
    means: NDArray[np.float64],
    proportion: float,
    scale: float,
    part: NDArray[np.float64],
) -> None:
    """Write rows less a proportion of their part over the part; times a scale, rounded, if any."""
    for row in range(rows.shape[0]):
        for name in range(rows.shape[1]):
            part[row, name] = rows[row, name] - proportion * (part[row, name] + means[row])
        if scale > 0.0:
            for name in range(rows.shape[1]):
                part[row, name] = np.rint(part[row, name] * scale)


@_compiled
def measure(values: Values, means: NDArray[np.float64], lengths: NDArray[np.float64]) -> None:
    """Write each row's mean, and its length without it; 0 for constant rows."""
    for row in range(values.shape[0]):
        total, squares, changes = 0.0, 0.0, 0
        for name in range(values.shape[1]):
            total += values[row, name]
            changes += values[row, name] != values[row, 0]
        mean = total / values.shape[1]
        for name in range(values.shape[1]):
            squares += (values[row, name] - mean) * (values[row, name] - mean)
        means[row] = mean
        # What the mean's rounding leaves of equal values is no direction.
        lengths[row] = np.sqrt(squares) if changes else 0.0


@_compiled
def measure_small(
    values: NDArray[np.int8], means: NDArray[np.float64], lengths: NDArray[np.float64]
) -> None:
    """Do as `measure` for small integers, whose sums are exact."""
    n_ids = values.shape[1]
    for row in range(values.shape[0]):
        total, squares = 0, 0
        for name in range(n_ids):
            value = int(values[row, name])
            total += value
            squares += value * value
        means[row] = total / n_ids
        lengths[row] = np.sqrt((squares * n_ids - total * total) / n_ids)


@_compiled
def bring(
    values: Values,
    means: NDArray[np.float64],
    lengths: NDArray[np.float64],
    units: NDArray[np.float64],
) -> None:
    """Write rows with mean 0 and of length one; zeros for constant rows."""
    for row in range(values.shape[0]):
        mean, inverse = means[row], 1.0 / lengths[row] if lengths[row] > 0.0 else 0.0
        for name in range(values.shape[1]):
            units[row, name] = (values[row, name] - mean) * inverse


@_compiled
def multiply_rows(
    values: NDArray[np.int8],
    means: NDArray[np.float64],
    lengths: NDArray[np.float64],
    rows: NDArray[np.float64],
    products: NDArray[np.float64],
) -> None:
    """Write the products of rows with the units of small integers, which are not made."""
    for row in range(rows.shape[0]):
        whole = rows[row].sum()
        for feature in range(values.shape[0]):
            total = 0.0
            for name in range(values.shape[1]):
                total += values[feature, name] * rows[row, name]
            length = lengths[feature]
            products[row, feature] = (
                (total - means[feature] * whole) / length if length > 0.0 else 0.0
            )


@_compiled
def combine_rows(
    values: NDArray[np.int8],
    means: NDArray[np.float64],
    lengths: NDArray[np.float64],
    coefficients: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Write sums of the units of small integers, which are not made."""
    for row in range(coefficients.shape[0]):
        sums[row] = 0.0
        shift = 0.0
        for feature in range(values.shape[0]):
            if lengths[feature] > 0.0:
                weight = coefficients[row, feature] / lengths[feature]
                shift += weight * means[feature]
                for name in range(values.shape[1]):
                    sums[row, name] += weight * values[feature, name]
        for name in range(values.shape[1]):
            sums[row, name] -= shift


@_compiled
def multiply(values: NDArray[np.int8], products: NDArray[np.float64]) -> None:
    """Write the products of rows of small integers with one another."""
    for row in range(values.shape[0]):
        for column in range(row + 1):
            total = 0.0
            for first in range(0, values.shape[1], _SMALL):
                left = values[row, first : first + _SMALL]
                total += _small_product(left, values[column, first : first + _SMALL])
            products[row, column] = products[column, row] = total


@_compiled
def _small_product(left: NDArray[np.int8], right: NDArray[np.int8]) -> float:
    """Return the product of short rows in the 32 bits that the processor adds most quickly."""
    total = np.int32(0)
    for name in range(left.size):
        total = np.int32(total + np.int32(np.int32(left[name]) * np.int32(right[name])))
    return float(total)
