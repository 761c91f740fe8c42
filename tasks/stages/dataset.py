"""The operator's data set: one document for each time that it grew, the newest counts."""

from collections.abc import Mapping
from typing import Any

from tasks.adapters.lake import Lake
from tasks.core.errors import LakeError


def find(vault: Lake) -> dict[str, Any] | None:
    """Return the newest document of the data set; None before anything was ingested."""
    count = _count(vault)
    return vault.document(_name(count)) if count else None


def newest(vault: Lake) -> dict[str, Any]:
    """Return the newest document of the data set.

    Raises:
        LakeError: if nothing was ingested.
    """
    found = find(vault)
    if found is None:
        raise LakeError(f"{vault.root} has no data set yet: ingest first")
    return found


def publish(vault: Lake, document: Mapping[str, Any]) -> None:
    """Add a document, which is the newest from now on."""
    vault.publish(_name(_count(vault) + 1), document)


def _count(vault: Lake) -> int:
    # Documents are found by name, never by listing: each one's successor is asked for.
    count = 0
    while vault.has(_name(count + 1)):
        count += 1
    return count


def _name(number: int) -> str:
    return f"dataset/{number:06d}"
