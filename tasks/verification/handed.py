"""Find the matrices that an operator handed to an auditor."""

import re
from pathlib import Path

from tasks.core.errors import InputError
from tasks.core.money.units import RoundId

_NAME = re.compile(r"round-(0|[1-9][0-9]*)\.npy")


def name(round_id: RoundId) -> str:
    """Return the name of the file that holds a round's matrix."""
    return f"round-{round_id}.npy"


def find(path: Path, only: RoundId | None) -> dict[RoundId, Path]:
    """Return the matrices at a path, by round.

    Args:
        path: the file of one round, or a folder of files named as `name` has it.
        only: the one round that is looked at; None for all.

    Raises:
        InputError: if there is none.
    """
    if path.is_file():
        if only is None:
            raise InputError(f"{path} holds one round's predictions: say which by --round")
        return {only: path}
    found = {
        RoundId(int(match[1])): entry
        for entry in path.iterdir()
        if (match := _NAME.fullmatch(entry.name))
    }
    if only is not None:
        found = {number: entry for number, entry in found.items() if number == only}
    if not found:
        wanted = "round-N.npy" if only is None else name(only)
        raise InputError(f"{path} has no {wanted}: `erarium export` makes it")
    return found
