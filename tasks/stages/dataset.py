"""The operator's data set: one document for each time that it grew, the newest counts."""

from collections.abc import Mapping
from typing import Any

from tasks.adapters.lake import Lake
from tasks.core.errors import LakeError
from tasks.core.money.units import RoundId
from tasks.core.protocol.documents.ref import Ref


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


def era_of(round_id: RoundId) -> str:
    """Return the name of the era that a round predicts."""
    return f"{round_id:04d}"


def era_entry(vault: Lake, round_id: RoundId) -> Mapping[str, Any]:
    """Return the data set's entry for a round's era.

    Raises:
        LakeError: if nothing was ingested.
        KeyError: if the era is not in the data set.
    """
    era = era_of(round_id)
    eras = newest(vault)["eras"]
    return next(entry for entry in eras if entry["era"] == era)


def era_object(entry: Mapping[str, Any]) -> Ref:
    """Return the vault's object of an era: assets, ids, features, targets, benchmarks."""
    return Ref.from_document(entry["object"])


def _count(vault: Lake) -> int:
    # Documents are found by name, never by listing: each one's successor is asked for.
    count = 0
    while vault.has(_name(count + 1)):
        count += 1
    return count


def _name(number: int) -> str:
    return f"dataset/{number:06d}"
