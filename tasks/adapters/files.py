"""Files that are replaced whole: written beside, fsynced, renamed."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def replace_file(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader, even after a crash, sees the old or the new content.

    Args:
        path: the file; its folder is made when missing.
        content: all of its bytes.
        mode: the permissions it has from its first byte on.
    """
    replace_by_chunks(path, [content], mode)


def replace_by_chunks(path: Path, chunks: Iterable[bytes], mode: int) -> None:
    """Write a file as `replace_file` does, from pieces that need not fit into memory together."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.parent / f".part-{secrets.token_hex(8)}"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a folder's new names durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
