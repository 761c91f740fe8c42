"""The operator's data set: one document for each time that it grew, the newest counts."""

from tasks.adapters.lake import Lake
from tasks.core.errors import DataError, LakeError
from tasks.core.money.units import RoundId
from tasks.core.protocol import vault_places
from tasks.core.protocol.documents.vault import DataEra, DataSet


def find(vault: Lake) -> DataSet | None:
    """Return the newest document of the data set; None before anything was ingested."""
    count = _count(vault)
    return vault.load(vault_places.dataset(count)) if count else None


def newest(vault: Lake) -> DataSet:
    """Return the newest document of the data set.

    Raises:
        LakeError: if nothing was ingested.
    """
    found = find(vault)
    if found is None:
        raise LakeError(f"{vault.root} has no data set yet: ingest first")
    return found


def publish(vault: Lake, document: DataSet) -> None:
    """Add a document, which is the newest from now on."""
    vault.publish(vault_places.dataset(_count(vault) + 1), document)


def era_of(round_id: RoundId) -> str:
    """Return the name of the era that a round predicts."""
    return f"{round_id:04d}"


def era_entry(vault: Lake, round_id: RoundId) -> DataEra:
    """Return the data set's entry for a round's era.

    Raises:
        LakeError: if nothing was ingested.
        DataError: if the era is not in the data set.
    """
    era = era_of(round_id)
    found = next((entry for entry in newest(vault).eras if entry.name == era), None)
    if found is None:
        raise DataError(f"round {round_id}: era {era} is not in the data set")
    return found


def _count(vault: Lake) -> int:
    # Documents are found by name, never by listing: each one's successor is asked for.
    count = 0
    while vault.has(vault_places.dataset(count + 1)):
        count += 1
    return count
