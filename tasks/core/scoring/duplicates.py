"""Exact duplicates in a book: reported with precedence by commitment, never penalised."""

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import SubmissionError
from tasks.core.scoring import metrics, ranks


def earlier_models(
    predictions: NDArray[np.float64],
    digests: Sequence[str],
    precedence: Sequence[tuple[int, int]],
    of_ranks: Sequence[bytes | None] | None = None,
) -> dict[int, int]:
    """Return for each duplicate the row that was committed first.

    Two submissions are the same where their ranks are equal, for every score takes the ranks
    alone. Ranks are found by their SHA-256 and then compared in full, so that the work grows with
    the number of submissions and not with that of their pairs.

    Args:
        predictions: finite values, shape (n_models, n_ids); may be memory-mapped, for it is read
            in batches of which only digests are kept.
        digests: of each row's content; equal digests are duplicates too.
        precedence: block and log index of each row's last commitment.
        of_ranks: the rows' `rank_digests`, where these were made elsewhere.

    Returns:
        Row of the duplicate -> row of the earliest submission that equals it. Rows without an
        earlier equal are not in it; constant rows equal others by their digests only.

    Raises:
        SubmissionError: if the numbers of rows, digests and commitments differ, or a value is
            not finite.
    """
    n_models = predictions.shape[0]
    if not n_models == len(digests) == len(precedence):
        raise SubmissionError(
            f"{n_models} rows, {len(digests)} digests and {len(precedence)} commitments"
        )
    order = sorted(range(n_models), key=lambda row: precedence[row])
    copies = [_firsts(digests, order)]
    if of_ranks is None:
        batches = [predictions[i:j] for i, j in metrics.batch_edges(n_models)]
        of_ranks = [digest for rows in batches for digest in rank_digests(rows)]
    by_ranks = _firsts(of_ranks, order)
    copies.append({row: first for row, first in by_ranks.items() if _same(predictions, row, first)})
    found: dict[int, int] = {}
    for row in order:
        earlier = [firsts[row] for firsts in copies if row in firsts]
        if earlier:
            found[row] = min(earlier, key=lambda first: precedence[first])
    return found


def rank_digests(predictions: NDArray[np.float64]) -> list[bytes | None]:
    """Return the SHA-256 of each row's ranks; None for a constant row, which has no order.

    Args:
        predictions: finite values, shape (n_models, n_ids).

    Raises:
        SubmissionError: if a value is not finite.
    """
    return [
        None if (row == row[0]).all() else hashlib.sha256(row).digest()
        for row in ranks.doubled(predictions).astype("<u4")
    ]


def _firsts(keys: Sequence[Hashable], order: Sequence[int]) -> dict[int, int]:
    """Return the first row in an order that has a row's key, for all but these first ones."""
    seen: dict[Hashable, int] = {}
    firsts = {row: seen.setdefault(keys[row], row) for row in order if keys[row] is not None}
    return {row: first for row, first in firsts.items() if first != row}


def _same(predictions: NDArray[np.float64], row: int, other: int) -> bool:
    doubled = ranks.doubled(predictions[[row, other]])
    return np.array_equal(doubled[0], doubled[1])
