"""The journal's tables, and the way from an older layout to today's."""

import sqlite3

from tasks.core.errors import ChainError

LAYOUT = 2
"""Kept in the file's `user_version`; the first layout, one table, had none."""

_TABLES = (
    # block: the newest one when it was signed; mined, block_hash: which attempt, and where.
    """
    CREATE TABLE writes (
        id INTEGER PRIMARY KEY,
        purpose TEXT NOT NULL,
        chain_id INTEGER NOT NULL,
        sender TEXT NOT NULL,
        nonce INTEGER NOT NULL,
        block INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('signed', 'mined', 'reverted', 'replaced')),
        mined TEXT,
        block_hash TEXT
    )
    """,
    """
    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY,
        write_id INTEGER NOT NULL REFERENCES writes (id),
        hash TEXT NOT NULL,
        raw BLOB NOT NULL,
        max_fee_wei INTEGER NOT NULL,
        tip_wei INTEGER NOT NULL,
        UNIQUE (write_id, hash)
    )
    """,
    """
    CREATE UNIQUE INDEX one_write_a_purpose
        ON writes (chain_id, sender, purpose) WHERE state IN ('signed', 'mined')
    """,
    """
    CREATE UNIQUE INDEX one_write_a_nonce
        ON writes (chain_id, sender, nonce) WHERE state != 'replaced'
    """,
)
# The first layout signed everything at one gwei, and once.
_FROM_FIRST = (
    """
    INSERT INTO writes (id, purpose, chain_id, sender, nonce, block, state, mined)
        SELECT id, purpose, chain_id, sender, nonce, 0, state,
            CASE WHEN state IN ('mined', 'reverted') THEN hash END
        FROM transactions
    """,
    """
    INSERT INTO attempts (write_id, hash, raw, max_fee_wei, tip_wei)
        SELECT id, hash, raw, 1000000000, 1000000000 FROM transactions
    """,
    "DROP TABLE transactions",
)


def prepare(database: sqlite3.Connection, name: str) -> None:
    """Make the tables, or bring those of an older layout to today's; all or nothing.

    Args:
        database: open, in autocommit mode.
        name: the file, for the message.

    Raises:
        ChainError: if a newer program wrote it.
        sqlite3.DatabaseError: if it is no such file.
    """
    if _layout(database) == LAYOUT:
        return
    # IMMEDIATE: of two processes that open it, one changes it and the other finds it changed.
    database.execute("BEGIN IMMEDIATE")
    try:
        _change(database, name)
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _change(database: sqlite3.Connection, name: str) -> None:
    layout = _layout(database)
    if layout == LAYOUT:
        return
    if layout != 0:
        raise ChainError(
            f"journal {name} has layout {layout}, this program knows up to {LAYOUT}: "
            "use the program that wrote it"
        )
    first = database.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'transactions'"
    ).fetchone()
    for statement in _TABLES + (_FROM_FIRST if first else ()):
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {LAYOUT}")


def _layout(database: sqlite3.Connection) -> int:
    (layout,) = database.execute("PRAGMA user_version").fetchone()
    return int(layout)
