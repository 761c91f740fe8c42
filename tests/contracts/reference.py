"""The ledger, the rounds and their settlement once more, from docs/protocol.md alone.

Slow and plain, in Python's integers, and without a line of what it checks: neither `contracts` nor
`tasks` is imported. People are names, a model is (owner, name), and a table is the set of its
rows, so that a leaf is proved if and only if it is in the table. What the rules forbid raises
`Illegal` and changes nothing.
"""

import re

from tests.contracts import reference_rounds as rounds
from tests.contracts.reference_rounds import Illegal, Round, require
from tests.contracts.reference_settlement import Settlement

WEEK = 7 * 86_400
MOST = 2**128 - 1
LEGS = (0, 1)
NAME = re.compile(r"([a-z0-9][a-z0-9_-]{0,31})?")


class Reference(Settlement):
    """All balances and rounds, changed by the calls that the rules allow."""

    def __init__(self, parameters, operator, owner="owner"):
        self.parameters = parameters
        self.operator = operator
        self.owner = owner
        self.free = {}
        self.pool = [0, 0]
        # by leg: week, the pool before its first book, what its books reserved
        self.weeks = [(0, 0, 0), (0, 0, 0)]
        self.rounds = {}
        self.burnable = 0
        self.burned = 0

    def credit(self, model, amount):
        """Add free stake."""
        self.free[model] = self.free.get(model, 0) + amount

    def debit(self, model, amount):
        """Take free stake."""
        require(self.free.get(model, 0) >= amount, "free too small")
        self.free[model] = self.free.get(model, 0) - amount

    def in_rounds(self):
        """Return what is locked, reserved or held as a bond in all rounds."""
        entries = self.rounds.values()
        return sum(sum(e.locked.values()) + sum(e.reserves) + e.bond + e.duty for e in entries)

    def owed(self):
        """Return what the contract holds beside donations."""
        return sum(self.free.values()) + sum(self.pool) + self.burnable + self.in_rounds()

    def deposit(self, model, amount, wallet):
        """Add a payer's tokens to a model; `wallet` is what he has."""
        require(NAME.fullmatch(model[1]) and 0 < amount <= wallet and self.owed() + amount <= MOST)
        self.credit(model, amount)

    def withdraw(self, model, amount):
        """Pay free stake out to the model's owner."""
        require(amount > 0)
        self.debit(model, amount)

    def fund(self, leg, amount, wallet):
        """Give a payer's tokens to a pool."""
        require(leg in LEGS and 0 < amount <= wallet and self.owed() + amount <= MOST)
        self.pool[leg] += amount

    def sweep(self):
        """Burn what there is to burn."""
        require(self.burnable > 0)
        self.burned += self.burnable
        self.burnable = 0

    def set_operator(self, who, operator):
        """Name who opens the next rounds."""
        require(who == self.owner)
        self.operator = operator

    def set_parameters(self, who, parameters):
        """Set what the next rounds copy."""
        require(who == self.owner and rounds.parameters_are_legal(parameters))
        self.parameters = parameters

    def open(self, now, number, terms, who, address):
        """Open a round; `address` is the caller's."""
        require(who == self.operator and number not in self.rounds)
        require(rounds.terms_are_legal(terms, self.parameters, address, now))
        self.debit((who, ""), self.parameters.duty_bond)
        self.rounds[number] = Round(who, terms, self.parameters, self.parameters.duty_bond)

    def enter(self, now, number, model, at_risk, nonce):
        """Enter a model."""
        entry = self._round(now, number, "open")
        before = entry.at_risk.get(model, 0)
        require(model[1] != "", "no name")
        require(nonce > entry.nonces.get(model, 0), "nonce too low")
        require(at_risk >= before, "stake may not fall")
        require(at_risk >= entry.terms.smallest_stake, "stake too small")
        self.debit(model, at_risk - before)
        entry.at_risk[model] = entry.locked[model] = at_risk
        entry.nonces[model] = nonce

    def enter_many(self, now, number, entries):
        """Enter many models; return for each why it is skipped, or None.

        An entry is (model, at_risk, nonce, deadline, signed); `signed` says whether the model's
        owner signed exactly this entry for this round.
        """
        self._round(now, number, "open")
        verdicts: list[str | None] = []
        for model, at_risk, nonce, deadline, signed in entries:
            try:
                require(now < deadline, "signature expired")
                require(signed, "bad signature")
                self.enter(now, number, model, at_risk, nonce)
            except Illegal as refusal:
                verdicts.append(str(refusal))
            else:
                verdicts.append(None)
        return verdicts

    def book(self, now, number, who):
        """Book a round: both factors and reserves."""
        entry = self._round(now, number, "closed")
        require(who == entry.operator)
        entry.booked_at = now
        self._reserve(entry, 0, entry.terms.threshold, entry.terms.clip_nano)
        self._reserve(entry, 1, entry.total, entry.terms.profit_clip_nano)

    def deliver(self, now, number, model):
        """Log a model's sealed file."""
        self._round(now, number, "open")
        require(model[1] != "")

    def _round(self, now, number, *statuses):
        entry = self.rounds.get(number)
        require(entry is not None and entry.status(now) in statuses)
        return entry

    def _reserve(self, entry, leg, threshold, clip):
        week, base, taken = self.weeks[leg]
        if week != entry.booked_at // WEEK:
            week, base, taken = entry.booked_at // WEEK, self.pool[leg], 0
        share = self.pool[leg] * entry.parameters.round_share_bps // 10**4
        left = max(0, base * entry.parameters.week_share_bps // 10**4 - taken)
        factor = 0
        if clip > 0:
            scarce = min(share, left) * 10**27 // (clip * entry.total)
            factor = min(10**18, threshold * 10**18 // entry.total, scarce)
        reserve = entry.total * factor * clip // 10**27
        entry.factors[leg], entry.reserves[leg] = factor, reserve
        self.pool[leg] -= reserve
        self.weeks[leg] = week, base, taken + reserve
