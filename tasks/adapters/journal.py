"""The journal: signed transactions, durable before they are sent."""

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tasks.adapters import journal_layout
from tasks.core.errors import ChainError

State = Literal["signed", "mined", "reverted", "replaced"]
"""signed: sent or about to be; mined: it succeeded; reverted: it failed on the chain; replaced:
its nonce was used by a transaction that is none of its attempts."""

_SELECT = (
    "SELECT writes.id, purpose, chain_id, sender, nonce, block, state, mined, block_hash, "
    "hash, raw, max_fee_wei, tip_wei FROM writes JOIN attempts ON write_id = writes.id "
)
_FIND = _SELECT + (
    "WHERE chain_id = ? AND sender = ? AND purpose = ? AND state IN ('signed', 'mined') "
    "ORDER BY attempts.id"
)
# That it was not replaced lets SQLite use the index of the nonces.
_UNSETTLED = _SELECT + (
    "WHERE chain_id = ? AND sender = ? AND state = 'signed' AND state != 'replaced' "
    "ORDER BY nonce, attempts.id"
)
_SETTLED_FROM = _SELECT + (
    "WHERE chain_id = ? AND sender = ? AND nonce >= ? AND state IN ('mined', 'reverted') "
    "AND state != 'replaced' ORDER BY nonce, attempts.id"
)
_HOLDS = (
    "SELECT 1 FROM writes WHERE chain_id = ? AND sender = ? AND nonce = ? AND state != 'replaced'"
)
_ONE = _SELECT + "WHERE writes.id = ? ORDER BY attempts.id"
_ALL = _SELECT + "ORDER BY writes.id, attempts.id"
_INSERT_WRITE = (
    "INSERT INTO writes (purpose, chain_id, sender, nonce, block, state) "
    "VALUES (?, ?, ?, ?, ?, 'signed')"
)
# The same bytes may be signed by two processes at once.
_INSERT_ATTEMPT = (
    "INSERT OR IGNORE INTO attempts (write_id, hash, raw, max_fee_wei, tip_wei) "
    "VALUES (?, ?, ?, ?, ?)"
)
_WRITE_COLUMNS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A signed transaction: its hash, the bytes to send, and what it offers a unit of gas."""

    hash: str
    raw: bytes
    max_fee_wei: int
    tip_wei: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A write: the one nonce that it has, all that was signed for it and what became of it.

    Attributes:
        id: the journal's number of it.
        purpose: what it is for, unique among its sender's that did not fail.
        chain_id: the chain that it is signed for.
        sender: whose nonce it takes.
        nonce: the same in all attempts, so that one of them at most is mined.
        block: the newest block when it was signed; 0 where that is not known.
        state: what became of it.
        mined: the hash of the attempt that was mined; None if none was.
        block_hash: the block that it was found in; None where that is not known.
        attempts: oldest first; at least one.
    """

    id: int
    purpose: str
    chain_id: int
    sender: str
    nonce: int
    block: int
    state: State
    mined: str | None
    block_hash: str | None
    attempts: tuple[Attempt, ...]

    @property
    def hash(self) -> str:
        """Return the hash of the attempt that was mined, or else of the newest."""
        return self.mined or self.attempts[-1].hash

    @property
    def raw(self) -> bytes:
        """Return the bytes of that attempt."""
        return next(each.raw for each in self.attempts if each.hash == self.hash)

    @property
    def hashes(self) -> tuple[str, ...]:
        """Return the hashes of all attempts, oldest first."""
        return tuple(each.hash for each in self.attempts)


