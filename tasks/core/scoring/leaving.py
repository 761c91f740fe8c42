"""The closed form behind `originality.leave_one_out`: a blend without each of its submissions.

With b the centred blend of all, g a centred submission, w its weight and t a unit vector, the rest
b - w g has the product b.t - w g.t with t and the squared length |b|^2 - 2 w g.b + w^2 |g|^2. Two
passes over the memory give the sums for all submissions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

_P = ParamSpec("_P")
_R = TypeVar("_R")

# A row's terms may be added in any order, so that the processor can take several at once; rows
# still do not touch each other.
_compiled: Callable[[Callable[_P, _R]], Callable[_P, _R]] = numba.njit(
    cache=True, nogil=True, fastmath={"reassoc", "nsz", "contract"}
)

_NOTHING = 1e-12
"""A blend shorter than this share of what was added up is what rounding left."""

_CANCELS = 1e-3
"""A squared length below this share of its terms has lost too many digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A blend and the sums that its scores without each submission follow from."""

    blend: NDArray[np.float64]
    """Centred, shape (n_ids,)."""
    with_target: NDArray[np.float64]
    """Weighted products with the unit vector, w g.t, shape (n_models,)."""
    with_blend: NDArray[np.float64]
    """Weighted products with the blend, w g.b."""
    squares: NDArray[np.float64]
    """Squared weighted lengths, w^2 |g|^2."""

    @property
    def level(self) -> float:
        """Return the length below which a sum of all is nothing."""
        return _NOTHING * float(np.sqrt(self.squares).sum())


def add_up(
    rows: NDArray[np.float64], weights: NDArray[np.float64], target: NDArray[np.float64]
) -> Sums:
    """Return the sums over a blend's submissions.

    Args:
        rows: C order, shape (n_models, n_ids); not finite values give sums that are not.
        weights: not negative, shape (n_models,).
        target: a unit vector with mean 0, shape (n_ids,).
    """
    n_models, n_ids = rows.shape
    blend, sums = np.zeros(n_ids), np.empty((n_models, 3))
    _first_pass(rows, weights, target, blend, sums)
    blend -= blend.mean()
    products = np.empty(n_models)
    _second_pass(rows, blend, products)
    squares = np.maximum(sums[:, 2] - sums[:, 1] ** 2 / n_ids, 0.0)
    return Sums(
        blend=blend,
        with_target=weights * sums[:, 0],
        with_blend=weights * products,
        squares=weights**2 * squares,
    )


def score(blend: NDArray[np.float64], target: NDArray[np.float64], level: float) -> float:
    """Return a centred blend's correlation with a unit vector; NaN if it is no longer than that."""
    length = float(np.sqrt((blend * blend).sum()))
    if not length > level:
        return float("nan")
    return float((blend * target).sum()) / length


def without_each(
    rows: NDArray[np.float64],
    weights: NDArray[np.float64],
    target: NDArray[np.float64],
    sums: Sums,
) -> NDArray[np.float64]:
    """Return the blend's correlation with a unit vector without each submission.

    Args:
        rows: as `add_up` took them.
        weights: as `add_up` took them.
        target: as `add_up` took it.
        sums: what `add_up` gave.

    Returns:
        Correlations, shape (n_models,); NaN where nothing is left, or what is left cancels.
    """
    whole = float((sums.blend * sums.blend).sum())
    squares = whole - 2.0 * sums.with_blend + sums.squares
    products = float((sums.blend * target).sum()) - sums.with_target
    cancelled = squares <= _CANCELS * np.maximum(whole, sums.squares)
    lengths = np.sqrt(np.where(cancelled, 1.0, squares))
    scores: NDArray[np.float64] = products / lengths
    for row in np.flatnonzero(cancelled):
        rest, level = _rest(rows, weights, sums, int(row))
        scores[row] = score(rest, target, level)
    return scores


def _rest(
    rows: NDArray[np.float64], weights: NDArray[np.float64], sums: Sums, row: int
) -> tuple[NDArray[np.float64], float]:
    """Return the centred blend without one submission, and the length below which it is nothing.

    Taking a submission away that holds most of the weight would leave few digits of the others,
    so they are added up anew. There is at most one such submission.
    """
    if weights[row] <= weights.sum() / 2.0:
        rest = sums.blend - weights[row] * (rows[row] - rows[row].mean())
        return rest, sums.level
    others = weights.copy()
    others[row] = 0.0
    rest = others @ rows
    lengths = np.sqrt(np.delete(sums.squares, row))
    return rest - rest.mean(), _NOTHING * float(lengths.sum())


@_compiled
def _first_pass(
    rows: NDArray[np.float64],
    weights: NDArray[np.float64],
    target: NDArray[np.float64],
    blend: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Add up the blend, and each row's product with the target, its sum and its square."""
    for row in range(rows.shape[0]):
        weight, product, total, square = weights[row], 0.0, 0.0, 0.0
        for place in range(rows.shape[1]):
            value = rows[row, place]
            blend[place] += weight * value
            product += value * target[place]
            total += value
            square += value * value
        sums[row, 0], sums[row, 1], sums[row, 2] = product, total, square


@_compiled
def _second_pass(
    rows: NDArray[np.float64], blend: NDArray[np.float64], products: NDArray[np.float64]
) -> None:
    """Take each row's product with the blend."""
    for row in range(rows.shape[0]):
        product = 0.0
        for place in range(rows.shape[1]):
            product += rows[row, place] * blend[place]
        products[row] = product
