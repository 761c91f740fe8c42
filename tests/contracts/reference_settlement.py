"""Proposals, disputes, settlement and abandonment once more, from docs/protocol.md alone.

The later half of `reference.Reference`, whose ledger it moves.
"""

from tests.contracts.reference_rounds import Illegal, Proposal, Round, require, up

LEGS = (0, 1)


class Settlement:
    """What happens to a round from its book on; the ledger is the subclass's."""

    free: dict
    pool: list
    burnable: int

    def credit(self, model, amount):
        """Add free stake."""
        raise NotImplementedError

    def _round(self, now, number, *statuses) -> Round:
        raise NotImplementedError

    def propose(self, now, number, who, rows, targets):
        """Propose a table: pairs of a model and its two returns."""
        entry = self._round(now, number, "resolving")
        alone_until = entry.terms.resolves + entry.parameters.exclusive
        is_operator = who == entry.operator
        if is_operator:
            require(entry.targets in (None, targets) and any(targets))
        else:
            require(entry.targets is None and now >= alone_until)
        decided = entry.total + sum(entry.reserves)
        bond = max(entry.parameters.bond_floor, up(decided * entry.parameters.bond_bps, 10**4))
        back = entry.duty if is_operator else 0
        require(self.free.get((who, ""), 0) + back + _halves(entry, who, now) >= bond)
        self._book_silence(entry, now)
        self.credit((who, ""), back - bond)
        entry.duty -= back
        if is_operator:
            entry.targets = targets
        entry.proposal = Proposal(who, frozenset(rows), bond, now)

    def challenge(self, now, number, who, rows):
        """Dispute the table with these rows."""
        entry = self._round(now, number, "proposed")
        made = entry.proposal
        require(made.rows == frozenset(rows) and who != made.proposer)
        require(self.free.get((who, ""), 0) >= made.bond)
        self.credit((who, ""), -made.bond)
        made.challenger, made.challenged_at = who, now

    def rule(self, now, number, address, rows, right):
        """Decide a dispute; `address` is the caller's."""
        entry = self._round(now, number, "challenged")
        made = entry.proposal
        require(address == entry.parameters.arbiter and made.rows == frozenset(rows))
        self.credit((made.proposer if right else made.challenger, ""), made.bond + made.bond // 2)
        self.burnable += made.bond - made.bond // 2
        if right:
            made.bond, made.right_at = 0, now
            self._conclude(entry)
        else:
            entry.proposal = None

    def settle(self, now, number, model, returns):
        """Settle a model by a row that the caller says is in the table."""
        entry = self._round(now, number, "settling")
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
        require(model in entry.locked)
        self.release_many(now, number, [model])

    def release_many(self, now, number, models):
        """Release many models; return those that are skipped."""
        entry = self._round(now, number, "over", "abandoned")
        if entry.status(now) == "abandoned":
            self._abandon(entry, now)
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
        require(not entry.abandoned)
        self._abandon(entry, now)

    def _check_leaf(self, entry, model, returns):
        clips = entry.terms.clip_nano, entry.terms.profit_clip_nano
        require(model in entry.locked and (model, returns) in entry.proposal.rows)
        require(all(-clip <= r <= clip for r, clip in zip(returns, clips, strict=True)))

    def _settle(self, entry, model, returns):
        at_risk = entry.locked.pop(model)
        back = at_risk
        for leg, nano in enumerate(returns):
            scaled = at_risk * entry.factors[leg] * abs(nano)
            if nano > 0:
                entry.reserves[leg] -= scaled // 10**27
                back += scaled // 10**27
            else:
                self.burnable += up(scaled, 10**27)
                back -= up(scaled, 10**27)
        self.credit(model, back)
        if not entry.locked:
            self._return_reserves(entry)

    def _conclude(self, entry):
        """Book finality: the proposal's bond returns, a duty bond still held burns."""
        self.credit((entry.proposal.proposer, ""), entry.proposal.bond)
        self.burnable += entry.duty
        entry.proposal.bond = entry.duty = 0

    def _book_silence(self, entry, now):
        """Void a proposal on whose challenge nobody ruled: half of each bond returns."""
        if not entry.is_silent(now):
            return
        made = entry.proposal
        for who in (made.proposer, made.challenger):
            self.credit((who, ""), made.bond // 2)
            self.burnable += made.bond - made.bond // 2
        entry.proposal = None

    def _abandon(self, entry, now):
        if entry.abandoned:
            return
        self._book_silence(entry, now)
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


def _halves(entry, who, now):
    """Return what booking an arbiter's silence would bring into someone's purse."""
    if not entry.is_silent(now):
        return 0
    made = entry.proposal
    return [made.proposer, made.challenger].count(who) * (made.bond // 2)
