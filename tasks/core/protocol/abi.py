"""The digest of ABI-encoded values, as contracts compute it."""

from collections.abc import Sequence
from typing import Any

from eth_abi import abi
from eth_abi.exceptions import EncodingError
from eth_hash.auto import keccak

from tasks.core.errors import InputError


def digest(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Return keccak256(abi.encode(values)).

    Args:
        types: Solidity's names of the types, such as `uint64`.
        values: one value a type; addresses as hex strings, bytes32 as 32 bytes.

    Raises:
        InputError: if a value does not fit its type.
    """
    for kind, entry in zip(types, values, strict=True):
        # the encoder would pad a short bytes32 with zeros, which gives another digest unnoticed
        if kind == "bytes32" and len(entry) != 32:
            raise InputError(f"a bytes32 has {len(entry)} bytes: 0x{entry.hex()}")
    try:
        encoded = abi.encode(types, values)
    except EncodingError as error:
        raise InputError(f"cannot encode: {error}") from error
    return keccak(encoded)
