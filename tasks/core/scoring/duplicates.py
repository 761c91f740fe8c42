"""Exact duplicates in a book: reported with precedence by commitment, never penalised."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import SubmissionError
from tasks.core.scoring import metrics, ranks

SAME = 1e-12
"""Two submissions are the same where their rank correlation is within this of 1."""


def earlier_models(
    predictions: NDArray[np.float64],
    digests: Sequence[str],
    precedence: Sequence[tuple[int, int]],
) -> dict[int, int]:
    """Return for each duplicate the row that was committed first.

    Args:
        predictions: finite values, shape (n_models, n_ids); may be memory-mapped.
        digests: of each row's content; equal digests are duplicates too.
        precedence: block and log index of each row's last commitment.

    Returns:
        Row of the duplicate -> row of the earliest submission that equals it. Rows without an
        earlier equal are not in it.

    Raises:
        SubmissionError: if the numbers of rows, digests and commitments differ.
    """
    n_models = predictions.shape[0]
    if not n_models == len(digests) == len(precedence):
        raise SubmissionError(
            f"{n_models} rows, {len(digests)} digests and {len(precedence)} commitments"
        )
    order = sorted(range(n_models), key=lambda row: precedence[row])
    earliest: dict[int, int] = {}
    for later, earlier in _equal_places(predictions, digests, order):
        # The lowest place wins, whichever block of the matrix brings it first.
        earliest[later] = min(earlier, earliest.get(later, earlier))
    return {order[later]: order[earlier] for later, earlier in sorted(earliest.items())}


def _equal_places(
    predictions: NDArray[np.float64], digests: Sequence[str], order: Sequence[int]
) -> list[tuple[int, int]]:
    """Return the pairs (later, earlier) of equal submissions, as places in `order`."""
    pairs = _equal_digests(digests, order)
    rows = np.asarray(order, dtype=np.intp)
    for first, last in metrics.batch_edges(len(order)):
        later = _unit_rows(predictions[rows[first:last]])
        for start, stop in metrics.batch_edges(last):
            earlier = later if start == first else _unit_rows(predictions[rows[start:stop]])
            below, above = np.nonzero(later @ earlier.T > 1.0 - SAME)
            pairs.extend(
                (int(i), int(j)) for i, j in zip(below + first, above + start, strict=True) if j < i
            )
    return pairs


def _equal_digests(digests: Sequence[str], order: Sequence[int]) -> list[tuple[int, int]]:
    seen: dict[str, int] = {}
    pairs = []
    for place, row in enumerate(order):
        earlier = seen.setdefault(digests[row], place)
        if earlier < place:
            pairs.append((place, earlier))
    return pairs


def _unit_rows(predictions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return gaussianised ranks, centred and of length one; zeros for a constant row."""
    quantiles = ranks.gauss(predictions)
    centred = quantiles - quantiles.mean(axis=1, keepdims=True)
    norms = np.sqrt((centred * centred).sum(axis=1, keepdims=True))
    zeros = np.zeros_like(centred)
    units: NDArray[np.float64] = np.divide(centred, norms, out=zeros, where=norms > 0)
    return units