class Journal:
    """The transactions of one home's senders, in a SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file; it is made when missing, and changed where it has the older layout.

        Raises:
            ChainError: if it cannot be opened, is not a journal, or a newer program's.
        """
        self._path = path
        self._guard = threading.RLock()
        self._database = _open(path)
        try:
            self._database.execute("PRAGMA journal_mode=WAL")
            # FULL: a commit that has returned survives a power cut; the bytes are sent after.
            self._database.execute("PRAGMA synchronous=FULL")
            journal_layout.prepare(self._database, str(path))
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise ChainError(f"journal {path} cannot be read: {error}") from error
        except ChainError:
            self._database.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def find(self, chain_id: int, sender: str, purpose: str) -> Entry | None:
        """Return the write that serves a purpose, unless it failed."""
        rows = self._select(_FIND, (chain_id, sender, purpose))
        return rows[0] if rows else None

    def unsettled(self, chain_id: int, sender: str) -> list[Entry]:
        """Return a sender's writes whose outcome is not known, by nonce."""
        return self._select(_UNSETTLED, (chain_id, sender))

    def settled_from(self, chain_id: int, sender: str, nonce: int) -> list[Entry]:
        """Return a sender's writes that were mined under that nonce or a later one, by nonce."""
        return self._select(_SETTLED_FROM, (chain_id, sender, nonce))

    def holds(self, chain_id: int, sender: str, nonce: int) -> bool:
        """Return whether a nonce is that of a write which another transaction did not displace."""
        with self._told():
            found = self._database.execute(_HOLDS, (chain_id, sender, nonce)).fetchone()
        return found is not None

    def entries(self) -> list[Entry]:
        """Return every write, in the order of signing."""
        return self._select(_ALL, ())

    def reread(self, entry: Entry) -> Entry:
        """Return a write as it is now: another process may have added to it."""
        return self._select(_ONE, (entry.id,))[0]

    def record(
        self,
        chain_id: int,
        sender: str,
        chain_nonce: int,
        purposes: Sequence[str],
        sign: Callable[[int, int], Attempt],
        block: int = 0,
        nonces: Sequence[int] = (),
    ) -> list[Entry]:
        """Sign transactions under the next nonces and keep them, all or none.

        Args:
            chain_id: the chain that they are signed for.
            sender: whose nonces they take.
            chain_nonce: the sender's next nonce by the chain.
            purposes: what each is for, unique among those that did not fail.
            sign: given the position in `purposes` and the nonce, sign that one.
            block: the number of the newest block.
            nonces: one for each purpose instead of the next ones, none of which a write has.

        Returns:
            The entries, in the order of `purposes`.

        Raises:
            ChainError: if another process has recorded one of them meanwhile.
        """
        with self._transaction():
            first, ids = self._next_nonce(chain_id, sender, chain_nonce), []
            taken = nonces or range(first, first + len(purposes))
            for position, (purpose, nonce) in enumerate(zip(purposes, taken, strict=True)):
                attempt = sign(position, nonce)
                ids.append(self._insert((purpose, chain_id, sender, nonce, block), attempt))
            return [self._select(_ONE, (number,))[0] for number in ids]

    def add(self, entry: Entry, attempt: Attempt) -> Entry:
        """Keep one more attempt at a write, under its nonce, and return the write."""
        with self._transaction():
            self._insert_attempt(entry.id, attempt)
            return self.reread(entry)

    def mark(self, entry: Entry, state: State) -> None:
        """Note what became of a write."""
        self.update([replace(entry, state=state)])

    def update(self, entries: Sequence[Entry]) -> None:
        """Note what became of writes: state, mined attempt and block of each entry.

        This need not survive a power cut, so it waits for no disk: the chain knows it too.

        Raises:
            ChainError: if one is to be sent again although its purpose or nonce was given anew.
        """
        rows = [(each.state, each.mined, each.block_hash, each.id) for each in entries]
        statement = "UPDATE writes SET state = ?, mined = ?, block_hash = ? WHERE id = ?"
        with self._told(), self._relaxed(), self._transaction():
            for entry, row in zip(entries, rows, strict=True):
                try:
                    self._database.execute(statement, row)
                except sqlite3.IntegrityError as error:
                    raise ChainError(
                        f"{entry.purpose} was signed anew since the chain forgot its first "
                        f"transaction: use up nonce {entry.nonce} of {entry.sender} with another "
                        "one by hand, then run again"
                    ) from error

    def _next_nonce(self, chain_id: int, sender: str, chain_nonce: int) -> int:
        (highest,) = self._database.execute(
            "SELECT MAX(nonce) FROM writes "
            "WHERE chain_id = ? AND sender = ? AND state != 'replaced'",
            (chain_id, sender),
        ).fetchone()
        return chain_nonce if highest is None else max(chain_nonce, int(highest) + 1)

    def _insert(self, row: tuple[str, int, str, int, int], attempt: Attempt) -> int:
        try:
            number = self._database.execute(_INSERT_WRITE, row).lastrowid
        except sqlite3.IntegrityError as error:
            raise ChainError(f"{row[0]} by {row[2]} is being sent by another process") from error
        if number is None:
            raise ChainError(f"journal {self._path} did not keep {row[0]}: check its disk")
        self._insert_attempt(number, attempt)
        return number

    def _insert_attempt(self, number: int, attempt: Attempt) -> None:
        row = (number, attempt.hash, attempt.raw, attempt.max_fee_wei, attempt.tip_wei)
        self._database.execute(_INSERT_ATTEMPT, row)

    def _select(self, query: str, values: tuple[int | str, ...]) -> list[Entry]:
        with self._told():
            rows = self._database.execute(query, values).fetchall()
        groups = itertools.groupby(rows, key=lambda row: row[:_WRITE_COLUMNS])
        return [_entry(write, [row[_WRITE_COLUMNS:] for row in group]) for write, group in groups]

    @contextmanager
    def _relaxed(self) -> Iterator[None]:
        self._database.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            self._database.execute("PRAGMA synchronous=FULL")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            # IMMEDIATE: two processes never read the same next nonce.
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                # A full disk ends the transaction by itself.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Keep other threads out; what SQLite cannot do is an error of ours."""
        with self._guard:
            try:
                yield
            except sqlite3.DatabaseError as error:
                raise ChainError(
                    f"journal {self._path}: {error}: look at its disk, then run again"
                ) from error


def _open(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30.0)
    except (OSError, sqlite3.Error) as error:
        raise ChainError(
            f"journal {path} cannot be opened ({error}): it must be a file that can be written"
        ) from error


def _entry(write: Sequence[Any], attempts: Sequence[Sequence[Any]]) -> Entry:
    names = ("id", "purpose", "chain_id", "sender", "nonce", "block", "state", "mined")
    fields = dict(zip((*names, "block_hash"), write, strict=True))
    keys = ("hash", "raw", "max_fee_wei", "tip_wei")
    signed = tuple(Attempt(**dict(zip(keys, each, strict=True))) for each in attempts)
    return Entry(**fields, attempts=signed)
