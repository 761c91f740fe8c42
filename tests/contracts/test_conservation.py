"""A random crowd against the reference: the same calls are legal, and every wei is where it is."""

import random
from collections import Counter

import pytest

from tests.contracts.evm import Reverted
from tests.contracts.game import PROFIT, STAKE, START, TOKEN, Game, terms, tree
from tests.contracts.reference import Illegal, Reference

STEPS = 500
WEIGHTS = {
    "deposit": 1,
    "withdraw": 1,
    "fund": 1,
    "open": 2,
    "enter": 9,
    "book": 5,
    "propose": 4,
    "settle": 6,
    "release": 4,
    "abandon": 1,
    "sweep": 1,
}
PEOPLE = ("ann", "bob", "cid")
PURSES = ("operator", "stranger")


class Crowd:
    """The contract and the reference, given the same random calls."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.game = Game()
        self.game.token.transfer(self.game.tournament.address, 5, sender=self.game.people["ann"])
        self.reference = Reference(self.game.parameters, "operator")
        self.now = START
        self.rounds = 0
        self.tables = {}
        self.landed: Counter[str] = Counter()
        self._found()

    def _found(self):
        """Give everybody something to begin with."""
        for who in PEOPLE + PURSES:
            name = "" if who in PURSES else "m"
            self.game.deposit(who, 800 * TOKEN, name=name)
            self.reference.credit((who, name), 800 * TOKEN)
        for leg in (STAKE, PROFIT):
            self.game.fund(leg, 300 * TOKEN)
            self.reference.pool[leg] = 300 * TOKEN

    def step(self):
        """Let time pass a little and do one random thing in both."""
        self.now += self.rng.choice((0, 1, 10, 30, 60, 90))
        self.game.at(self.now)
        name = self.rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        here, there = getattr(self, f"_{name}")()
        legal = _legal(there, Illegal)
        assert _legal(here, Reverted) == legal
        if legal:
            self.landed[name] += 1
            self.check()

    def check(self):
        """Compare every balance."""
        game, reference = self.game, self.reference
        for (who, name), amount in reference.free.items():
            assert game.free(who, name) == amount
        for leg in (STAKE, PROFIT):
            assert game.tournament.pool(leg) == reference.pool[leg]
            reserved = sum(entry.reserves[leg] for entry in reference.rounds.values())
            assert game.tournament.reserved(leg) == reserved
        bonds = sum(entry.bond + entry.duty for entry in reference.rounds.values())
        assert game.tournament.bonds() == bonds
        assert game.tournament.burnable() == reference.burnable
        assert game.token.totalSupply() == 10**6 * TOKEN - reference.burned
        game.check_balance(donations=5)

    def leave(self):
        """Let everybody take what he can once all windows are over."""
        self.now += 10 * 86_400
        self.game.at(self.now)
        for number, entry in self.reference.rounds.items():
            for model in list(entry.locked):
                self.game.tournament.release(number, self.game.model(*model))
                self.reference.release(self.now, number, model)
            if entry.status(self.now) == "abandoned" and not entry.abandoned:
                self.game.tournament.abandon(number)
                self.reference.abandon(self.now, number)
        for (who, name), amount in self.reference.free.items():
            if amount:
                self.game.tournament.withdraw(name, amount, sender=self.game.people[who])
                self.reference.debit((who, name), amount)

    def _number(self, *fitting):
        """Draw a round: mostly one in a fitting status, sometimes any."""
        rounds = self.reference.rounds
        likely = [n for n, entry in rounds.items() if entry.status(self.now) in fitting]
        if likely and self.rng.random() < 0.8:
            return self.rng.choice(likely)
        return self.rng.randrange(self.rounds + 2)

    def _deposit(self):
        who = self.rng.choice(PEOPLE + PURSES)
        name = "" if who in PURSES else "m"
        amount = self.rng.randrange(1, 200 * TOKEN)
        return (
            lambda: self.game.deposit(who, amount, name=name),
            lambda: self.reference.credit((who, name), amount),
        )

    def _withdraw(self):
        who = self.rng.choice(PEOPLE)
        amount = self.rng.randrange(1, 100 * TOKEN)
        return (
            lambda: self.game.tournament.withdraw("m", amount, sender=self.game.people[who]),
            lambda: self.reference.debit((who, "m"), amount),
        )

    def _fund(self):
        leg, amount = self.rng.randrange(2), self.rng.randrange(1, 50 * TOKEN)

        def gift():
            self.reference.pool[leg] += amount

        return lambda: self.game.fund(leg, amount), gift

    def _open(self):
        self.rounds += 1
        number, opens = self.rounds, self.now + self.rng.choice((0, 0, 30))
        made = terms(
            opens,
            threshold=100 * TOKEN,
            closes=opens + 200,
            book_by=opens + 700,
            resolves=opens + 700,
            propose_by=opens + 3_000,
        )

        def open_round():
            try:
                self.game.open(number, opens, **_changes(made))
            except Reverted:
                self.rounds -= 1
                raise

        return open_round, lambda: self.reference.open(self.now, number, made)

    def _enter(self):
        number, who = self._number("open"), self.rng.choice(PEOPLE)
        at_risk, nonce = self.rng.randrange(1, 60 * TOKEN), self.rng.randrange(9)
        return (
            lambda: self.game.enter(who, at_risk, number, nonce),
            lambda: self.reference.enter(self.now, number, (who, "m"), at_risk, nonce),
        )

    def _book(self):
        number = self._number("closed")
        return lambda: self.game.book(number), lambda: self.reference.book(self.now, number)

    def _propose(self):
        number, who = self._number("resolving"), self.rng.choice(PURSES)
        edges = (0, 250_000_000, -250_000_000)
        draw = self.rng.choice
        rows = {
            (name, "m"): (
                draw((*edges, self.rng.randrange(-(10**8), 10**8))),
                draw((0, 50_000_000, -50_000_000, self.rng.randrange(-(10**7), 10**7))),
            )
            for name in PEOPLE
        }
        leaves = self.game.rows({who: pair for (who, _), pair in rows.items()})

        def propose():
            self.game.propose(tree(leaves, number).root, number, who)
            self.tables[number] = leaves

        return propose, lambda: self.reference.propose(self.now, number, who, rows)

    def _settle(self):
        number, who = self._number("settling"), self.rng.choice(PEOPLE)
        leaves = self.tables.get(number) or self.game.rows({who: (0, 0) for who in PEOPLE})
        index = next(n for n, leaf in enumerate(leaves) if leaf[0] == self.game.model(who))
        return (
            lambda: self.game.settle(leaves, index, number),
            lambda: self.reference.settle(self.now, number, (who, "m")),
        )

    def _release(self):
        number, who = self._number("over", "abandoned"), self.rng.choice(PEOPLE)
        return (
            lambda: self.game.tournament.release(number, self.game.model(who)),
            lambda: self.reference.release(self.now, number, (who, "m")),
        )

    def _abandon(self):
        number = self._number("abandoned")
        return (
            lambda: self.game.tournament.abandon(number),
            lambda: self.reference.abandon(self.now, number),
        )

    def _sweep(self):
        return lambda: self.game.tournament.sweep(), self.reference.sweep


@pytest.mark.parametrize("seed", [1, 2])
def test_crowd__random_calls__every_wei_is_where_the_reference_has_it(seed):
    crowd = Crowd(seed)

    for _ in range(STEPS):
        crowd.step()
    crowd.leave()
    crowd.check()

    game = crowd.game
    assert set(crowd.landed) == set(WEIGHTS)
    assert min(crowd.landed.values()) >= 3, crowd.landed
    assert game.tournament.total_free() == game.tournament.total_locked() == 0
    assert game.tournament.bonds() == 0
    held = game.tournament.pool(STAKE) + game.tournament.pool(PROFIT) + game.tournament.burnable()
    assert game.token.balanceOf(game.tournament.address) == held + 5


def _changes(made):
    names = ("threshold", "closes", "book_by", "resolves", "propose_by")
    return {name: getattr(made, name) for name in names}


def _legal(call, refusal):
    try:
        call()
    except refusal:
        return False
    return True
