"""What an endpoint says where it does not do what it was asked."""

from typing import Any

from eth_abi import abi
from eth_abi.exceptions import DecodingError

from tasks.core.errors import ChainError

_ERROR_SELECTOR = bytes.fromhex("08c379a0")


class RefusedError(ChainError):
    """The chain answered with an error: a revert, or a call that it does not accept."""


class LimitedError(ChainError):
    """The endpoint limits calls.

    Attributes:
        by_rate: whether it is certain that there were too many, not too large ones.
        wait_s: how long it asked to be left alone.
    """

    def __init__(self, message: str, *, by_rate: bool, wait_s: float = 0.0) -> None:
        """Say what the endpoint said."""
        super().__init__(message)
        self.by_rate = by_rate
        self.wait_s = wait_s


class TooLargeError(ChainError):
    """An answer is larger than it may be."""


class HttpError(ChainError):
    """The endpoint answered with another HTTP status than 200."""

    def __init__(self, message: str, status: int) -> None:
        """Say what it answered."""
        super().__init__(message)
        self.status = status


def line(text: object) -> str:
    """Return a stranger's words as a part of one line."""
    return " ".join(str(text).split())[:500]


def reason(error: dict[str, Any]) -> str | None:
    """Return the text of a contract's revert, if that is what the error is."""
    content = error.get("data")
    if isinstance(content, dict):
        content = content.get("data")
    if not (isinstance(content, str) and content.startswith("0x")):
        return None
    try:
        raw = bytes.fromhex(content[2:])
        if raw[:4] == _ERROR_SELECTOR:
            (reason,) = abi.decode(["string"], raw[4:])
            return line(reason)
    except (ValueError, OverflowError, DecodingError):
        return None
    return None
