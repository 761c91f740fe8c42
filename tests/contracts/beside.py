"""One deployment beside the reference model: a call is tried on both, then both are compared."""

from collections import Counter

import boa

from tests.contracts import evm
from tests.contracts.calls import PURSES, Calls
from tests.contracts.calls_settlement import MODELS
from tests.contracts.game import START, TOKEN, Game
from tests.contracts.log_balances import LogBalances
from tests.contracts.reference import LEGS, WEEK, Reference
from tests.contracts.reference_rounds import NOBODY, NUMBERS, Illegal

# how often each call is drawn, of their sum, when no round guides the step
WEIGHTS = {
    "wait": 6,
    "open": 3,
    "enter": 6,
    "enter_many": 3,
    "deliver": 2,
    "book": 3,
    "propose": 3,
    "challenge": 3,
    "rule": 3,
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
    "open": ("enter", "enter", "enter_many", "deliver", "wait"),
    "closed": ("book", "book", "book", "book", "book", "wait"),
    "booked": ("wait",),
    "resolving": ("propose", "propose", "propose", "wait"),
    "proposed": ("challenge", "challenge", "wait"),
    "challenged": ("rule", "wait"),
    "settling": ("settle", "settle", "settle", "settle_many", "wait"),
    "over": ("release", "release_many", "release_many"),
    "abandoned": ("release", "release_many", "release_many", "abandon", "abandon"),
}
# in these a wait may end the round
URGENT = ("closed", "resolving", "proposed", "challenged")
CALLS = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
# ten minutes before the end of a week, so that its end is among the first deadlines
BEGIN = START - START % WEEK + WEEK - 600


class Beside(Calls):
    """Both sides and a reader of the log; `landed` and `refused` count the calls."""

    def __init__(self):
        super().__init__()
        self.steps = 0
        self.landed: Counter = Counter()
        self.refused: Counter = Counter()
        # statuses that a round was seen in, and how proposals and rounds ended
        self.reached: Counter = Counter()
        self.voided: set = set()
        self.anchor = boa.env.anchor()
        self.anchor.__enter__()
        # odd, so that halving a bond has to round
        self.game = Game(bond_floor=10 * TOKEN + 1)
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
            self._count(event)
        self.check()
        self._check_log()

    def check(self):
        """Compare the two sides: the sums and the round that was touched; now and then all."""
        here, model = self.game.tournament, self.model
        assert [here.pool(leg) for leg in LEGS] == model.pool
        assert here.total_free() == sum(model.free.values())
        assert here.in_rounds() == model.in_rounds()
        assert here.burnable() == model.burnable
        assert here.assets() == model.owed()
        assert self.game.token.balanceOf(here.address) == model.owed() + self.given
        self._check_round(self.touched)
        self.steps += 1
        if self.steps % 4 == 0:
            self._check_all()

    def _check_all(self):
        """Compare every balance, lock and round in which something is still to be done."""
        here, model = self.game.tournament, self.model
        for who, name in [*MODELS, *PURSES]:
            assert self.game.free(who, name) == model.free.get((who, name), 0)
        for leg in LEGS:
            week = here.last_week(leg)
            assert (week.number, week.base, week.reserved) == model.weeks[leg]
        assert self.game.token.totalSupply() == 10**6 * TOKEN - model.burned
        for number in self._live():
            self._check_round(number)
        entry = self.model.rounds.get(self.touched)
        for model_name in MODELS if entry else ():
            key, locked = self.game.model(*model_name), entry.locked.get(model_name, 0)
            assert here.locked(self.touched, key) == locked
            assert here.nonces(self.touched, key) == (entry.nonces[model_name] if locked else 0)
            assert here.final_at(self.touched) == (entry.final or 0)

    def _check_round(self, number):
        here, entry = self.game.tournament, self.model.rounds.get(number)
        status = entry.status(self.now) if entry else "none"
        assert here.status(number) == NUMBERS[status]
        self.reached[status] += 1
        if entry is None:
            return
        facts = here.round_facts(number)
        assert facts.operator == self.game.people[entry.operator].lower()
        assert facts.duty_bond == entry.duty
        assert (facts.entrants, facts.at_risk) == (len(entry.at_risk), entry.total)
        assert facts.locked == sum(entry.locked.values())
        assert (facts.booked, facts.abandoned) == (entry.booked_at > 0, entry.abandoned)
        assert [*facts.factors, *facts.reserves] == [*entry.factors, *entry.reserves]
        assert facts.head == self.heads.get(number, bytes(32))
        assert facts.targets == (entry.targets or bytes(32))
        self._check_proposal(number, facts.proposal, entry)

    def _check_proposal(self, number, stored, entry):
        made = entry.proposal
        if made is None:
            assert tuple(vars(stored).values()) == (NOBODY, NOBODY, bytes(32), 0, 0, 0)
            return
        assert stored.proposer == self._address(made.proposer)
        assert stored.challenger == self._address(made.challenger)
        assert stored.root == self._root(number, made.rows)
        assert (stored.bond, stored.final_at) == (made.bond, entry.final or 0)
        assert stored.rule_by == (entry.rule_by if entry.final is None else 0)

    def _address(self, who):
        return self.game.people[who].lower() if who else NOBODY

    def _count(self, event):
        """Count how proposals and rounds end; `Voided` without `Ruled` is a silence."""
        if event.event == "Ruled":
            self.reached["ruled right" if event.right else "ruled wrong"] += 1
        if event.event == "Voided":
            ruled = any(other.event == "Ruled" for other in self.game.tournament.logs)
            self.reached["silence"] += not ruled
            self.voided.add(event.round)
        if event.event == "Proposed" and event.round in self.voided:
            self.reached["proposed after a void"] += 1
        if event.event == "Abandoned" and event.round in self.voided:
            self.reached["abandoned after a void"] += 1

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
        statuses = [self.model.rounds[number].status(self.now) for number in live]
        urgent = [status for status in statuses if status in URGENT]
        if urgent and self.rng.random() < 0.7:
            statuses = urgent
        return self.rng.choice(ONWARDS[self.rng.choice(statuses)])

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
