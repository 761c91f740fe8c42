"""Which of a tournament's rounds takes entries, by the words that a person names it with."""

from collections.abc import Sequence

from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import dates, round_state, status
from tasks.core.protocol.round_state import RoundState

CURRENT = "current"
"""How a person names the open round that closes next."""


def chosen(found: Sequence[RoundState], said: str, now: int) -> RoundState:
    """Return the round that a person named, if it takes entries.

    Args:
        found: all rounds.
        said: a number, or `current`.
        now: the chain's time.

    Raises:
        InputError: if there is no such round, or it takes none now; the message says when.
    """
    if said == CURRENT:
        takes = [each for each in found if each.state == status.OPEN]
        if not takes:
            raise InputError(_next_one(found, now))
        return min(takes, key=lambda each: each.closes)
    if not (said.isascii() and said.isdigit()):
        raise InputError(f"{said!r} is no round: its number, or `{CURRENT}`")
    number = RoundId(int(said))
    one = round_state.find(found, number)
    if one.state != status.OPEN:
        raise InputError(_not_open(one, now))
    return one


def _next_one(found: Sequence[RoundState], now: int) -> str:
    coming = [each for each in found if each.state == status.SCHEDULED]
    if coming:
        first = min(coming, key=lambda each: each.opens)
        return f"no round is open: round {first.round_id} opens at {dates.utc(first.opens)}"
    last = f", the last one, {found[-1].round_id}, is {found[-1].status}" if found else ""
    return f"no round is open and none is announced{last}; the chain is at {dates.utc(now)}"


def _not_open(one: RoundState, now: int) -> str:
    told = f"opens at {dates.utc(one.opens)}"
    if one.state != status.SCHEDULED:
        told = f"is {one.status}: it closed at {dates.utc(one.closes)}"
    return f"round {one.round_id} {told}; the chain is at {dates.utc(now)}"
