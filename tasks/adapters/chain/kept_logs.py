"""Logs by ranges with a kept cursor: what was read once is not asked for again.

The cursor names a block by its hash. What lies beyond a block that the chain no longer has is
dropped and read anew, and so is everything where the file is damaged, gone or another chain's.
"""

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tasks.adapters.chain.log_file import Cursor, DamagedError, Log, LogFile
from tasks.adapters.chain.log_ranges import Ranges
from tasks.adapters.chain.reader import Block, Header, MovedError, Reader
from tasks.core.errors import ChainError

logger = logging.getLogger(__name__)

_T = TypeVar("_T")
_ATTEMPTS = 4
_PAUSE_S = 0.2
# Where the file itself may be sound, and another process's business.
_NOT_DAMAGED = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Logs of one contract that are kept together.

    Attributes:
        address: the contract.
        events: the first topics of these logs; none for all.
        with_data: whether their data is kept, or only where they stand.
    """

    address: str
    events: tuple[str, ...] = ()
    with_data: bool = True

    @property
    def name(self) -> str:
        """Return the name that the file has for it."""
        events = hashlib.sha256(" ".join(sorted(self.events)).encode()).hexdigest()
        return f"{self.address.lower()}/{events}/{'whole' if self.with_data else 'bare'}"


class KeptLogs:
    """The logs of one chain's contracts, as far as anything here asked for them."""

    def __init__(self, reader: Reader, path: Path | None = None) -> None:
        """Read from a node; nothing is asked or opened before the first read.

        Args:
            reader: the node.
            path: the file that keeps them; None for the memory of this process.
        """
        self._reader = reader
        self._path = path
        self._ranges = Ranges(reader)
        self._file: LogFile | None = None
        self._checked: dict[str, tuple[Cursor, Header | None]] = {}
        self._turn = threading.RLock()

    def read(
        self,
        stream: Stream,
        topics: Sequence[Sequence[bytes] | None] = (),
        from_block: int = 0,
        to_block: Block = "latest",
    ) -> list[Log]:
        """Return logs in their order.

        Args:
            stream: whose logs.
            topics: what each of the first three topics may be; None for any.
            from_block: the first block.
            to_block: the last block, itself included.

        Raises:
            ChainError: if the chain does not answer, or keeps being reorganised.
        """
        last = self._number(to_block)

        def found(file: LogFile) -> list[Log]:
            return list(file.read(stream.name, topics, from_block, last))

        return self._of(stream, last, found)

    def subjects(self, stream: Stream, event: bytes, to_block: Block = "latest") -> list[bytes]:
        """Return the first indexed value of each log of an event."""
        last = self._number(to_block)
        return self._of(stream, last, lambda file: file.subjects(stream.name, event, last))

    def noted(self, stream: Stream, name: str, block: int) -> dict[bytes, bytes]:
        """Return what `note` was told of subjects about which nothing was logged since."""
        return self._of(stream, block, lambda file: file.notes(stream.name, name, block))

    def note(self, stream: Stream, name: str, block: int, found: Mapping[bytes, bytes]) -> None:
        """Keep what is true of subjects as of a block, and until a log about them says else."""
        self._of(stream, block, lambda file: file.note(stream.name, name, block, found))

    def unkept(
        self, stream: Stream, topics: Sequence[Sequence[bytes] | None], first: int, last: int
    ) -> Iterator[Log]:
        """Yield logs of a range in their order, and keep none of them: they may be large.

        Args:
            stream: whose logs.
            topics: what each topic after the first may be; None for any.
            first: the first block.
            last: the last block, itself included.
        """
        asked = [
            None if each is None else ["0x" + topic.hex() for topic in each] for each in topics
        ]
        events = list(stream.events) or None
        for piece in self._ranges.read(stream.address, [events, *asked], first, last):
            yield from (_log(log, with_data=True) for log in piece.logs)

    def begin_anew(self) -> bool:
        """Drop everything; return whether there was a file, of which this process knew less."""
        with self._turn:
            had = self._path is not None
            if self._file is not None:
                self._leave(DamagedError("what it holds contradicts itself"))
            return had

    def close(self) -> None:
        """Close the file; it is opened again where it is needed."""
        with self._turn:
            if self._file is not None:
                self._file.close()
            self._file = None
            self._checked.clear()

    def _number(self, block: Block) -> int:
        return self._reader.header().number if block == "latest" else block

    def _of(self, stream: Stream, block: int, work: Callable[[LogFile], _T]) -> _T:
        """Do something with a file in which a stream is read up to a block."""
        with self._turn:
            for attempt in range(_ATTEMPTS):
                try:
                    file = self._opened()
                    self._reach(file, stream, block)
                    return work(file)
                except (DamagedError, sqlite3.Error) as error:
                    if attempt + 1 == _ATTEMPTS:
                        raise
                    self._leave(error)
            raise AssertionError("not reached")

    def _opened(self) -> LogFile:
        if self._file is None:
            self._file = LogFile(self._path, self._reader.chain_id)
        return self._file

    def _leave(self, error: Exception) -> None:
        """Leave the file: delete a damaged one, and go on without one where that is of no use."""
        self.close()
        if self._path is None:
            return
        logger.info("the kept logs in %s are left: %s", self._path, error)
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_DAMAGED:
            self._path = None
            return
        try:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        except OSError:
            self._path = None

    def _reach(self, file: LogFile, stream: Stream, block: int) -> None:
        """Read on until a stream is there up to a block of the chain as it is now."""
        if stream.name not in self._checked:
            file.check(stream.name)
        for attempt in range(_ATTEMPTS):
            try:
                while not self._has(file, stream, block):
                    self._read_on(file, stream, block)
                return
            except MovedError:
                if attempt + 1 == _ATTEMPTS:
                    raise
                self._walk_back(file, stream)
                time.sleep(_PAUSE_S * attempt)

    def _has(self, file: LogFile, stream: Stream, block: int) -> bool:
        """Return whether a block is reached, once its cursor is seen to be of today's chain."""
        cursors = file.cursors(stream.name)
        if not cursors or cursors[0].block < block:
            return False
        newest, seen = cursors[0], self._reader.seen
        if self._checked.get(stream.name) != (newest, seen):
            if not self._is_on_chain(newest):
                self._walk_back(file, stream)
                return False
            self._checked[stream.name] = (newest, seen)
        return True

    def _read_on(self, file: LogFile, stream: Stream, block: int) -> None:
        cursor = next(iter(file.cursors(stream.name)), None)
        first = 0 if cursor is None else cursor.block + 1
        topics = [list(stream.events)] if stream.events else []
        for piece in self._ranges.read(stream.address, topics, first, block):
            if cursor is not None and (piece.before is None or piece.before.hash != cursor.hash):
                raise MovedError(f"block {cursor.block} is another one now: run again")
            upto = Cursor(block=piece.last.number, hash=piece.last.hash)
            logs = [_log(log, with_data=stream.with_data) for log in piece.logs]
            if not file.append(stream.name, cursor, upto, logs):
                # Another process has read on meanwhile.
                return
            cursor = upto
            self._checked[stream.name] = (cursor, self._reader.seen)

    def _walk_back(self, file: LogFile, stream: Stream) -> None:
        """Drop what a reorganisation threw out."""
        kept = (each for each in file.cursors(stream.name) if self._is_on_chain(each))
        file.cut(stream.name, next(kept, None))

    def _is_on_chain(self, cursor: Cursor) -> bool:
        seen = self._reader.seen
        if seen is None or seen.number != cursor.block:
            seen = self._reader.find_header(cursor.block)
        return seen is not None and seen.hash == cursor.hash


def _log(raw: Mapping[str, Any], *, with_data: bool) -> Log:
    try:
        return Log(
            int(raw["blockNumber"], 16),
            int(raw["logIndex"], 16),
            tuple(bytes.fromhex(topic.removeprefix("0x")) for topic in raw["topics"]),
            bytes.fromhex(raw["data"].removeprefix("0x")) if with_data else b"",
            "0x" + bytes.fromhex(raw["transactionHash"].removeprefix("0x")).hex(),
            int(raw["blockTimestamp"], 16),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ChainError("the chain answers a damaged log: run again, or use another") from error
