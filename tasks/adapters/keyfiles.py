"""An encrypted key's file, of the form that wallets write, and the file of its passphrase."""

import json
import os
from pathlib import Path

from tasks.core.errors import KeystoreError


def key(path: Path, passphrase: bytes) -> bytes:
    """Return the key in an encrypted file.

    Raises:
        KeystoreError: if it cannot be read, is damaged, or the passphrase is another's.
    """
    # Whoever only looks at a chain need not wait for it.
    from eth_keyfile.keyfile import decode_keyfile_json

    content = _read(path, "the keystore")
    try:
        return bytes(decode_keyfile_json(json.loads(content), passphrase))
    except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
        # What the libraries say may quote the file.
        wrong = "the passphrase is not the one that it was made with"
        damaged = "it is damaged or no encrypted keystore, restore it from a backup"
        reason = wrong if "MAC" in str(error) else damaged
        raise KeystoreError(f"keystore {path} does not open: {reason}") from error


def passphrase(path: Path) -> bytes:
    """Return the passphrase in a file that nobody else may read, without its line end.

    Raises:
        KeystoreError: if it cannot be read, is open to others, or empty.
    """
    require_private(path, "the passphrase")
    # A person's editor ends the file with a line end.
    found = _read(path, "the passphrase").rstrip(b"\r\n")
    if not found:
        raise KeystoreError(f"{path} is empty: write the passphrase into it")
    return found


def require_private(path: Path, what: str) -> None:
    """Refuse a file that others may read.

    Raises:
        KeystoreError: if they may, or it is not there.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise KeystoreError(f"{what} {path} cannot be read: {error.strerror}") from error
    if status.st_mode & 0o077 or status.st_uid != os.getuid():
        raise KeystoreError(f"{path} can be read by others: chmod 600 it")


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeystoreError(f"{what} {path} cannot be read: {error.strerror}") from error
