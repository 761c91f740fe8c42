"""The ledger: what the contract's balances must be, replayed from its log alone.

A second implementation of the contract's money, for `verify` and for tests: every amount that an
event states is computed again from what came before it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.core.errors import TournamentError
from tasks.core.money import payouts
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import events, heads, identity
from tasks.core.protocol.events import AnyEvent
from tasks.core.protocol.terms import Parameters, Terms

WEEK_S = 604_800
LEGS = (0, 1)


class LedgerError(TournamentError, ValueError):
    """An event states something that does not follow from the events before it."""


@dataclass(slots=True, kw_only=True)
class RoundLedger:
    """One round's amounts, in wei, and the factors by leg."""

    operator: str
    parameters: Parameters
    terms: Terms
    locked: dict[bytes, Wei] = field(default_factory=dict)
    at_risk: Wei = Wei(0)
    head: bytes = bytes(32)
    factors: list[int] = field(default_factory=lambda: [0, 0])
    reserves: list[Wei] = field(default_factory=lambda: [Wei(0), Wei(0)])
    settled: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    proposal_bond: int = 0
    bonds: int = 0


@dataclass(slots=True, kw_only=True)
class Week:
    """What one leg's books of one week took from its pool."""

    number: int = 0
    base: Wei = Wei(0)
    reserved: Wei = Wei(0)


