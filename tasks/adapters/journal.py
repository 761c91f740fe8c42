"""The journal: signed transactions, durable before they are sent."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal

from tasks.core.errors import ChainError

State = Literal["signed", "mined", "reverted", "replaced"]
"""signed: sent or about to be; mined: it succeeded; reverted: it failed on the chain; replaced:
its nonce was used by another transaction."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS transactions (
    id INTEGER PRIMARY KEY,
    purpose TEXT NOT NULL,
    chain_id INTEGER NOT NULL,
    sender TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    raw BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('signed', 'mined', 'reverted', 'replaced'))
);
CREATE UNIQUE INDEX IF NOT EXISTS one_attempt_at_a_time
    ON transactions (chain_id, sender, purpose) WHERE state IN ('signed', 'mined');
CREATE UNIQUE INDEX IF NOT EXISTS one_transaction_a_nonce
    ON transactions (chain_id, sender, nonce) WHERE state != 'replaced';
"""
_SELECT = "SELECT purpose, chain_id, sender, nonce, hash, raw, state FROM transactions "
_FIND = _SELECT + (
    "WHERE chain_id = ? AND sender = ? AND purpose = ? AND state IN ('signed', 'mined')"
)
_UNSETTLED = _SELECT + "WHERE chain_id = ? AND sender = ? AND state = 'signed' ORDER BY nonce"
_ALL = _SELECT + "ORDER BY id"
_INSERT = (
    "INSERT INTO transactions (purpose, chain_id, sender, nonce, hash, raw, state) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One signed transaction and what became of it."""

    purpose: str
    chain_id: int
    sender: str
    nonce: int
    hash: str
    raw: bytes
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What signing gives: the bytes to send and their hash."""

    hash: str
    raw: bytes


class Journal:
    """The transactions of one home's senders, in a SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open the file; it is made when missing.

        Raises:
            ChainError: if it is not a journal.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._guard = threading.RLock()
        self._database = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=30.0
        )
        try:
            self._database.execute("PRAGMA journal_mode=WAL")
            # FULL: a commit that has returned survives a power cut; the bytes are sent after.
            self._database.execute("PRAGMA synchronous=FULL")
            self._database.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise ChainError(f"journal {path} cannot be read: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def find(self, chain_id: int, sender: str, purpose: str) -> Entry | None:
        """Return the transaction that serves a purpose, unless it failed."""
        rows = self._select(_FIND, (chain_id, sender, purpose))
        return rows[0] if rows else None

    def unsettled(self, chain_id: int, sender: str) -> list[Entry]:
        """Return a sender's transactions whose outcome is not known, by nonce."""
        return self._select(_UNSETTLED, (chain_id, sender))

    def record(
        self,
        chain_id: int,
        sender: str,
        chain_nonce: int,
        purposes: Sequence[str],
        sign: Callable[[int, int], Signed],
    ) -> list[Entry]:
        """Sign transactions under the next nonces and keep them, all or none.

        Args:
            chain_id: the chain that they are signed for.
            sender: whose nonces they take.
            chain_nonce: the sender's next nonce by the chain.
            purposes: what each is for, unique among those that did not fail.
            sign: given the position in `purposes` and the nonce, sign that one.

        Returns:
            The entries, in the order of `purposes`.

        Raises:
            ChainError: if another process has recorded one of them meanwhile.
        """
        with self._transaction():
            entries = []
            first = self._next_nonce(chain_id, sender, chain_nonce)
            for position, purpose in enumerate(purposes):
                signed = sign(position, first + position)
                entry = Entry(
                    purpose=purpose, chain_id=chain_id, sender=sender, nonce=first + position,
                    hash=signed.hash, raw=signed.raw, state="signed",
                )  # fmt: skip
                self._insert(entry)
                entries.append(entry)
        return entries

    def mark(self, entry: Entry, state: State) -> None:
        """Note what became of a transaction."""
        self.mark_many([entry], state)

    def mark_many(self, entries: Sequence[Entry], state: State) -> None:
        """Note what became of transactions that fared alike.

        This need not survive a power cut, so it waits for no disk: the chain knows it too.
        """
        with self._guard, self._relaxed(), self._transaction():
            self._database.executemany(
                "UPDATE transactions SET state = ? WHERE hash = ?",
                [(state, entry.hash) for entry in entries],
            )

    def entries(self) -> list[Entry]:
        """Return every transaction, in the order of signing."""
        return self._select(_ALL, ())

    def _next_nonce(self, chain_id: int, sender: str, chain_nonce: int) -> int:
        (highest,) = self._database.execute(
            "SELECT MAX(nonce) FROM transactions "
            "WHERE chain_id = ? AND sender = ? AND state != 'replaced'",
            (chain_id, sender),
        ).fetchone()
        return chain_nonce if highest is None else max(chain_nonce, int(highest) + 1)

    def _insert(self, entry: Entry) -> None:
        try:
            self._database.execute(_INSERT, astuple(entry))
        except sqlite3.IntegrityError as error:
            raise ChainError(
                f"{entry.purpose} by {entry.sender} is being sent by another process"
            ) from error

    def _select(self, query: str, values: tuple[int | str, ...]) -> list[Entry]:
        with self._guard:
            cursor = self._database.execute(query, values)
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        return [Entry(**dict(zip(names, row, strict=True))) for row in rows]

    @contextmanager
    def _relaxed(self) -> Iterator[None]:
        self._database.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            self._database.execute("PRAGMA synchronous=FULL")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._guard:
            # IMMEDIATE: two processes never read the same next nonce.
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
