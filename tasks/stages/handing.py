"""Hand the predictions of closed rounds to an auditor."""

from collections.abc import Sequence
from pathlib import Path

from tasks.adapters import files
from tasks.adapters.lake import Lake
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import vault_places
from tasks.stages import dataset
from tasks.verification import handed


def hand_over(vault: Lake, folder: Path, only: RoundId | None) -> list[Path]:
    """Copy the matrices of a home's rounds into a folder, readable by its owner alone.

    Args:
        vault: the operator's store.
        folder: takes a file for each round, named as `handed.name` has it.
        only: the one round; None for every round that has accepted predictions.

    Raises:
        InputError: if there is nothing to hand over, or the folder cannot be written.
        LakeError: if a matrix is damaged.
    """
    rounds = _with_a_book(vault, [only] if only is not None else _all(vault))
    if not rounds:
        which = "no round" if only is None else f"round {only}"
        lacks = "has" if only is None else "does not have"
        raise InputError(f"{which} {lacks} accepted predictions here: they come with the book")
    return [_copy(vault, round_id, folder) for round_id in rounds]


def _all(vault: Lake) -> list[RoundId]:
    found = dataset.find(vault)
    return [RoundId(int(entry.name)) for entry in found.eras] if found else []


def _with_a_book(vault: Lake, rounds: Sequence[RoundId]) -> list[RoundId]:
    return [round_id for round_id in rounds if vault.has(vault_places.book(round_id))]


def _copy(vault: Lake, round_id: RoundId, folder: Path) -> Path:
    ref = vault.load(vault_places.book(round_id)).predictions
    path = folder / handed.name(round_id)
    try:
        files.replace_by_chunks(path, vault.chunks(ref), 0o600)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    return path
