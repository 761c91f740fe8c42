"""An era's features or other neutralisers, prepared once for all its submissions.

They are centred, brought to length one and correlated with one another. A submission's part in
them then costs two matrix products and one small triangular solution.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from tasks.core.errors import DataError, SubmissionError
from tasks.core.scoring import feature_loops

Values = feature_loops.Values
"""Features, one a row: floats, or small integers, which are quickest."""

RCOND = 1e-6
"""Directions whose singular value is below this part of the largest one are left out."""

_SOUND, _PLAIN = 1e-11, 1e-4
_FEW, _MANY = 4, 200
_EXACT = 2.0**24
"""Sums of integers up to here are exact in float32, in which BLAS is quickest with many rows."""
_SHORT = 1e-140
_TOGETHER = 24
"""A multiple of the rows that any BLAS kernel takes at once, so that it treats all alike."""


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
        if _is_small(self.values):
            feature_loops.measure_small(self.values, self.means, self.lengths)
        else:
            feature_loops.measure(self.values, self.means, self.lengths)
        # A feature that is infinite everywhere is constant: only its mean gives it away.
        if not (np.isfinite(self.lengths) & np.isfinite(self.means)).all():
            raise DataError("a feature holds a value that is not finite, or too large to square")

    @property
    def n_ids(self) -> int:
        """Return how many ids there are."""
        return int(self.values.shape[1])

    @cached_property
    def units(self) -> NDArray[np.float64]:
        """Return the features with mean 0 and of length one; zeros for a constant one."""
        units = np.empty(self.values.shape)
        feature_loops.bring(self.values, self.means, self.lengths, units)
        return units

    def products(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the products of rows with the units, shape (n_rows, n_features)."""
        if len(rows) > _FEW or not _is_small(self.values):
            found: NDArray[np.float64] = rows @ self.units.T
            return found
        # So few rows are done before the units would be made.
        found = np.empty((len(rows), len(self.values)))
        feature_loops.multiply_rows(self.values, self.means, self.lengths, rows, found)
        return found

    def combine(self, coefficients: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
        """Write sums of the units, shape (n_rows, n_ids)."""
        if len(coefficients) > _FEW or not _is_small(self.values):
            np.matmul(coefficients, self.units, out=sums)
        else:
            feature_loops.combine_rows(self.values, self.means, self.lengths, coefficients, sums)

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
        if len(values) > _MANY:
            floats = values.astype(np.float32)
            if float(np.abs(floats).max()) ** 2 * self.n_ids < _EXACT:
                return (floats @ floats.T).astype(np.float64)
        exact = np.empty((len(values), len(values)))
        feature_loops.multiply(values, exact)
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
        feature_loops.take_away(rows, means, proportion, 0.0, rest)
        return rest

    def write_order_without(
        self, rows: NDArray[np.float64], decimals: int, order: NDArray[np.float64]
    ) -> None:
        """Write whole numbers in the order of what `without` leaves, rounded to decimals."""
        means = self._write_part(rows, order)
        feature_loops.take_away(rows, means, 1.0, 10.0**decimals, order)

    def _write_part(
        self, rows: NDArray[np.float64], part: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Write the rows' least-squares part in the space; return what to add to each row of it."""
        if self.basis is not None or self.features is None:
            basis = np.empty((0, rows.shape[1])) if self.basis is None else self.basis
            _project(rows, basis, part)
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
    feature_loops.measure(rows, means, lengths)
    feature_loops.bring(rows, means, lengths, units)
    for row in np.flatnonzero(~((lengths > _SHORT) & (lengths < 1 / _SHORT))):
        # Squares that leave float64 at one of its ends.
        largest = np.abs(rows[row]).max()
        if not np.isfinite(largest):
            raise SubmissionError(f"row {first + row} holds a value that is not finite")
        if largest > 0:
            one, scaled = slice(row, row + 1), rows[row : row + 1] / largest
            feature_loops.measure(scaled, means[one], lengths[one])
            feature_loops.bring(scaled, means[one], lengths[one], units[one])
    return units, lengths


def _project(
    rows: NDArray[np.float64], basis: NDArray[np.float64], part: NDArray[np.float64]
) -> None:
    """Write the rows' part in an orthonormal basis.

    Always so many rows at once, empty ones included: BLAS rounds by the shape of a product, and
    where features are dependent that would decide theoretical ties by who else is in the batch.
    """
    block = np.zeros((_TOGETHER, rows.shape[1]))
    for first in range(0, len(rows), _TOGETHER):
        some = rows[first : first + _TOGETHER]
        block[: len(some)] = some
        part[first : first + _TOGETHER] = ((block @ basis.T) @ basis)[: len(some)]


def _is_small(values: Values) -> TypeGuard[NDArray[np.int8]]:
    return values.dtype == np.int8
