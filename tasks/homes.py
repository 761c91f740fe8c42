"""Homes as they lie on the disk: finished ones read, others moved aside; nothing is started.

Apart from `tasks.local`, whose imports take longer than reading a report.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.adapters import home as homes
from tasks.adapters import locks, processes
from tasks.adapters.home import Home
from tasks.adapters.settings import Settings
from tasks.core.errors import HomeError


def finished(root: Path, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the report of a home that is finished; None for one that is not, or not there.

    Raises:
        HomeError: if the home was made with other arguments.
    """
    if not Home.exists(root):
        return None
    home = Home.open(root, "replay", arguments)
    return _read_report(home) if home.report.exists() else None


def report(root: Path) -> dict[str, Any]:
    """Return the report of a finished home.

    Raises:
        HomeError: if it is no home, or not finished.
    """
    home = Home.open(root)
    if not home.report.exists():
        raise HomeError(f"{root} has no report yet: run `erarium play` with its arguments again")
    return _read_report(home)


def set_aside(root: Path) -> None:
    """Stop what a home left running, and move it aside; a folder that is no home stays.

    Raises:
        LockedError: if another process works in it.
    """
    if not Home.exists(root):
        return
    with locks.exclusive(root / "lock", "move the home aside", Settings().lock_wait_s):
        processes.reap(root / "run")
    homes.set_aside(root)


def _read_report(home: Home) -> dict[str, Any]:
    try:
        document = json.loads(home.report.read_bytes())
    except (OSError, ValueError) as error:
        raise HomeError(f"{home.report} is damaged ({error}): remove it and play again") from error
    if not isinstance(document, dict):
        raise HomeError(f"{home.report} is damaged: remove it and play again")
    return document
