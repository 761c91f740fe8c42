"""A round's entries and deliveries, read from the chain's log as it grows."""

from collections.abc import Iterator

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Header
from tasks.core.errors import ChainError
from tasks.core.money.units import RoundId
from tasks.core.protocol import book
from tasks.core.protocol.book import Entrant
from tasks.core.protocol.events import Entered

_BLOCKS = 64
"""Asked for at once: were they full of deliveries, their answer still fits into a few 100 MB."""


class EntryLog:
    """What stands in the log about one round, as far as it was read.

    Attributes:
        entrants: each model's last entry, ascending by model.
    """

    def __init__(self, chain: Chain, round_id: RoundId) -> None:
        """Use a round that was opened; nothing is read yet."""
        self.entrants: list[Entrant] = []
        self._chain = chain
        self._round = round_id
        self._entered: list[Entered] = []
        self._delivered: dict[bytes, list[int]] = {}
        self._head: Header | None = None
        self._first = next(e.block for e in chain.tournament.opened() if e.round == round_id)

    def read(self) -> Header:
        """Read what is new, and return the block up to which it was read.

        Raises:
            ChainError: if the chain was reorganised: begin anew.
        """
        head, known = self._chain.header(), self._head
        if known is not None and self._chain.header(known.number).hash != known.hash:
            raise ChainError(f"block {known.number} is another one now: the log is read anew")
        news = len(self._entered)
        for first, last in _ranges(self._first if known is None else known.number + 1, head.number):
            self._entered += self._chain.tournament.entered(self._round, last, from_block=first)
            for event in self._chain.tournament.delivered(self._round, last, from_block=first):
                self._delivered.setdefault(event.model, []).append(event.block)
        if len(self._entered) > news:
            self.entrants = book.last_entries(self._entered)
        self._head = head
        return head

    def count(self, model: bytes) -> int:
        """Return how many files were delivered for a model."""
        return len(self._delivered.get(model, []))

    def files(self, model: bytes, since: int) -> Iterator[bytes]:
        """Return a model's delivered files in their order, but for the first ones.

        They are not kept, for a stranger may deliver many: their blocks are read again.

        Args:
            model: whose.
            since: how many to leave out.
        """
        blocks = self._delivered.get(model, [])
        skip = since
        for block in sorted(set(blocks)):
            if skip >= blocks.count(block):
                skip -= blocks.count(block)
                continue
            events = self._chain.tournament.delivered(self._round, block, from_block=block)
            yield from [event.sealed for event in events if event.model == model][skip:]
            skip = 0


def _ranges(first: int, last: int) -> Iterator[tuple[int, int]]:
    for start in range(first, last + 1, _BLOCKS):
        yield start, min(start + _BLOCKS - 1, last)
