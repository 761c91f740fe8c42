"""A tournament's rounds as the chain has them: where each stands, which one takes entries."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tasks.adapters.chain.connection import Chain
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import dates, status

CURRENT = "current"
"""How a person names the open round that closes next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundState:
    """Where a round stands; times in seconds since 1970, amounts in wei, the factor in WAD."""

    round_id: RoundId
    state: int
    opens: int
    closes: int
    resolves: int
    models: int
    at_risk: int
    locked: int
    factor: int | None
    smallest_stake: int

    @property
    def status(self) -> str:
        """Return the status in a word."""
        return status.NAMES[self.state]

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it; amounts and factor are strings, for they exceed 2^53."""
        amounts = ("at_risk", "locked", "smallest_stake")
        kept = {name: value for name, value in asdict(self).items() if name != "state"}
        kept |= {name: str(getattr(self, name)) for name in amounts}
        factor = None if self.factor is None else str(self.factor)
        return kept | {"factor": factor, "status": self.status}


def states(chain: Chain, block: int) -> list[RoundState]:
    """Return all rounds as of a block, in their order."""
    opened = chain.tournament.opened(block)
    return [_state(chain, event.round, block) for event in sorted(opened, key=lambda e: e.round)]


def _state(chain: Chain, round_id: RoundId, block: int) -> RoundState:
    facts = chain.tournament.facts(round_id, block)
    return RoundState(
        round_id=round_id,
        state=chain.tournament.status(round_id, block),
        opens=facts.terms.opens,
        closes=facts.terms.closes,
        resolves=facts.terms.resolves,
        models=facts.entrants,
        at_risk=facts.at_risk,
        locked=facts.locked,
        factor=facts.factor if facts.booked else None,
        smallest_stake=facts.terms.smallest_stake,
    )


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
    one = next((each for each in found if each.round_id == number), None)
    if one is None:
        raise InputError(dates.not_there(number))
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
