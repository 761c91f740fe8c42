"""Logs in ranges of blocks, each as long as the node allows and its answer may be large."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tasks.adapters.chain.reader import Header, Reader, Topic
from tasks.adapters.chain.rpc import HttpError, LimitedError, RefusedError, TooLargeError
from tasks.core.errors import ChainError

MOST_BYTES = 2**24
"""Of one answer: a range whose logs are larger is halved."""

_BLOCKS = 512
_LARGEST = 2**28
_PAUSE_S = 0.1
_PATIENCE_S = 60.0
# Some providers refuse a range by the status of their answer.
_REFUSALS = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The logs of a range, its last block, and the block before it, None before block 0."""

    before: Header | None
    logs: Sequence[dict[str, Any]]
    last: Header


class Ranges:
    """Reads ranges from one node, and remembers how long they may be."""

    def __init__(self, reader: Reader, most_bytes: int = MOST_BYTES) -> None:
        """Use a node; `most_bytes` is how large an answer may be, but for a single block's."""
        self._reader = reader
        self._most_bytes = most_bytes
        self._blocks = _BLOCKS
        self._most_blocks = 2**63

    def read(self, address: str, topics: Sequence[Topic], first: int, last: int) -> Iterator[Piece]:
        """Yield the logs of a contract, range after range.

        Args:
            address: the contract.
            topics: what each topic must be; see `Reader.logs`.
            first: the first block.
            last: the last block, itself included; the chain must have it.

        Raises:
            ChainError: if the chain refuses a single block, or limits calls for a minute.
        """
        until, pause = time.monotonic() + _PATIENCE_S, _PAUSE_S
        while first <= last:
            stop = min(first + self._blocks - 1, last)
            try:
                piece = self._piece(address, topics, first, stop)
            except (RefusedError, LimitedError, TooLargeError, HttpError) as error:
                shorter = self._shorten(stop - first + 1, error)
                if isinstance(error, LimitedError):
                    pause = max(pause, error.wait_s)
                    if time.monotonic() + pause > until:
                        raise
                    time.sleep(pause)
                    pause = min(2 * pause, _PATIENCE_S / 8)
                elif not shorter:
                    raise
                continue
            yield piece
            until, pause = time.monotonic() + _PATIENCE_S, _PAUSE_S
            first = stop + 1

    def _piece(self, address: str, topics: Sequence[Topic], first: int, last: int) -> Piece:
        # A block holds no more than its gas pays for, so one block may be as large as it is.
        most = self._most_bytes if first < last else _LARGEST
        before, logs, end = self._reader.logs_between(address, topics, first, last, most)
        size = sum(len(log["data"]) for log in logs) + 1_000 * len(logs)
        if last - first + 1 == self._blocks and size < most // 4:
            self._blocks = min(2 * self._blocks, self._most_blocks)
        return Piece(before=before, logs=logs, last=end)

    def _shorten(self, blocks: int, error: ChainError) -> bool:
        """Halve the range after an error that a shorter one may not meet; say whether it is."""
        if isinstance(error, LimitedError) and error.by_rate:
            return False
        if isinstance(error, HttpError) and error.status not in _REFUSALS:
            return False
        if blocks == 1:
            return False
        self._blocks = blocks // 2
        if not isinstance(error, TooLargeError):
            self._most_blocks = self._blocks
        return True
