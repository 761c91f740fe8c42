"""Files that say how something is set up, which a person may have edited: no key is passed over."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tasks.core import wording
from tasks.core.errors import HomeError


def require_known(path: Path, entry: Mapping[str, Any], known: Iterable[str]) -> None:
    """Check that a file has no key that means nothing.

    Args:
        path: the file, for the message.
        entry: its keys and their values.
        known: the keys that there are.

    Raises:
        HomeError: if it has one; the message suggests the nearest.
    """
    known = set(known)
    odd = set(entry) - known
    if odd:
        raise HomeError(f"{path}: {wording.unknown('key', odd, known)}: mend or remove it")
