"""The tournament's events as records, named as the contract names them."""

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

KINDS: tuple[type[Event] | type[Entered], ...] = (
    *(ParametersSet, OperatorSet, Deposited, Withdrawn, Funded, Opened, Entered, Booked),
    *(Proposed, Challenged, Ruled, Voided, Delivered, Settled, Skipped, Swept, Released),
    *(ReserveReturned, BondReturned, BondBurned, Abandoned),
)
"""A record for each event of the contract."""

_BY_NAME = {kind.__name__: kind for kind in KINDS}


def event(name: str, values: Mapping[str, Any], place: Mapping[str, Any]) -> AnyEvent:
    """Return a decoded log as a record.

    Args:
        name: the event's name.
        values: its arguments by name.
        place: the fields of `Event`.
    """
    typed = dict(values)
    if "parameters" in typed:
        typed["parameters"] = Parameters(**typed["parameters"])
    if "terms" in typed:
        typed["terms"] = Terms(**typed["terms"])
    return _BY_NAME[name](**typed, **place)
