"""How many items one call of the contract takes, and a sequence cut to that."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

MAX_BATCH = 64
"""Most entries, leaves or models of one call; `contracts/tournament.vy` has the same."""

_T = TypeVar("_T")


def of(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Yield the items in their order, in batches that the contract takes."""
    for first in range(0, len(items), MAX_BATCH):
        yield items[first : first + MAX_BATCH]
