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
        # With mean 0 and length one; zeros for a constant feature.
        self.units = np.empty(values.shape)
        self.means, self.lengths = np.empty(len(values)), np.empty(len(values))
        _centre(self.values, self.units, self.means, self.lengths)
        if not np.isfinite(self.lengths).all():
            raise DataError("a feature holds a value that is not finite")

    @property
    def n_ids(self) -> int:
        """Return how many ids there are."""
        return int(self.values.shape[1])

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
        # Sums of products of small integers are exact, and quicker than BLAS.
        exact = np.empty((len(self.values), len(self.values)))
        _multiply(self.values, exact)
        lengths = np.where(self.lengths > 0, self.lengths, np.inf)
        exact -= np.outer(self.means * self.n_ids, self.means)
        between = exact / np.outer(lengths, lengths)
        return between

    def _cholesky(self) -> "Span | None":
        """Return the span of features that are clearly independent, else None.

        The correlations are then inverted, which loses twice the digits that a basis would; so
        this is for well-conditioned ones, which features are.
        """
        if not len(self.values):
            return Span(vectors=self.units, factor=self.units[:, :0])
        factor, failed = linalg.lapack.dpotrf(self.correlations, lower=1)
        if failed:
            return None
        norm = float(np.abs(self.correlations).sum(axis=0).max())
        condition = float(linalg.lapack.dpocon(factor, norm, uplo="L")[0])
        if condition < _PLAIN or self._least_part(condition) < _SOUND:
            return None
        return Span(vectors=self.units, factor=factor)

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
        return Span(vectors=directions[singular > RCOND * singular[0]], factor=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Span:
    """The space of some features and the constant.

    `vectors` has one of its directions a row. With `factor`, the lower Cholesky factor of their
    products with one another, they have mean 0; without, they are orthonormal and the constant
    is among them.
    """

    vectors: NDArray[np.float64]
    factor: NDArray[np.float64] | None

    def without(self, rows: NDArray[np.float64], proportion: float = 1.0) -> NDArray[np.float64]:
        """Return rows of shape (n_rows, n_ids) without (a proportion of) their part in here."""
        part = self._coefficients(rows) @ self.vectors
        if self.factor is not None:
            part += rows.mean(axis=1, keepdims=True)
        if proportion != 1.0:
            part *= proportion
        return np.subtract(rows, part, out=part)

    def _coefficients(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what to multiply `vectors` with to get the rows' part, (n_rows, n_vectors)."""
        products: NDArray[np.float64] = rows @ self.vectors.T
        if self.factor is None or not self.vectors.size:
            return products
        solved, _ = linalg.lapack.dpotrs(self.factor, products.T, lower=1)
        coefficients: NDArray[np.float64] = solved.T
        return coefficients


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
    _centre(rows, units, means, lengths)
    for row in np.flatnonzero(~((lengths > _SHORT) & (lengths < 1 / _SHORT))):
        # Squares that leave float64 at one of its ends.
        largest = np.abs(rows[row]).max()
        if not np.isfinite(largest):
            raise SubmissionError(f"row {first + row} holds a value that is not finite")
        if largest > 0:
            one = slice(row, row + 1)
            _centre(rows[one] / largest, units[one], means[one], lengths[one])
    return units, lengths


def _is_small(values: Values) -> TypeGuard[NDArray[np.int8]]:
    return values.dtype == np.int8


@_compiled
def _centre(
    values: Values,
    units: NDArray[np.float64],
    means: NDArray[np.float64],
    lengths: NDArray[np.float64],
) -> None:
    """Write each row with mean 0 and length one, its mean and its length; 0 for constant rows."""
    n_ids = values.shape[1]
    for row in range(values.shape[0]):
        total, squares, changes = 0.0, 0.0, 0
        for name in range(n_ids):
            total += values[row, name]
            changes += values[row, name] != values[row, 0]
        mean = total / n_ids
        for name in range(n_ids):
            squares += (values[row, name] - mean) * (values[row, name] - mean)
        means[row] = mean
        # What the mean's rounding leaves of equal values is no direction.
        lengths[row] = np.sqrt(squares) if changes else 0.0
        inverse = 1.0 / lengths[row] if lengths[row] > 0.0 else 0.0
        for name in range(n_ids):
            units[row, name] = (values[row, name] - mean) * inverse


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
