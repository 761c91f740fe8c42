"""What the wrappers of all contracts stand on: reads at a block, the log as records, writes."""

from collections.abc import Sequence
from typing import Any

from contracts import loader
from tasks.adapters.chain.codec import Interface
from tasks.adapters.chain.reader import Block, Reader
from tasks.adapters.chain.writes import Write
from tasks.core.errors import ChainError


class Contract:
    """One contract of ours at one address.

    Attributes:
        address: where it stands.
    """

    def __init__(self, reader: Reader, name: str, address: str) -> None:
        """Use the contract at an address; `name` is its artefact's."""
        self.address = address
        self._reader = reader
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

    def _logs(
        self,
        events: Sequence[str],
        topics: Sequence[str | None],
        from_block: int = 0,
        to_block: Block = "latest",
    ) -> list[dict[str, Any]]:
        """Return the raw logs of some events, in their order.

        Args:
            events: the events' names.
            topics: what the topics after the first must be; None for any.
            from_block: the first block.
            to_block: the last block, itself included.
        """
        kinds = [self._interface.topic(event) for event in events]
        return self._reader.logs(self.address, [kinds, *topics], from_block, to_block)

    def _decoded(self, log: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Return the name of a log's event, its values by name, and where it stands.

        Raises:
            ChainError: if the contract has no such event.
        """
        decoded = self._interface.log(log["topics"], log["data"])
        if decoded is None:
            raise ChainError(f"contract {self.address} logs an event that no {self._name} has")
        place = {
            "block": int(log["blockNumber"], 16),
            "log_index": int(log["logIndex"], 16),
            "transaction": log["transactionHash"],
            "timestamp": int(log["blockTimestamp"], 16),
        }
        return *decoded, place

    def _write(self, what: str, name: str, *arguments: Any) -> Write:
        """Return the write that calls a function; `what` says it in a few words."""
        return Write(to=self.address, data=self._interface.call(name, *arguments), what=what)
