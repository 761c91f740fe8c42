"""Failpoints: named places where a test can kill this process, as a power cut would."""

import os
import signal
from collections.abc import Iterable

from tasks.adapters.settings import Settings
from tasks.core.errors import InputError

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


def names(rounds: Iterable[int]) -> list[str]:
    """Return every failpoint of a tournament over some rounds, the transactions' aside."""
    first, last = HOME_POINTS[:2], HOME_POINTS[2:]
    return [*first, *[f"{point}/{number}" for number in rounds for point in ROUND_POINTS], *last]


def reach(point: str, *details: object) -> None:
    """Kill this process, without any clean-up, if ERARIUM_FAILPOINT names this place.

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
    if Settings().failpoint in names:
        os.kill(os.getpid(), signal.SIGKILL)
