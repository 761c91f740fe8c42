"""Journals as they are, read without a change to their files."""

import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tasks.adapters.journal import Entry, Journal
from tasks.core.errors import ChainError


def entries(path: Path) -> Sequence[Entry]:
    """Return every transaction of a journal, of which another process may be the writer.

    A copy is opened, for opening one may change its layout; a missing file has none.

    Raises:
        ChainError: if it cannot be read.
    """
    if not path.exists():
        return []
    with tempfile.TemporaryDirectory(prefix="erarium-") as folder:
        copy = Path(folder) / "journal.sqlite"
        _copy(path, copy)
        with closing(Journal(copy)) as journal:
            return journal.entries()


def _copy(path: Path, copy: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.DatabaseError as error:
        raise ChainError(f"journal {path} cannot be read: {error}") from error
