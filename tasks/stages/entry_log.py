"""A round's entries and deliveries, read from the chain's log as it grows."""

from collections.abc import Iterator, Sequence
from itertools import islice

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Header
from tasks.core.errors import ChainError
from tasks.core.money.units import RoundId
from tasks.core.protocol import book
from tasks.core.protocol.book import Entrant
from tasks.core.protocol.events import Entered

_MODELS = 250
"""So many models' files are asked for at once."""


class EntryLog:
    """What stands in the log about one round, as far as it was read.

    Of the deliveries, which anybody may log, those alone are looked at whose model has entered.

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
        self._first = chain.tournament.opening(round_id).block

    def read(self) -> Header:
        """Read what is new, and return the block up to which it was read.

        Raises:
            ChainError: if the chain was reorganised: begin anew.
        """
        head, known = self._chain.header(), self._head
        if known is not None and self._chain.header(known.number).hash != known.hash:
            raise ChainError(f"block {known.number} is another one now: the log is read anew")
        first = self._first if known is None else known.number + 1
        if first <= head.number:
            before = [entrant.model for entrant in self.entrants]
            self._find_files(before, first, head.number)
            fresh = self._read_entries(first, head.number) - set(before)
            self._find_files(sorted(fresh), self._first, head.number)
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
            events = self._chain.tournament.delivered(self._round, [model], block, block)
            yield from (event.sealed for event in islice(events, skip, None))
            skip = 0

    def _read_entries(self, first: int, last: int) -> set[bytes]:
        """Read the entries of a range, and return whose they are."""
        found = self._chain.tournament.entered(self._round, last, from_block=first)
        if found:
            self._entered += found
            self.entrants = book.last_entries(self._entered)
        return {event.model for event in found}

    def _find_files(self, models: Sequence[bytes], first: int, last: int) -> None:
        """Note in which blocks of a range files were delivered for some models."""
        for start in range(0, len(models), _MODELS):
            asked = models[start : start + _MODELS]
            for event in self._chain.tournament.delivered(self._round, asked, first, last):
                self._delivered.setdefault(event.model, []).append(event.block)
