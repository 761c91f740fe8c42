"""Who a model is: its owner's address and its name."""

import re

from eth_hash.auto import keccak

from tasks.core.errors import InputError
from tasks.core.protocol import abi

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


def check_name(name: str) -> str:
    """Return a model's name if it is one.

    The contract takes deposits for the same names only; here a wrong one is refused before
    anything is sent.

    Raises:
        InputError: if it is empty, longer than 32 or has other characters.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"not a model's name: {name!r}; 1 to 32 of a-z, 0-9, _ and -, a letter or digit first"
        )
    return name


def check_address(text: str) -> str:
    """Return an address with its checksum, which the case of its letters tells (EIP-55).

    An address in letters of one case has no checksum, and is taken as it is.

    Raises:
        InputError: if it is no address, or its checksum is wrong.
    """
    if not _ADDRESS.fullmatch(text):
        raise InputError(f"{text!r} is no address: 0x and 40 hex digits")
    digits = text[2:].lower()
    marks = keccak(digits.encode()).hex()
    pairs = zip(digits, marks, strict=False)
    written = "".join(digit.upper() if mark > "7" else digit for digit, mark in pairs)
    if text[2:] not in (written, digits, digits.upper()):
        raise InputError(f"{text} is mistyped: its checksum is wrong; copy the address again")
    return f"0x{written}"


def model_id(owner: str, name: str) -> bytes:
    """Return a model's id, or the id of an account's purse for the empty name.

    The name is not checked: an id can be had for any, but only a name that `check_name` takes
    can have stake.

    Args:
        owner: the owner's address.
        name: the model's name.

    Raises:
        InputError: if the owner is no address.

    Source: docs/protocol.md, "Encodings".
    """
    return abi.digest(["address", "string"], [owner, name])
