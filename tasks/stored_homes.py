"""Homes as they lie on the disk: read when finished, or moved aside; nothing is started.

Apart from `tasks.local`, whose imports take longer than reading a report.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tasks.adapters import home as homes
from tasks.adapters import locks, processes
from tasks.adapters.home import Home
from tasks.adapters.settings import Settings
from tasks.core.errors import HomeError, LockedError


def finished(root: Path, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the report of a home that is finished; None for one that is not, or not there.

    What a run left there that was killed after its last step is stopped.

    Raises:
        HomeError: if the home was made with other arguments.
    """
    if not Home.exists(root):
        return None
    home = Home.open(root, "replay", arguments)
    if not home.report.exists():
        return None
    _clear_up(home)
    return _read_report(home)


def report(root: Path) -> dict[str, Any]:
    """Return the report of a finished home.

    Raises:
        HomeError: if it is no home, or not finished.
    """
    home = Home.open(root)
    if not home.report.exists():
        raise HomeError(f"{root} has no report yet: run `erarium play` with its arguments again")
    return _read_report(home)


def set_aside(values: Settings) -> None:
    """Stop what a home left running, and move it aside; a folder that is no home stays.

    Args:
        values: which home, and how long to wait for whoever works in it.

    Raises:
        LockedError: if another process works in it.
    """
    root = values.home
    if not Home.exists(root):
        return
    with locks.exclusive(root / "lock", "move the home aside", values.lock_wait_s):
        processes.reap(root / "run")
    homes.set_aside(root)


def _clear_up(home: Home) -> None:
    """Stop what nobody holds the home's lock for; what somebody serves there stays."""
    if any(home.run.glob("*.pid")):
        with suppress(LockedError), home.lock("clear up", wait_s=0.0):
            processes.reap(home.run)


def _read_report(home: Home) -> dict[str, Any]:
    try:
        document = json.loads(home.report.read_bytes())
    except (OSError, ValueError) as error:
        raise HomeError(f"{home.report} is damaged ({error}): remove it and play again") from error
    if not isinstance(document, dict):
        raise HomeError(f"{home.report} is damaged: remove it and play again")
    return document
