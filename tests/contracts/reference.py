"""The ledger, the rounds and their settlement once more, from docs/protocol.md alone.

Slow and plain, in Python's integers, and without a line of what it checks: neither `contracts` nor
`tasks` is imported. People are names, a model is (owner, name), and a table is the set of its
rows, so that a leaf is proved if and only if it is in the table. What the rules forbid raises
`Illegal` and changes nothing.
"""

import re

from tests.contracts import reference_rounds as rounds
from tests.contracts.reference_rounds import Round

WEEK = 7 * 86_400
LEGS = (0, 1)
NAME = re.compile(r"([a-z0-9][a-z0-9_-]{0,31})?")


class Illegal(Exception):
    """The rules forbid the call."""


class Reference:
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
        _require(self.free.get(model, 0) >= amount)
        self.free[model] = self.free.get(model, 0) - amount

    def owed(self):
        """Return what the contract holds beside donations."""
        entries = self.rounds.values()
        held = sum(sum(e.locked.values()) + sum(e.reserves) + e.bond + e.duty for e in entries)
        return sum(self.free.values()) + held + sum(self.pool) + self.burnable

    def deposit(self, model, amount, wallet):
        """Add a payer's tokens to a model; `wallet` is what he has."""
        _require(NAME.fullmatch(model[1]) and 0 < amount < 2**128 and amount <= wallet)
        self.credit(model, amount)

    def withdraw(self, model, amount):
        """Pay free stake out to the model's owner."""
        _require(amount > 0)
        self.debit(model, amount)

    def fund(self, leg, amount, wallet):
        """Give a payer's tokens to a pool."""
        _require(leg in LEGS and 0 < amount < 2**128 and amount <= wallet)
        self.pool[leg] += amount

    def sweep(self):
        """Burn what there is to burn."""
        _require(self.burnable > 0)
        self.burned += self.burnable
        self.burnable = 0

    def set_operator(self, who, operator):
        """Name who opens the next rounds."""
        _require(who == self.owner)
        self.operator = operator

    def set_parameters(self, who, parameters):
        """Set what the next rounds copy."""
        _require(who == self.owner and rounds.parameters_are_legal(parameters))
        self.parameters = parameters

    def open(self, now, number, terms, who=None, address=""):
        """Open a round; `who` is the operator if nobody is named, `address` is his."""
        who = who or self.operator
        _require(who == self.operator and number not in self.rounds)
        _require(rounds.terms_are_legal(terms, self.parameters, address, now))
        self.debit((who, ""), self.parameters.duty_bond)
        self.rounds[number] = Round(who, terms, self.parameters, self.parameters.duty_bond)

    def enter(self, now, number, model, at_risk, nonce):
        """Enter a model."""
        entry = self._round(now, number, "open")
        before = entry.at_risk.get(model, 0)
        _require(model[1] != "" and nonce > entry.nonces.get(model, 0))
        _require(at_risk >= max(before, entry.terms.smallest_stake))
        self.debit(model, at_risk - before)
        entry.at_risk[model] = entry.locked[model] = at_risk
        entry.nonces[model] = nonce

    def book(self, now, number, who=None):
        """Book a round: both factors and reserves."""
        entry = self._round(now, number, "closed")
        _require(who in (None, entry.operator))
        entry.booked_at = now
        self._reserve(entry, 0, entry.terms.threshold, entry.terms.clip_nano)
        self._reserve(entry, 1, entry.total, entry.terms.profit_clip_nano)

    def propose(self, now, number, who, rows):
        """Propose a table: the returns of models, as a mapping or in pairs."""
        entry = self._round(now, number, "resolving")
        alone_until = entry.terms.resolves + entry.parameters.exclusive
        _require(who == entry.operator or now >= alone_until)
        back = entry.duty if who == entry.operator else 0
        decided = entry.total + sum(entry.reserves)
        bond = max(entry.parameters.bond_floor, _up(decided * entry.parameters.bond_bps, 10**4))
        _require(self.free.get((who, ""), 0) + back >= bond)
        self.credit((who, ""), back - bond)
        entry.duty -= back
        entry.bond, entry.proposer, entry.proposed_at = bond, who, now
        entry.rows = set(rows.items() if isinstance(rows, dict) else rows)

    def settle(self, now, number, model, returns=None):
        """Settle a model by the proposed table's row, or by returns of the caller's."""
        entry = self._round(now, number, "settling")
        returns = returns or dict(entry.rows).get(model)
        self._check_leaf(entry, model, returns)
        self._conclude(entry)
        self._settle(entry, model, returns)

    def settle_many(self, now, number, rows):
        """Settle many rows of (model, returns); return those that are skipped."""
        entry = self._round(now, number, "settling")
        self._conclude(entry)
        skipped = []
        for model, returns in rows:
            try:
                self._check_leaf(entry, model, returns)
            except Illegal:
                skipped.append(model)
            else:
                self._settle(entry, model, returns)
        return skipped

    def release(self, now, number, model):
        """Release a model."""
        entry = self._round(now, number, "over", "abandoned")
        _require(model in entry.locked)
        self.release_many(now, number, [model])

    def release_many(self, now, number, models):
        """Release many models; return those that are skipped."""
        entry = self._round(now, number, "over", "abandoned")
        if entry.status(now) == "abandoned":
            self._abandon(entry)
        else:
            self._conclude(entry)
            self._return_reserves(entry)
        skipped = []
        for model in models:
            if model in entry.locked:
                self.credit(model, entry.locked.pop(model))
            else:
                skipped.append(model)
        return skipped

    def abandon(self, now, number):
        """Book an abandonment."""
        entry = self._round(now, number, "abandoned")
        _require(not entry.abandoned)
        self._abandon(entry)

    def _round(self, now, number, *statuses):
        entry = self.rounds.get(number)
        _require(entry is not None and entry.status(now) in statuses)
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

    def _check_leaf(self, entry, model, returns):
        clips = entry.terms.clip_nano, entry.terms.profit_clip_nano
        _require(model in entry.locked and (model, returns) in entry.rows)
        _require(all(-clip <= r <= clip for r, clip in zip(returns, clips, strict=True)))

    def _settle(self, entry, model, returns):
        at_risk = entry.locked.pop(model)
        back = at_risk
        for leg, nano in enumerate(returns):
            scaled = at_risk * entry.factors[leg] * abs(nano)
            if nano > 0:
                entry.reserves[leg] -= scaled // 10**27
                back += scaled // 10**27
            else:
                self.burnable += _up(scaled, 10**27)
                back -= _up(scaled, 10**27)
        self.credit(model, back)
        if not entry.locked:
            self._return_reserves(entry)

    def _conclude(self, entry):
        """Book finality: the proposal's bond returns, a duty bond still held burns."""
        self.credit((entry.proposer, ""), entry.bond)
        self.burnable += entry.duty
        entry.bond = entry.duty = 0

    def _abandon(self, entry):
        if entry.abandoned:
            return
        entry.abandoned = True
        if entry.fault:
            self.burnable += entry.duty
        else:
            self.credit((entry.operator, ""), entry.duty)
        entry.duty = 0
        self._return_reserves(entry)

    def _return_reserves(self, entry):
        for leg in LEGS:
            self.pool[leg] += entry.reserves[leg]
            entry.reserves[leg] = 0


def _up(number, divisor):
    """Return the quotient rounded up."""
    return -(-number // divisor)


def _require(legal):
    if not legal:
        raise Illegal
