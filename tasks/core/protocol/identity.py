"""Who a model is: its owner's address and its name."""

import re

from tasks.core.errors import InputError
from tasks.core.protocol import abi

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