@dataclass(slots=True, kw_only=True)
class Ledger:
    """All balances after some events, in wei."""

    free: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    pool: list[Wei] = field(default_factory=lambda: [Wei(0), Wei(0)])
    weeks: list[Week] = field(default_factory=lambda: [Week(), Week()])
    rounds: dict[RoundId, RoundLedger] = field(default_factory=dict)
    burnable: int = 0
    swept: int = 0

    def apply_all(self, logged: Iterable[AnyEvent]) -> None:
        """Apply events in the order of the log.

        Raises:
            LedgerError: if one states something that does not follow, or is of a kind that is
                neither applied nor known to move nothing.
        """
        for event in logged:
            kind = type(event)
            if kind in APPLIED:
                APPLIED[kind](self, event)
            elif kind not in MOVING_NOTHING:
                raise LedgerError(f"event {kind.__name__} is unknown to the ledger")

    def total(self) -> int:
        """Return the sum of everything that the contract owes, in wei."""
        return sum(self.free.values()) + sum(self.pool) + self.burnable + self.in_rounds()

    def in_rounds(self) -> int:
        """Return what all rounds hold: locked stakes, reserves and bonds, in wei."""
        return sum(
            sum(entry.locked.values()) + sum(entry.reserves) + entry.bonds
            for entry in self.rounds.values()
        )

    def _deposited(self, event: events.Deposited) -> None:
        _require(identity.model_id(event.owner, event.name) == event.model, event, "its model")
        self.free[event.model] += event.amount

    def _withdrawn(self, event: events.Withdrawn) -> None:
        self._take(event.model, event.amount, event)

    def _funded(self, event: events.Funded) -> None:
        self.pool[event.leg] = Wei(self.pool[event.leg] + event.amount)

    def _opened(self, event: events.Opened) -> None:
        self.rounds[event.round] = RoundLedger(
            operator=event.operator, parameters=event.parameters, terms=event.terms
        )
        self._take_bond(event.operator, event.parameters.duty_bond, event)

    def _entered(self, event: events.Entered) -> None:
        entry = self.rounds[event.round]
        added = event.at_risk - entry.locked.get(event.model, 0)
        _require(added >= 0, event, "its stake, which fell")
        entry.head = heads.extend(
            entry.head, event.round, event.model, event.at_risk, event.commitment, event.nonce
        )
        _require(entry.head == event.head, event, "the hash chain of entries")
        self._take(event.model, added, event)
        entry.locked[event.model] = event.at_risk
        entry.at_risk = Wei(entry.at_risk + added)

    def _booked(self, event: events.Booked) -> None:
        entry = self.rounds[event.round]
        _require(event.at_risk == entry.at_risk, event, "the sum at risk")
        terms = entry.terms
        for leg, clip, threshold in (
            (0, terms.clip_nano, terms.threshold),
            (1, terms.profit_clip_nano, None),
        ):
            self._reserve(entry, leg, clip, threshold, event.timestamp)
        stated = [event.factor, event.profit_factor, event.reserve, event.profit_reserve]
        _require(stated == entry.factors + entry.reserves, event, "factors and reserves")

    def _proposed(self, event: events.Proposed) -> None:
        entry = self.rounds[event.round]
        bond = payouts.proposal_bond(
            entry.at_risk,
            Wei(sum(entry.reserves)),
            entry.parameters.bond_bps,
            entry.parameters.bond_floor,
        )
        _require(event.bond == bond, event, "the bond")
        entry.proposal_bond = bond
        self._take_bond(event.proposer, event.bond, event)

    def _challenged(self, event: events.Challenged) -> None:
        _require(event.bond == self.rounds[event.round].proposal_bond, event, "the bond")
        self._take_bond(event.challenger, event.bond, event)

    def _bond_returned(self, event: events.BondReturned) -> None:
        self._end_bond(event)
        self.free[identity.model_id(event.account, "")] += event.amount

    def _bond_burned(self, event: events.BondBurned) -> None:
        self._end_bond(event)
        self.burnable += event.amount

    def _settled(self, event: events.Settled) -> None:
        entry = self.rounds[event.round]
        at_risk = entry.locked.pop(event.model, Wei(0))
        _require(at_risk > 0, event, "a stake that was not locked")
        paid = burned = 0
        for leg, rate in enumerate((event.return_nano, event.profit_nano)):
            payout = payouts.payout(at_risk, entry.factors[leg], rate)
            entry.reserves[leg] = Wei(entry.reserves[leg] - payout)
            paid += payout
            burned += payouts.burn(at_risk, entry.factors[leg], rate)
        _require((event.payout, event.burn) == (paid, burned), event, "payout and burn")
        self.burnable += burned
        self.free[event.model] += at_risk + paid - burned
        entry.settled[event.model] = (event.return_nano, event.profit_nano)

    def _released(self, event: events.Released) -> None:
        amount = self.rounds[event.round].locked.pop(event.model, 0)
        _require(amount == event.amount, event, "the stake released")
        self.free[event.model] += amount

    def _reserve_returned(self, event: events.ReserveReturned) -> None:
        entry = self.rounds[event.round]
        _require(entry.reserves[event.leg] == event.amount, event, "the reserve returned")
        entry.reserves[event.leg] = Wei(0)
        self.pool[event.leg] = Wei(self.pool[event.leg] + event.amount)

    def _swept(self, event: events.Swept) -> None:
        _require(self.burnable == event.amount, event, "what there was to burn")
        self.burnable = 0
        self.swept += event.amount

    def _reserve(
        self, entry: RoundLedger, leg: int, clip: int, threshold: Wei | None, timestamp: int
    ) -> None:
        week = self.weeks[leg]
        if week.number != timestamp // WEEK_S:
            week = self.weeks[leg] = Week(number=timestamp // WEEK_S, base=self.pool[leg])
        shares = (entry.parameters.round_share_bps, entry.parameters.week_share_bps)
        available = payouts.available(
            self.pool[leg], shares[0], week.base, shares[1], week.reserved
        )
        entry.factors[leg] = payouts.factor(entry.at_risk, available, clip, threshold)
        reserve = payouts.reserve(entry.at_risk, entry.factors[leg], clip)
        entry.reserves[leg] = reserve
        week.reserved = Wei(week.reserved + reserve)
        self.pool[leg] = Wei(self.pool[leg] - reserve)

    def _take_bond(self, account: str, amount: int, event: Any) -> None:
        self._take(identity.model_id(account, ""), amount, event)
        self.rounds[event.round].bonds += amount

    def _end_bond(self, event: Any) -> None:
        entry = self.rounds[event.round]
        _require(entry.bonds >= event.amount, event, "a bond that was not held")
        entry.bonds -= event.amount

    def _take(self, model: bytes, amount: int, event: Any) -> None:
        _require(self.free[model] >= amount, event, "free stake that was not there")
        self.free[model] -= amount


# Typed loosely, for each takes its own kind.
APPLIED: Mapping[type, Callable[[Ledger, Any], None]] = {
    events.Deposited: Ledger._deposited,
    events.Withdrawn: Ledger._withdrawn,
    events.Funded: Ledger._funded,
    events.Opened: Ledger._opened,
    events.Entered: Ledger._entered,
    events.Booked: Ledger._booked,
    events.Proposed: Ledger._proposed,
    events.Challenged: Ledger._challenged,
    events.BondReturned: Ledger._bond_returned,
    events.BondBurned: Ledger._bond_burned,
    events.Settled: Ledger._settled,
    events.Released: Ledger._released,
    events.ReserveReturned: Ledger._reserve_returned,
    events.Swept: Ledger._swept,
}
"""What each event that moves money does to the ledger."""

MOVING_NOTHING: frozenset[type] = frozenset(
    {
        events.ParametersSet,
        events.OperatorSet,
        events.Delivered,
        events.Ruled,
        events.Voided,
        events.Skipped,
        events.Abandoned,
    }
)
"""Events that move no money; what follows from a ruling or an abandonment logs its own."""


def _require(holds: bool, event: Any, what: str) -> None:
    if not holds:
        number = getattr(event, "round", None)
        place = "" if number is None else f" of round {number}"
        raise LedgerError(f"event {type(event).__name__}{place} contradicts the log: {what}")
