"""The tournament's log as records, from what is kept of it."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from tasks.adapters.chain.codec import word
from tasks.adapters.chain.contract import Contract
from tasks.adapters.chain.kept_logs import KeptLogs, Stream
from tasks.adapters.chain.log_file import Log
from tasks.adapters.chain.reader import Block, Reader
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import events as kinds
from tasks.core.protocol.events import AnyEvent

_Record = TypeVar("_Record", bound=AnyEvent)

# A delivered file is up to 64 KiB, of whoever pays for it: none comes with the others.
_TOLD = tuple(kind for kind in kinds.KINDS if kind is not kinds.Delivered)
_OF_A_ROUND = tuple(kind for kind in _TOLD if "round" in kind.__annotations__)


class TournamentLog(Contract):
    """What one tournament has logged."""

    def __init__(self, reader: Reader, address: str, kept: KeptLogs | None = None) -> None:
        """Use the contract at an address; see `Contract`."""
        super().__init__(reader, "tournament", address, kept)
        self._told: Stream = self._stream(_names(_TOLD))

    def events(self, to_block: Block = "latest") -> list[AnyEvent]:
        """Return the whole log, but for the deliveries: files of any number and size."""
        return [self._record(log) for log in self._kept.read(self._told, [], 0, to_block)]

    def events_of(self, round_id: RoundId, to_block: Block = "latest") -> list[AnyEvent]:
        """Return all that was logged about a round, but for the deliveries."""
        topics = [self._topics(_names(_OF_A_ROUND)), [word(round_id)]]
        return [self._record(log) for log in self._kept.read(self._told, topics, 0, to_block)]

    def transactions(self) -> set[str]:
        """Return the hashes of all transactions that left a log."""
        bare = self._stream(["Delivered"], with_data=False)
        streams = (self._told, bare)
        return {log.transaction for stream in streams for log in self._kept.read(stream)}

    def opened(self, to_block: Block = "latest") -> list[kinds.Opened]:
        """Return the openings of all rounds."""
        return self._of(kinds.Opened, None, to_block)

    def opening(self, round_id: RoundId, to_block: Block = "latest") -> kinds.Opened:
        """Return the opening of a round.

        Raises:
            InputError: if it was never opened.
        """
        found = self._of(kinds.Opened, round_id, to_block)
        if not found:
            raise InputError(f"round {round_id} was never opened")
        return found[-1]

    def entered(
        self,
        round_id: RoundId,
        to_block: Block = "latest",
        model: bytes | None = None,
        from_block: int = 0,
    ) -> list[kinds.Entered]:
        """Return a round's entries, or one model's, replaced ones included."""
        return self._of(kinds.Entered, round_id, to_block, model, from_block)

    def booked(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Booked]:
        """Return the recording of a round's book, if there was one."""
        return self._of(kinds.Booked, round_id, to_block)

    def proposed(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Proposed]:
        """Return a round's proposals."""
        return self._of(kinds.Proposed, round_id, to_block)

    def challenged(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Challenged]:
        """Return the challenges of a round's proposals."""
        return self._of(kinds.Challenged, round_id, to_block)

    def ruled(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Ruled]:
        """Return what the arbiter said of a round's proposals."""
        return self._of(kinds.Ruled, round_id, to_block)

    def delivered(
        self, round_id: RoundId, models: Sequence[bytes], first: int, last: int
    ) -> Iterator[kinds.Delivered]:
        """Yield the sealed submissions that were delivered for some models, in their order.

        They are read piece by piece and kept nowhere: each is up to 64 KiB.

        Args:
            round_id: the round.
            models: whose files.
            first: the first block.
            last: the last block, itself included.
        """
        asked = [[word(round_id)], list(models)]
        for log in self._kept.unkept(self._stream(["Delivered"]), asked, first, last):
            record = self._record(log)
            if isinstance(record, kinds.Delivered):
                yield record

    def settled(
        self, round_id: RoundId, to_block: Block = "latest", model: bytes | None = None
    ) -> list[kinds.Settled]:
        """Return a round's settled leaves, or one model's."""
        return self._of(kinds.Settled, round_id, to_block, model)

    def skipped(
        self, round_id: RoundId, to_block: Block = "latest", from_block: int = 0
    ) -> list[kinds.Skipped]:
        """Return what a round's batches passed over."""
        return self._of(kinds.Skipped, round_id, to_block, None, from_block)

    def released(self, round_id: RoundId, to_block: Block = "latest") -> list[kinds.Released]:
        """Return a round's released stakes."""
        return self._of(kinds.Released, round_id, to_block)

    def deposited(self, to_block: Block = "latest") -> list[kinds.Deposited]:
        """Return all deposits."""
        return self._of(kinds.Deposited, None, to_block)

    def withdrawn(self, to_block: Block = "latest") -> list[kinds.Withdrawn]:
        """Return all withdrawals."""
        return self._of(kinds.Withdrawn, None, to_block)

    def funded(self, to_block: Block = "latest") -> list[kinds.Funded]:
        """Return all gifts to the pools."""
        return self._of(kinds.Funded, None, to_block)

    def swept(self, to_block: Block = "latest") -> list[kinds.Swept]:
        """Return all sweeps."""
        return self._of(kinds.Swept, None, to_block)

    def _of(
        self,
        kind: type[_Record],
        round_id: RoundId | None,
        to_block: Block,
        model: bytes | None = None,
        from_block: int = 0,
    ) -> list[_Record]:
        topics = [
            self._topics([kind.__name__]),
            None if round_id is None else [word(round_id)],
            None if model is None else [model],
        ]
        logs = self._kept.read(self._told, topics, from_block, to_block)
        found = [self._record(log) for log in logs]
        return [record for record in found if isinstance(record, kind)]

    def _record(self, log: Log) -> AnyEvent:
        return kinds.event(*self._decoded(log))


def _names(chosen: Sequence[type]) -> list[str]:
    return [kind.__name__ for kind in chosen]
