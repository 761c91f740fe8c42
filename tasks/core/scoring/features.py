"""An era's features or other neutralisers, prepared once for all its submissions.

They are centred, brought to length one and correlated with one another. A submission's part in
them then costs two matrix products and one small triangular solution.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ParamSpec, TypeGuard, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from tasks.core.errors import DataError, SubmissionError

_P = ParamSpec("_P")
_R = TypeVar("_R")

# Terms of a sum may be added in any order, so that the processor can take several at once.
_compiled: Callable[[Callable[_P, _R]], Callable[_P, _R]] = numba.njit(
    cache=True, nogil=True, fastmath={"reassoc", "nsz"}
)

Values = NDArray[np.float64] | NDArray[np.int8]

RCOND = 1e-6
"""Directions whose singular value is below this part of the largest one are left out."""

_SOUND, _PLAIN = 1e-11, 1e-4
_FEW, _MANY = 4, 200
_EXACT = 2.0**24
"""Sums of integers up to here are exact in float32, in which BLAS is quickest with many rows."""
_SHORT = 1e-140
_SMALL = 2**16
"""Twice as many products of two int8 fit into 32 bits."""


class Features:
    """Features of an era, one a row, and what all its submissions need of them."""

    def __init__(self, values: Values) -> None:
        """Prepare features.

        Args:
            values: finite numbers, shape (n_features, n_ids); int8 is quickest.

        Raises:
            DataError: if the shape is another one or a value is not finite.
        """
        if values.ndim != 2 or values.shape[1] == 0:
            raise DataError(f"features of shape {values.shape}: need (features, ids)")
        kind = np.int8 if values.dtype == np.int8 else np.float64
        self.values: Values = np.require(values, kind, ["C", "W"]).view(np.ndarray)
        self.means, self.lengths = np.empty(len(values)), np.empty(len(values))
        _measure(self.values, self.means, self.lengths)
        if not np.isfinite(self.lengths).all():
            raise DataError("a feature holds a value that is not finite")

    @property
    def n_ids(self) -> int:
        """Return how many ids there are."""
        return int(self.values.shape[1])

    @cached_property
    def units(self) -> NDArray[np.float64]:
        """Return the features with mean 0 and of length one; zeros for a constant one."""
        units = np.empty(self.values.shape)
        _bring(self.values, self.means, self.lengths, units)
        return units

    def products(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the products of rows with the units, shape (n_rows, n_features)."""
        if len(rows) > _FEW or not _is_small(self.values):
            found: NDArray[np.float64] = rows @ self.units.T
            return found
        # So few rows are done before the units would be made.
        found = np.empty((len(rows), len(self.values)))
        _multiply_rows(self.values, self.means, self.lengths, rows, found)
        return found

    def combine(self, coefficients: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
        """Write sums of the units, shape (n_rows, n_ids)."""
        if len(coefficients) > _FEW or not _is_small(self.values):
            np.matmul(coefficients, self.units, out=sums)
        else:
            _combine_rows(self.values, self.means, self.lengths, coefficients, sums)

    @cached_property
    def span(self) -> "Span":
        """Return the space of the features and the constant."""
        return self._cholesky() or self._orthonormal()

    @cached_property
    def correlations(self) -> NDArray[np.float64]:
        """Return the features' correlations with one another; 0 beside a constant one."""
        if not _is_small(self.values):
            between: NDArray[np.float64] = self.units @ self.units.T
            return between
        exact = self._exact_products(self.values)
        lengths = np.where(self.lengths > 0, self.lengths, np.inf)
        exact -= np.outer(self.means * self.n_ids, self.means)
        between = exact / np.outer(lengths, lengths)
        return between

    def _exact_products(self, values: NDArray[np.int8]) -> NDArray[np.float64]:
        """Return the products of features of small integers with one another, without rounding."""
        largest = float(np.abs(values, dtype=np.float32).max())
        if len(values) > _MANY and largest * largest * self.n_ids < _EXACT:
            floats = values.astype(np.float32)
            return (floats @ floats.T).astype(np.float64)
        exact = np.empty((len(values), len(values)))
        _multiply(values, exact)
        return exact

    def _cholesky(self) -> "Span | None":
        """Return the span of features that are clearly independent, else None.

        The correlations are then inverted, which loses twice the digits that a basis would; so
        this is for well-conditioned ones, which features are.
        """
        if not len(self.values):
            return Span(features=self, factor=np.empty((0, 0)))
        factor, failed = linalg.lapack.dpotrf(self.correlations, lower=1)
        if failed:
            return None
        norm = float(np.abs(self.correlations).sum(axis=0).max())
        condition = float(linalg.lapack.dpocon(factor, norm, uplo="L")[0])
        if condition < _PLAIN or self._least_part(condition) < _SOUND:
            return None
        return Span(features=self, factor=factor)

    def _least_part(self, condition: float) -> float:
        """Return a lower bound for (least / largest singular value)^2 of features and constant.

        With R the correlations, D the squared lengths and m the means, the products of features
        and constant are T diag(D^1/2 R D^1/2, n) T' with T = [[1, m], [0, 1]]; the inverse of T
        is no longer than 1 + |m|, and the largest eigenvalue no larger than the trace.
        """
        squares, n_ids = self.lengths**2, self.n_ids
        # R has trace k, so its largest eigenvalue is at least 1.
        least = min(float(squares.min()) * condition, n_ids)
        means = float(np.sqrt((self.means**2).sum()))
        trace = float(squares.sum()) + n_ids * (1.0 + means**2)
        return least / (1.0 + means) ** 2 / trace

    def _orthonormal(self) -> "Span":
        """Return the span of any features, as least squares with RCOND sees it."""
        bordered = np.vstack((self.values, np.ones(self.n_ids)))
        _, singular, directions = linalg.svd(bordered, full_matrices=False, check_finite=False)
        return Span(basis=directions[singular > RCOND * singular[0]])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Span:
    """The space of some features and the constant.

    Either of independent features, with the lower Cholesky factor of their correlations; or by an
    orthonormal basis, one direction a row, the constant's among them.
    """

    features: Features | None = None
    factor: NDArray[np.float64] | None = None
    basis: NDArray[np.float64] | None = None

    def without(self, rows: NDArray[np.float64], proportion: float = 1.0) -> NDArray[np.float64]:
        """Return rows of shape (n_rows, n_ids) without (a proportion of) their part in here."""
        rest = np.empty(rows.shape)
        means = self._write_part(rows, rest)
        _take_away(rows, means, proportion, 0.0, rest)
        return rest

    def write_order_without(
        self, rows: NDArray[np.float64], decimals: int, order: NDArray[np.float64]
    ) -> None:
        """Write whole numbers in the order of what `without` leaves, rounded to decimals."""
        means = self._write_part(rows, order)
        _take_away(rows, means, 1.0, 10.0**decimals, order)

    def _write_part(
        self, rows: NDArray[np.float64], part: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Write the rows' least-squares part in the space; return what to add to each row of it."""
        if self.basis is not None or self.features is None:
            basis = np.empty((0, rows.shape[1])) if self.basis is None else self.basis
            np.matmul(rows @ basis.T, basis, out=part)
            return np.zeros(len(rows))
        products = self.features.products(rows)
        if products.size:
            products = linalg.lapack.dpotrs(self.factor, products.T, lower=1)[0].T
        self.features.combine(products, part)
        means: NDArray[np.float64] = rows.mean(axis=1)
        return means


def prepared(features: Values | Features, n_ids: int) -> Features:
    """Return features, prepared if they are not yet, after checking how many ids they have.

    Raises:
        DataError: if they have another number of ids, or cannot be used.
    """
    found = features if isinstance(features, Features) else Features(features)
    if found.n_ids != n_ids:
        raise DataError(f"features of {found.n_ids} ids do not fit {n_ids} predictions")
    return found


def unit_rows(
    rows: NDArray[np.float64], first: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rows with mean 0, of length one, and 0 for the constant ones among them.

    Args:
        rows: finite values in C order, shape (n_rows, n_ids).
        first: the number of the first row in messages, where these are a block of rows.

    Returns:
        The rows, zeros for constant ones, and for each row 0 if it is constant.

    Raises:
        SubmissionError: if a value is not finite.
    """
    units, lengths = np.empty(rows.shape), np.empty(len(rows))
    means = np.empty(len(rows))
    _measure(rows, means, lengths)
    _bring(rows, means, lengths, units)
    for row in np.flatnonzero(~((lengths > _SHORT) & (lengths < 1 / _SHORT))):
        # Squares that leave float64 at one of its ends.
        largest = np.abs(rows[row]).max()
        if not np.isfinite(largest):
            raise SubmissionError(f"row {first + row} holds a value that is not finite")
        if largest > 0:
            one, scaled = slice(row, row + 1), rows[row : row + 1] / largest
            _measure(scaled, means[one], lengths[one])
            _bring(scaled, means[one], lengths[one], units[one])
    return units, lengths


def _is_small(values: Values) -> TypeGuard[NDArray[np.int8]]:
    return values.dtype == np.int8


@_compiled
def _take_away(
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
def _measure(values: Values, means: NDArray[np.float64], lengths: NDArray[np.float64]) -> None:
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
def _bring(
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
def _multiply_rows(
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
def _combine_rows(
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
def _multiply(values: NDArray[np.int8], products: NDArray[np.float64]) -> None:
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
