"""A file of logs that were read from a chain: a cache, which may be deleted at any time."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LAYOUT = 1
_WAIT_S = 5.0
_CURSORS_KEPT = 64
_TABLES = (
    "CREATE TABLE chain (id TEXT NOT NULL)",
    "CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    # logs: how many the stream has up to the block.
    """
    CREATE TABLE cursors (
        stream INTEGER NOT NULL, block INTEGER NOT NULL, hash TEXT NOT NULL,
        logs INTEGER NOT NULL, PRIMARY KEY (stream, block)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE logs (
        stream INTEGER NOT NULL, block INTEGER NOT NULL, log_index INTEGER NOT NULL,
        event BLOB, first BLOB, second BLOB, third BLOB, data BLOB NOT NULL,
        transaction_hash BLOB NOT NULL, timestamp INTEGER NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (stream, block, log_index)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX by_event ON logs (stream, event, first, second, block)",
    "CREATE INDEX by_subject ON logs (stream, first, block)",
    # What is known of a subject, which only a log about it may change.
    """
    CREATE TABLE notes (
        stream INTEGER NOT NULL, name TEXT NOT NULL, subject BLOB NOT NULL,
        block INTEGER NOT NULL, note BLOB NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY (stream, name, subject)
    ) WITHOUT ROWID
    """,
)
_COLUMNS = "block, log_index, event, first, second, third, data, transaction_hash, timestamp"
_INSERT_LOG = "INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class DamagedError(Exception):
    """What stands in the file is not what was written there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Up to which block a stream was read; the hash says of which chain."""

    block: int
    hash: str


@dataclass(frozen=True, slots=True)
class Log:
    """A log as the chain has it; `data` is empty where it is not kept."""

    block: int
    log_index: int
    topics: tuple[bytes, ...]
    data: bytes
    transaction: str
    timestamp: int


class LogFile:
    """One file, or as much in memory.

    Several processes may use it at once: SQLite lets one write while the others read. Whatever it
    raises (`sqlite3.Error`, `DamagedError`), the file is of no use to this process any more.
    """

    def __init__(self, path: Path | None, chain_id: int) -> None:
        """Open or make it; what another chain or layout left in it is dropped.

        Args:
            path: the file; None for memory alone.
            chain_id: the chain that the logs are of.
        """
        where = ":memory:" if path is None else str(path)
        # Two threads of one process never use it at once; `KeptLogs` sees to that.
        self._db = sqlite3.connect(
            where, timeout=_WAIT_S, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(f"{chain_id:#x}")
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def cursors(self, stream: str) -> list[Cursor]:
        """Return up to where a stream was read, the newest first, then earlier ones."""
        rows = self._db.execute(
            "SELECT block, hash FROM cursors WHERE stream = ? ORDER BY block DESC",
            [self._id(stream)],
        )
        return [Cursor(block=block, hash=block_hash) for block, block_hash in rows]

    def check(self, stream: str) -> None:
        """Check that as many logs are there as were written.

        Raises:
            DamagedError: if they are not.
        """
        number = self._id(stream)
        newest = self._db.execute(
            "SELECT block, logs FROM cursors WHERE stream = ? ORDER BY block DESC LIMIT 1", [number]
        ).fetchone()
        expected = (0, None) if newest is None else (newest[1], newest[0])
        count, last = self._db.execute(
            "SELECT count(*), max(block) FROM logs WHERE stream = ?", [number]
        ).fetchone()
        beyond = last is not None and (expected[1] is None or last > expected[1])
        if count != expected[0] or beyond:
            raise DamagedError(f"{count} logs, not {expected[0]}")

    def append(self, stream: str, after: Cursor | None, upto: Cursor, logs: Iterable[Log]) -> bool:
        """Add the logs that follow a cursor.

        Args:
            stream: whose logs.
            after: the newest cursor that is known; None for none.
            upto: the next one.
            logs: what lies between.

        Returns:
            False, and nothing is added, if the newest cursor is another one by now.
        """
        number = self._id(stream)
        with self._changing():
            newest = self.cursors(stream)
            if (newest[0] if newest else None) != after:
                return False
            rows = [_row(number, log) for log in logs]
            self._db.executemany(_INSERT_LOG, rows)
            count = self._count(number) if after is None else self._count(number, after)
            cursor = (number, upto.block, upto.hash, count + len(rows))
            self._db.execute("INSERT INTO cursors VALUES (?, ?, ?, ?)", cursor)
            kept = [each.block for each in newest[: _CURSORS_KEPT - 1]]
            oldest = min(kept, default=upto.block)
            self._db.execute("DELETE FROM cursors WHERE stream = ? AND block < ?", [number, oldest])
        return True

    def cut(self, stream: str, upto: Cursor | None) -> None:
        """Drop what is beyond a cursor; everything where it is None."""
        number, block = self._id(stream), -1 if upto is None else upto.block
        with self._changing():
            for table in ("logs", "cursors", "notes"):
                self._db.execute(
                    f"DELETE FROM {table} WHERE stream = ? AND block > ?",  # noqa: S608
                    [number, block],
                )

    def read(
        self,
        stream: str,
        topics: Sequence[Sequence[bytes] | None],
        first: int,
        last: int,
    ) -> Iterator[Log]:
        """Yield logs in their order.

        Args:
            stream: whose logs.
            topics: what each of the first three topics may be; None for any.
            first: the first block.
            last: the last block, itself included.

        Raises:
            DamagedError: if one is not what was written.
        """
        number = self._id(stream)
        where = "stream = ? AND block BETWEEN ? AND ?"
        values: list[int | bytes] = [number, first, last]
        for column, allowed in zip(("event", "first", "second"), topics, strict=False):
            if allowed is not None:
                where += f" AND {column} IN ({_marks(len(allowed))})"
                values += allowed
        rows = self._db.execute(
            f"SELECT {_COLUMNS}, checksum FROM logs WHERE {where} "  # noqa: S608
            "ORDER BY block, log_index",
            values,
        )
        for row in rows:
            if _checksum(number, row[:-1]) != row[-1]:
                raise DamagedError(f"a log of block {row[0]}")
            topics_of = tuple(topic for topic in row[2:6] if topic is not None)
            yield Log(row[0], row[1], topics_of, row[6], "0x" + row[7].hex(), row[8])

    def subjects(self, stream: str, event: bytes, last: int) -> list[bytes]:
        """Return the first indexed value of each log of an event, up to a block."""
        rows = self._db.execute(
            "SELECT first FROM logs WHERE stream = ? AND event = ? AND block <= ?",
            [self._id(stream), event, last],
        )
        return [subject for (subject,) in rows]

    def notes(self, stream: str, name: str, last: int) -> dict[bytes, bytes]:
        """Return what is noted of subjects and no log has changed since, as of a block.

        Raises:
            DamagedError: if a note is not what was written.
        """
        number = self._id(stream)
        rows = self._db.execute(
            "SELECT subject, block, note, checksum FROM notes WHERE stream = ? AND name = ? "
            "AND block <= ? AND NOT EXISTS (SELECT 1 FROM logs WHERE logs.stream = notes.stream "
            "AND logs.first = notes.subject AND logs.block > notes.block AND logs.block <= ?)",
            [number, name, last, last],
        )
        found = {}
        for subject, block, note, checksum in rows:
            if _checksum(number, (name.encode(), subject, block, note)) != checksum:
                raise DamagedError(f"a note of block {block}")
            found[subject] = note
        return found

    def note(self, stream: str, name: str, block: int, found: Mapping[bytes, bytes]) -> None:
        """Note what is known of subjects as of a block that the stream was read up to."""
        number = self._id(stream)
        rows = []
        for subject, note in found.items():
            fields = (name.encode(), subject, block, note)
            rows.append((number, name, subject, block, note, _checksum(number, fields)))
        with self._changing():
            self._db.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?, ?)", rows)

    def _prepare(self, chain: str) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        if self._is_ours(chain):
            return
        with self._changing():
            if self._is_ours(chain):
                return
            if self._layout():
                raise DamagedError("of another chain or layout")
            for statement in _TABLES:
                self._db.execute(statement)
            self._db.execute("INSERT INTO chain VALUES (?)", [chain])
            self._db.execute(f"PRAGMA user_version = {_LAYOUT}")

    def _is_ours(self, chain: str) -> bool:
        if self._layout() != _LAYOUT:
            return False
        return bool(self._db.execute("SELECT id FROM chain").fetchall() == [(chain,)])

    def _layout(self) -> int:
        (layout,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(layout)

    def _id(self, stream: str) -> int:
        asked = "SELECT id FROM streams WHERE name = ?"
        found = self._db.execute(asked, [stream]).fetchone()
        if found is None:
            self._db.execute("INSERT OR IGNORE INTO streams (name) VALUES (?)", [stream])
            found = self._db.execute(asked, [stream]).fetchone()
        return int(found[0])

    def _count(self, number: int, cursor: Cursor | None = None) -> int:
        if cursor is None:
            return 0
        (count,) = self._db.execute(
            "SELECT logs FROM cursors WHERE stream = ? AND block = ?", [number, cursor.block]
        ).fetchone()
        return int(count)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        # IMMEDIATE: of two processes the second waits and then sees what the first one did.
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _row(number: int, log: Log) -> tuple[Any, ...]:
    topics = (*log.topics, None, None, None, None)[:4]
    transaction = bytes.fromhex(log.transaction.removeprefix("0x"))
    fields = (log.block, log.log_index, *topics, log.data, transaction, log.timestamp)
    return (number, *fields, _checksum(number, fields))


def _checksum(number: int, fields: Sequence[Any]) -> int:
    found = zlib.crc32(str(number).encode())
    for field in fields:
        content = field if isinstance(field, bytes) else str(field).encode()
        found = zlib.crc32(content, zlib.crc32(b"%d," % len(content), found))
    return found


def _marks(number: int) -> str:
    return ", ".join("?" * number)
