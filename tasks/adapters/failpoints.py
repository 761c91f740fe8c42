"""Failpoints: named places where a test can kill this process, as a power cut would."""

import logging
import os
import signal
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import psutil

from tasks.adapters import processes
from tasks.adapters.settings import Settings
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import purposes

logger = logging.getLogger(__name__)

HOME_POINTS = ("ingest", "found", "snapshot", "verify", "report")
"""After each step of a tournament that belongs to no round."""

ROUND_POINTS = (
    "open/published",
    "open",
    "enter/delivered",
    "enter",
    "close/published",
    "close",
    "resolve/published",
    "resolve",
    "settle/paid",
    "settle",
)
"""After each step of a round, and between its two writes: published but the chain not told,
delivered but not committed to, paid but the burns not swept."""

SENDING_POINTS = ("signed", "sent", "mined", "noted", "raised", "reopened")
"""Around every transaction: in the journal but not sent, sent but its receipt not seen, mined but
the journal not told, noted there but nothing done with it; a replacement in the journal but not
sent, and one that a reorg threw out, back in the journal but not sent again. The rest of the name
is the transaction's purpose."""

_CHAIN = ("chain", "anvil")


def names(rounds: Iterable[int]) -> list[str]:
    """Return every failpoint of a tournament over some rounds, the transactions' aside."""
    first, last = HOME_POINTS[:2], HOME_POINTS[2:]
    return [*first, *[f"{point}/{number}" for number in rounds for point in ROUND_POINTS], *last]


def places(round_id: int, sweep: int) -> list[str]:
    """Return every failpoint of what operator and keeper do in one round, in its order.

    Args:
        round_id: the round; its leaves are settled in one batch, its first proposal holds.
        sweep: how many sweeps came before its own.
    """
    number = RoundId(round_id)
    sent = (
        purposes.open_round(number),
        purposes.book(number),
        purposes.propose(number, earlier=0),
        purposes.settle(number, batch=0, first="*"),
        purposes.sweep(sweep),
    )
    opened, booked, proposed, settled, swept = (
        [f"{point}/{purpose}" for point in SENDING_POINTS[:4]] for purpose in sent
    )
    return [
        *(f"open/published/{round_id}", *opened, f"open/{round_id}"),
        *(f"close/published/{round_id}", *booked, f"close/{round_id}"),
        *(f"resolve/published/{round_id}", *proposed, f"resolve/{round_id}"),
        *(*settled, f"settle/paid/{round_id}", *swept, f"settle/{round_id}"),
    ]


def reach(point: str, *details: object) -> None:
    """Kill what ERARIUM_FAILPOINT_KILLS says if ERARIUM_FAILPOINT names this place.

    No clean-up runs. That name may be a pattern, as `settle/135/0/*`.

    Args:
        point: a name above.
        details: the round's number, or the purposes of all transactions that are there; if any,
            the place is one of `<point>/<detail>`.

    Raises:
        InputError: if there is no such point.
    """
    if point not in HOME_POINTS + ROUND_POINTS + SENDING_POINTS:
        raise InputError(f"no failpoint is called {point!r}")
    names = [f"{point}/{detail}" for detail in details] or [point]
    values = Settings()
    if values.failpoint is None or not any(fnmatchcase(each, values.failpoint) for each in names):
        return
    if values.failpoint_kills != "program":
        _kill_chain(values.home / "run")
        logger.warning("failpoint %s: the chain is killed", values.failpoint)
    if values.failpoint_kills != "node":
        os.kill(os.getpid(), signal.SIGKILL)


def _kill_chain(run: Path) -> None:
    found = [processes.running(run, name) for name in _CHAIN]
    killed = [psutil.Process(each.pid) for each in found if each is not None]
    for process in killed:
        process.kill()
    processes.wait_until_gone(killed, 5.0)
