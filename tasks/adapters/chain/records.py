"""What the tournament's contract says: its events and a round's facts, by the contract's names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol.book import Entrant
from tasks.core.protocol.terms import Parameters, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Where an event stands: block, position among the block's logs, transaction, time."""

    block: int
    log_index: int
    transaction: str
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParametersSet(Event):
    """The owner set what the next rounds copy."""

    parameters: Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSet(Event):
    """The owner named who opens the next rounds."""

    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposited(Event):
    """Free stake was added to a model, or to a purse, whose name is empty."""

    model: bytes
    owner: str
    name: str
    payer: str
    amount: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Event):
    """Free stake was paid out to the model's owner."""

    model: bytes
    owner: str
    amount: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Funded(Event):
    """A pool was given tokens; leg 0 is the stake pool, 1 the profit pool."""

    leg: int
    payer: str
    amount: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened(Event):
    """A round was opened with its parameters and terms."""

    round: RoundId
    config: bytes
    operator: str
    parameters: Parameters
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered(Entrant):
    """A model entered a round, or replaced its entry; `block` and `log_index` are the entrant's."""

    round: RoundId
    head: bytes
    transaction: str
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked(Event):
    """A round's book was recorded and every possible payout reserved."""

    round: RoundId
    digest: bytes
    uri: str
    at_risk: Wei
    factor: int
    profit_factor: int
    reserve: Wei
    profit_reserve: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed(Event):
    """A settlement was proposed."""

    round: RoundId
    proposer: str
    root: bytes
    table: bytes
    targets: bytes
    uri: str
    bond: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenged(Event):
    """A proposal was challenged, with a bond like its own."""

    round: RoundId
    challenger: str
    root: bytes
    uri: str
    bond: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled(Event):
    """The arbiter ruled: a right proposal is final, a wrong one void."""

    round: RoundId
    root: bytes
    right: bool
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Voided(Event):
    """A proposal is void, by a ruling or because none came."""

    round: RoundId
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Event):
    """A sealed submission was delivered on the chain."""

    round: RoundId
    model: bytes
    owner: str
    name: str
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Event):
    """A leaf was settled; payout and burn are the sums over both legs."""

    round: RoundId
    model: bytes
    return_nano: int
    profit_nano: int
    payout: Wei
    burn: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped(Event):
    """A batch passed over an item, for this reason."""

    round: RoundId
    model: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept(Event):
    """What rounds had burned left the contract and the supply."""

    amount: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Released(Event):
    """A stake that nobody settled went back to its model."""

    round: RoundId
    model: bytes
    amount: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveReturned(Event):
    """The rest of a round's reserve went back to its pool."""

    round: RoundId
    leg: int
    amount: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class BondReturned(Event):
    """A bond went back to an account's purse."""

    round: RoundId
    account: str
    amount: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class BondBurned(Event):
    """A bond was lost; it is burned with the next sweep."""

    round: RoundId
    account: str
    amount: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned(Event):
    """A round's abandonment was booked; `fault` says whether it was the operator's."""

    round: RoundId
    fault: bool


AnyEvent = Event | Entered

_KINDS: dict[str, type[Event] | type[Entered]] = {
    kind.__name__: kind
    for kind in (
        *(ParametersSet, OperatorSet, Deposited, Withdrawn, Funded, Opened, Entered, Booked),
        *(Proposed, Challenged, Ruled, Voided, Delivered, Settled, Skipped, Swept, Released),
        *(ReserveReturned, BondReturned, BondBurned, Abandoned),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A round's proposal; all zero where there is none, or its end is booked.

    Attributes:
        bond: what is held of each side, wei.
        final_at: when it is final, seconds since 1970; 0 if time alone never makes it so.
        rule_by: end of the time for a ruling; 0 without a challenge.
    """

    proposer: str
    challenger: str
    root: bytes
    bond: Wei
    final_at: int
    rule_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFacts:
    """Everything that the contract holds of a round; all zero for one that was never opened.

    Attributes:
        factors: WAD, of the stake leg and the profit leg.
        reserves: what is left of each leg's reserve, wei.
        locked: what of `at_risk` is not settled or released yet.
        head: hash chain over the entries.
        targets: their digest, once the operator's first proposal has fixed it.
    """

    config: bytes
    operator: str
    parameters: Parameters
    terms: Terms
    duty_bond: Wei
    entrants: int
    at_risk: Wei
    locked: Wei
    head: bytes
    book: bytes
    booked: bool
    factors: tuple[int, int]
    reserves: tuple[Wei, Wei]
    targets: bytes
    proposal: Proposal
    abandoned: bool

    @property
    def factor(self) -> int:
        """Return the stake leg's factor, WAD."""
        return self.factors[0]


def event(name: str, values: Mapping[str, Any], place: Mapping[str, Any]) -> AnyEvent:
    """Return a decoded log as a record.

    Args:
        name: the event's name.
        values: its arguments by name.
        place: the fields of `Event`.
    """
    return _KINDS[name](**_typed(values), **place)


def round_facts(values: Mapping[str, Any]) -> RoundFacts:
    """Return the contract's struct `Facts` as a record."""
    return RoundFacts(**{**_typed(values), "proposal": Proposal(**values["proposal"])})


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    typed = dict(values)
    if "parameters" in typed:
        typed["parameters"] = Parameters(**typed["parameters"])
    if "terms" in typed:
        typed["terms"] = Terms(**typed["terms"])
    return typed
