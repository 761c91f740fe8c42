"""Hand the predictions of closed rounds to an auditor, and find those that were handed over."""

import re
from collections.abc import Sequence
from pathlib import Path

from tasks.adapters import files
from tasks.adapters.lake import Lake
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import vault_places
from tasks.stages import dataset

_NAME = re.compile(r"round-(0|[1-9][0-9]*)\.npy")


def hand_over(vault: Lake, folder: Path, only: RoundId | None) -> list[Path]:
    """Copy the matrices of a home's rounds into a folder, readable by its owner alone.

    Args:
        vault: the operator's store.
        folder: takes `round-N.npy` for each round.
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


def handed(path: Path, only: RoundId | None) -> dict[RoundId, Path]:
    """Return the matrices at a path, by round.

    Args:
        path: the file of one round, or a folder of files `round-N.npy`.
        only: the one round that is looked at; None for all.

    Raises:
        InputError: if there is none.
    """
    if path.is_file():
        if only is None:
            raise InputError(f"{path} holds one round's predictions: say which by --round")
        return {only: path}
    found = {
        RoundId(int(name[1])): entry
        for entry in path.iterdir()
        if (name := _NAME.fullmatch(entry.name))
    }
    if only is not None:
        found = {number: entry for number, entry in found.items() if number == only}
    if not found:
        wanted = "round-N.npy" if only is None else f"round-{only}.npy"
        raise InputError(f"{path} has no {wanted}: `erarium export` makes it")
    return found


def _all(vault: Lake) -> list[RoundId]:
    found = dataset.find(vault)
    return [RoundId(int(entry.name)) for entry in found.eras] if found else []


def _with_a_book(vault: Lake, rounds: Sequence[RoundId]) -> list[RoundId]:
    return [round_id for round_id in rounds if vault.has(vault_places.book(round_id))]


def _copy(vault: Lake, round_id: RoundId, folder: Path) -> Path:
    ref = vault.load(vault_places.book(round_id)).predictions
    path = folder / f"round-{round_id}.npy"
    try:
        files.replace_by_chunks(path, vault.chunks(ref), 0o600)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    return path
