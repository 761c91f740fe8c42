"""What the wrappers of all contracts stand on: reads at a block, the log as records, writes."""

from collections.abc import Sequence
from typing import Any

from contracts import loader
from tasks.adapters.chain.codec import Interface
from tasks.adapters.chain.kept_logs import KeptLogs, Stream
from tasks.adapters.chain.log_file import Log
from tasks.adapters.chain.reader import Block, Reader
from tasks.adapters.chain.writes import Write
from tasks.core.errors import ChainError


class Contract:
    """One contract of ours at one address.

    Attributes:
        address: where it stands.
    """

    def __init__(
        self, reader: Reader, name: str, address: str, kept: KeptLogs | None = None
    ) -> None:
        """Use the contract at an address.

        Args:
            reader: the node that is asked.
            name: the contract's artefact.
            address: where it stands.
            kept: the logs of its chain; None to keep its own in memory.
        """
        self.address = address
        self._reader = reader
        self._kept = kept or KeptLogs(reader)
        self._name = name
        self._interface = Interface(loader.load(name).abi)

    def _read(self, name: str, *arguments: Any, block: Block) -> Any:
        """Return what a function with one output answers at a block."""
        data = self._reader.call(self.address, self._interface.call(name, *arguments), block)
        return self._interface.result(name, data)

    def _read_many(self, name: str, calls: Sequence[Sequence[Any]], block: Block) -> list[Any]:
        """Return what one function answers to many calls at a block, in the calls' order."""
        data = [self._interface.call(name, *arguments) for arguments in calls]
        answers = self._reader.call_many(self.address, data, block)
        return [self._interface.result(name, answer) for answer in answers]

    def _stream(self, events: Sequence[str] = (), *, with_data: bool = True) -> Stream:
        """Return a stream of some events, by their names; of all if none is named."""
        topics = tuple("0x" + topic.hex() for topic in self._topics(events))
        return Stream(address=self.address, events=topics, with_data=with_data)

    def _topics(self, events: Sequence[str]) -> list[bytes]:
        """Return the first topics of the logs of some events."""
        return [self._interface.topic(event) for event in events]

    def _decoded(self, log: Log) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return the name of a log's event, its values by name, and where it stands.

        Raises:
            ChainError: if the contract has no such event.
        """
        decoded = self._interface.log(log.topics, log.data)
        if decoded is None:
            raise ChainError(f"contract {self.address} logs an event that no {self._name} has")
        place = {
            "block": log.block,
            "log_index": log.log_index,
            "transaction": log.transaction,
            "timestamp": log.timestamp,
        }
        return *decoded, place

    def _write(self, what: str, name: str, *arguments: Any) -> Write:
        """Return the write that calls a function; `what` says it in a few words."""
        return Write(to=self.address, data=self._interface.call(name, *arguments), what=what)
