"""The tournament's money once more, slowly and in Python: it shares no rule with what it checks."""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from tasks.core.protocol.terms import Parameters, Terms

WEEK = 604_800


class Illegal(Exception):
    """The rules forbid the call."""


@dataclass
class Round:
    """A round's facts; amounts in wei."""

    terms: Terms
    parameters: Parameters
    duty: int
    at_risk: dict = field(default_factory=dict)
    locked: dict = field(default_factory=dict)
    nonces: dict = field(default_factory=dict)
    booked: bool = False
    factors: list = field(default_factory=lambda: [Fraction(0), Fraction(0)])
    reserves: list = field(default_factory=lambda: [0, 0])
    proposed_at: int | None = None
    proposer: str = ""
    bond: int = 0
    rows: dict = field(default_factory=dict)
    abandoned: bool = False

    def status(self, now):
        """Return the status's name."""
        t = self.terms
        if now < t.closes:
            return "scheduled" if now < t.opens else "open"
        if not self.at_risk or (self.booked and not any(self.factors)):
            return "abandoned"
        if not self.booked:
            return "closed" if now < t.book_by else "abandoned"
        if self.proposed_at is not None:
            return self._decided(now)
        if now < t.resolves:
            return "booked"
        return "resolving" if now < t.propose_by else "abandoned"

    def _decided(self, now):
        final = self.proposed_at + self.parameters.challenge
        if now < final:
            return "proposed"
        return "settling" if now < final + self.parameters.claim else "over"


class Reference:
    """All balances, changed by the calls that the rules allow."""

    def __init__(self, parameters, operator):
        self.parameters = parameters
        self.operator = operator
        self.free = {}
        self.pool = [0, 0]
        self.weeks = [(None, 0, 0), (None, 0, 0)]
        self.rounds = {}
        self.burnable = 0
        self.burned = 0

    def credit(self, model, amount):
        """Add free stake."""
        self.free[model] = self.free.get(model, 0) + amount

    def debit(self, model, amount):
        """Take free stake."""
        _require(self.free.get(model, 0) >= amount)
        self.free[model] -= amount

    def open(self, now, number, terms):
        """Open a round; the terms are taken as legal ones."""
        _require(number not in self.rounds and now <= terms.opens)
        self.debit((self.operator, ""), self.parameters.duty_bond)
        self.rounds[number] = Round(terms, self.parameters, self.parameters.duty_bond)

    def enter(self, now, number, model, at_risk, nonce):
        """Enter a model."""
        entry = self.rounds.get(number)
        _require(entry is not None and entry.status(now) == "open")
        before = entry.at_risk.get(model, 0)
        _require(nonce > entry.nonces.get(model, 0))
        _require(at_risk >= max(before, entry.terms.smallest_stake))
        self.debit(model, at_risk - before)
        entry.at_risk[model] = entry.locked[model] = at_risk
        entry.nonces[model] = nonce

    def book(self, now, number):
        """Book a round: both factors and reserves."""
        entry = self.rounds.get(number)
        _require(entry is not None and entry.status(now) == "closed")
        entry.booked = True
        total = sum(entry.at_risk.values())
        scarce = Fraction(entry.terms.threshold, total)
        clips = entry.terms.clip_nano, entry.terms.profit_clip_nano
        for leg, cap in enumerate((min(Fraction(1), scarce), Fraction(1))):
            week, base, taken = self.weeks[leg]
            if week != now // WEEK:
                week, base, taken = now // WEEK, self.pool[leg], 0
            share = self.pool[leg] * entry.parameters.round_share_bps // 10_000
            limit = base * entry.parameters.week_share_bps // 10_000 - taken
            clip = Fraction(clips[leg], 10**9)
            factor = min(cap, Fraction(max(0, min(share, limit))) / (clip * total))
            entry.factors[leg] = Fraction(floor(factor * 10**18), 10**18)
            entry.reserves[leg] = floor(total * entry.factors[leg] * clip)
            self.pool[leg] -= entry.reserves[leg]
            self.weeks[leg] = week, base, taken + entry.reserves[leg]

    def propose(self, now, number, who, rows):
        """Propose a table."""
        entry = self.rounds.get(number)
        _require(entry is not None and entry.status(now) == "resolving")
        _require(who == self.operator or now >= entry.terms.resolves + entry.parameters.exclusive)
        back = entry.duty if who == self.operator else 0
        total = sum(entry.at_risk.values()) + sum(entry.reserves)
        bond = max(
            entry.parameters.bond_floor, ceil(Fraction(total * entry.parameters.bond_bps, 10_000))
        )
        _require(self.free.get((who, ""), 0) + back >= bond)
        self.credit((who, ""), back - bond)
        entry.duty -= back
        entry.bond, entry.proposer, entry.proposed_at = bond, who, now
        entry.rows = dict(rows)

    def settle(self, now, number, model):
        """Settle a model by the proposed table."""
        entry = self.rounds.get(number)
        _require(entry is not None and entry.status(now) == "settling")
        _require(model in entry.locked and model in entry.rows)
        self._conclude(entry)
        at_risk = entry.locked.pop(model)
        gain = 0
        for leg, nano in enumerate(entry.rows[model]):
            amount = floor(at_risk * entry.factors[leg] * Fraction(nano, 10**9))
            gain += amount
            if amount >= 0:
                entry.reserves[leg] -= amount
            else:
                self.burnable -= amount
        self.credit(model, at_risk + gain)
        if not entry.locked:
            self._return_reserves(entry)

    def release(self, now, number, model):
        """Release a model."""
        entry = self.rounds.get(number)
        _require(entry is not None and entry.status(now) in ("over", "abandoned"))
        _require(model in entry.locked)
        if entry.status(now) == "abandoned":
            self._abandon(entry)
        else:
            self._conclude(entry)
            self._return_reserves(entry)
        self.credit(model, entry.locked.pop(model))

    def abandon(self, now, number):
        """Book an abandonment."""
        entry = self.rounds.get(number)
        _require(entry is not None and entry.status(now) == "abandoned" and not entry.abandoned)
        self._abandon(entry)

    def sweep(self):
        """Burn what there is to burn."""
        _require(self.burnable > 0)
        self.burned += self.burnable
        self.burnable = 0

    def _conclude(self, entry):
        self.credit((entry.proposer, ""), entry.bond)
        self.burnable += entry.duty
        entry.bond = entry.duty = 0

    def _abandon(self, entry):
        if entry.abandoned:
            return
        entry.abandoned = True
        fault = bool(entry.at_risk) and not (entry.booked and not any(entry.factors))
        if fault:
            self.burnable += entry.duty
        else:
            self.credit((self.operator, ""), entry.duty)
        entry.duty = 0
        self._return_reserves(entry)

    def _return_reserves(self, entry):
        for leg in (0, 1):
            self.pool[leg] += entry.reserves[leg]
            entry.reserves[leg] = 0


def _require(legal):
    if not legal:
        raise Illegal
