"""Logs in ranges of blocks, each as long as the node allows and its answer may be large."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from tasks.adapters.chain.reader import Header, Reader, Topic
from tasks.adapters.chain.rpc_errors import HttpError, LimitedError, RefusedError, TooLargeError
from tasks.core.errors import ChainError

MOST_BYTES = 2**24
"""Of one answer: a range whose logs are larger is halved."""

_BLOCKS = 512
_LARGEST = 2**28
# After so many answers a longer range is tried again than was once refused.
_GOOD = 16
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
        self._good = 0

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
        while first <= last:
            piece = self._next(address, topics, first, last)
            yield piece
            first = piece.last.number + 1

    def _next(self, address: str, topics: Sequence[Topic], first: int, last: int) -> Piece:
        """Read as much from a block on as the node gives at once."""
        until, pause = time.monotonic() + _PATIENCE_S, _PAUSE_S
        while True:
            stop = min(first + self._blocks - 1, last)
            try:
                return self._piece(address, topics, first, stop)
            except LimitedError as error:
                # It may be the rate or the range: the same once more, then a shorter one.
                if pause > _PAUSE_S and not error.by_rate:
                    self._shorten(stop - first + 1)
                pause = max(pause, error.wait_s)
                if time.monotonic() + pause > until:
                    raise
                time.sleep(pause)
                pause = min(2 * pause, _PATIENCE_S / 8)
            except (RefusedError, TooLargeError, HttpError) as error:
                if stop == first or not _may_be_the_range(error):
                    raise
                self._shorten(stop - first + 1)

    def _piece(self, address: str, topics: Sequence[Topic], first: int, last: int) -> Piece:
        # A block holds no more than its gas pays for, so one block may be as large as it is.
        most = self._most_bytes if first < last else _LARGEST
        before, logs, end = self._reader.logs_between(address, topics, first, last, most)
        size = sum(len(log["data"]) for log in logs) + 1_000 * len(logs)
        self._good += 1
        if self._good % _GOOD == 0:
            self._most_blocks *= 2
        if last - first + 1 == self._blocks and size < most // 4:
            self._blocks = min(2 * self._blocks, self._most_blocks)
        return Piece(before=before, logs=logs, last=end)

    def _shorten(self, blocks: int) -> None:
        """Ask for half of a range that was refused, and no more until all has gone well a while."""
        self._blocks = self._most_blocks = max(blocks // 2, 1)
        self._good = 0


def _may_be_the_range(error: ChainError) -> bool:
    return not isinstance(error, HttpError) or error.status in _REFUSALS
