"""A key that a person brings along: a keystore file and the file of its passphrase."""

import json
import os
from pathlib import Path

from eth_keyfile.keyfile import decode_keyfile_json

from tasks.adapters.keys import Signer
from tasks.core.errors import InputError


def signer(keystore: Path, passphrase: Path) -> Signer:
    """Return the account of an encrypted keystore, of the form that wallets write.

    Args:
        keystore: the JSON file.
        passphrase: a file that nobody else may read; line ends at its end do not count.

    Raises:
        InputError: if one of them cannot be read, is open to others, or they do not fit.
    """
    secret = _passphrase(passphrase)
    try:
        return Signer(bytes(decode_keyfile_json(json.loads(_read(keystore)), secret)))
    except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError) as error:
        # What the libraries say may quote the file.
        reason = "wrong passphrase" if "MAC" in str(error) else "it is no encrypted keystore"
        raise InputError(f"keystore {keystore} does not open: {reason}") from error


def _passphrase(path: Path) -> bytes:
    content = _read(path)
    if path.stat().st_mode & 0o077 or path.stat().st_uid != os.getuid():
        raise InputError(f"{path} can be read by others: chmod 600 it")
    return content.rstrip(b"\r\n")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
