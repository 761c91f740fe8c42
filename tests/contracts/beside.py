"""One deployment beside the reference model: a call is tried on both, then both are compared."""

from collections import Counter

import boa

from tests.contracts import evm
from tests.contracts.calls import MODELS, PURSES, Calls
from tests.contracts.game import START, TOKEN, Game
from tests.contracts.log_balances import LogBalances
from tests.contracts.reference import LEGS, WEEK, Illegal, Reference
from tests.contracts.reference_rounds import NUMBERS

# how often each call is drawn, of their sum, when no round guides the step
WEIGHTS = {
    "wait": 6,
    "open": 3,
    "enter": 6,
    "book": 3,
    "propose": 3,
    "settle": 3,
    "settle_many": 3,
    "release": 3,
    "release_many": 3,
    "abandon": 3,
    "sweep": 3,
    "deposit": 4,
    "withdraw": 4,
    "fund": 3,
    "donate": 1,
    "set_parameters": 2,
    "set_operator": 2,
}
# what brings a round of this status on
ONWARDS = {
    "scheduled": ("wait",),
    "open": ("enter", "enter", "enter", "wait"),
    "closed": ("book", "book", "book", "wait"),
    "booked": ("wait",),
    "resolving": ("propose", "propose", "wait"),
    "proposed": ("wait",),
    "settling": ("settle", "settle", "settle", "settle_many", "wait"),
    "over": ("release", "release", "release_many"),
    "abandoned": ("release", "release", "release", "release_many", "abandon"),
}
CALLS = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
# ten minutes before the end of a week, so that its end is among the first deadlines
BEGIN = START - START % WEEK + WEEK - 600


class Beside(Calls):
    """Both sides and a reader of the log; `landed` and `refused` count the calls."""

    def __init__(self):
        super().__init__()
        self.landed: Counter = Counter()
        self.refused: Counter = Counter()
        self.anchor = boa.env.anchor()
        self.anchor.__enter__()
        self.game = Game()
        self.model = Reference(self.game.parameters, "operator")
        self.now = BEGIN
        self.log = LogBalances()
        self.game.at(BEGIN)
        self._found()

    def leave(self):
        """Forget the deployment."""
        self.anchor.__exit__(None, None, None)

    def try_call(self, drawn, rng):
        """Try a call, or one that brings a round on, on both sides and compare them."""
        self.rng = rng
        name = self._onwards() if rng.random() < 0.75 else drawn
        self.game.tournament.logs = []
        here, there = getattr(self, f"_{name}")()
        legal = _succeeds(there, Illegal)
        assert _succeeds(here, evm.Reverted) == legal, (name, legal)
        (self.landed if legal else self.refused)[name] += 1
        for event in self.game.tournament.logs if legal else ():
            self.log.read(event)
        self.check()
        self._check_log()

    def check(self):
        """Compare the two sides."""
        here, model = self.game.tournament, self.model
        for who, name in [*MODELS, *PURSES]:
            assert self.game.free(who, name) == model.free.get((who, name), 0)
        entries = model.rounds.values()
        for leg in LEGS:
            assert here.pool(leg) == model.pool[leg]
            assert here.reserved(leg) == sum(entry.reserves[leg] for entry in entries)
            week = here.last_week(leg)
            assert (week.number, week.base, week.reserved) == model.weeks[leg]
        assert here.total_free() == sum(model.free.values())
        assert here.total_locked() == sum(sum(entry.locked.values()) for entry in entries)
        assert here.bonds() == sum(entry.bond + entry.duty for entry in entries)
        assert here.burnable() == model.burnable
        assert self.game.token.totalSupply() == 10**6 * TOKEN - model.burned
        held = self.game.token.balanceOf(here.address)
        assert held == model.owed() + self.given
        for number in {*self._live(), self.touched}:
            self._check_round(number)

    def _check_round(self, number):
        here, entry = self.game.tournament, self.model.rounds.get(number)
        assert here.status(number) == NUMBERS[entry.status(self.now) if entry else "none"]
        if entry is None:
            return
        facts = here.round_facts(number)
        assert facts.operator == self.game.people[entry.operator].lower()
        assert (facts.duty_bond, facts.proposal.bond) == (entry.duty, entry.bond)
        assert (facts.entrants, facts.at_risk) == (len(entry.at_risk), entry.total)
        assert facts.locked == sum(entry.locked.values())
        assert (facts.booked_at, facts.abandoned) == (entry.booked_at, entry.abandoned)
        assert [*facts.factors, *facts.reserves] == [*entry.factors, *entry.reserves]
        assert facts.head == self.heads.get(number, bytes(32))
        if entry.proposed_at is not None:
            assert here.final_at(number) == entry.final
            assert facts.proposal.proposer == self.game.people[entry.proposer].lower()
        if number == self.touched:
            for model in MODELS:
                key = self.game.model(*model)
                assert here.locked(number, key) == entry.locked.get(model, 0)
                assert here.nonces(number, key) == entry.nonces.get(model, 0)

    def _check_log(self):
        """Compare the log's reader with the model, whom the contract has just agreed with."""
        log, model = self.log, self.model
        for who, name in [*MODELS, *PURSES]:
            assert log.free[self.game.model(who, name)] == model.free.get((who, name), 0)
        assert [log.pool[leg] for leg in LEGS] == model.pool
        for number, entry in model.rounds.items():
            assert log.reserved[number] == sum(entry.reserves)
            assert log.locked[number].total() == sum(entry.locked.values())
        assert log.bonds == sum(entry.bond + entry.duty for entry in model.rounds.values())
        assert (log.burnable, log.burned) == (model.burnable, model.burned)
        # each abandonment once, with its fault
        abandoned = [(n, entry.fault) for n, entry in model.rounds.items() if entry.abandoned]
        assert sorted(log.abandoned) == abandoned

    def _onwards(self):
        live = self._live()
        if not live or (len(live) < 3 and self.rng.random() < 0.1):
            # an empty purse or an arbiter who is the operator may stand in the way
            return self.rng.choice(("open", "open", "open", "deposit", "set_parameters"))
        entry = self.model.rounds[self.rng.choice(live)]
        return self.rng.choice(ONWARDS[entry.status(self.now)])

    def _found(self):
        for who, name in [*MODELS, ("operator", ""), ("stranger", ""), ("cid", "")]:
            self.game.deposit(who, 500 * TOKEN, name=name)
            self.log.free[self.game.model(who, name)] = 500 * TOKEN
            self.model.credit((who, name), 500 * TOKEN)
        for leg in LEGS:
            self.game.fund(leg, 200 * TOKEN)
            self.log.pool[leg] = 200 * TOKEN
            self.model.pool[leg] = 200 * TOKEN


def _succeeds(call, refusal):
    try:
        call()
    except refusal:
        return False
    return True
