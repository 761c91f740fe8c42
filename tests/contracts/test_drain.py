"""A false root cannot drain the contract: operator and arbiter lie together in overlapping rounds.

Roots hold any returns, within the clips and far beyond, leave models out, name some twice and
others that never entered; most are challenged, and the arbiter upholds, rejects or ignores them at
random. Whatever is final is settled by whoever gains from it. In the end everybody takes what he
has: pools and donations are left, to the wei, and no model lost more than its clips.
"""

import random
from collections import Counter

import boa
import pytest

from tests.contracts.evm import Reverted
from tests.contracts.game import PROFIT, STAKE, START, TOKEN, Game, tree

ROUNDS = 12
DEPOSIT = 1_000 * TOKEN + 7
DONATION = 11
MODELS = [(who, name) for who in ("ann", "bob", "cid") for name in ("m", "n")]
PURSES = [(who, "") for who in ("operator", "stranger", "bob")]
CLIPS = 250_000_000, 50_000_000
SEEN = ("challenged", "ruled right", "ruled wrong", "leaves settled", "leaves refused")
OPEN, CLOSED, RESOLVING, PROPOSED, CHALLENGED, FINAL, ABANDONED = 2, 3, 5, 6, 7, 8, 9


class Heist:
    """Overlapping rounds of one deployment, all settled by lies."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        # odd, so that halving a bond has to round
        self.game = Game(bond_floor=10 * TOKEN + 1)
        self.rows: dict = {}
        self.unsettled: dict = {}
        self.done: set = set()
        # by round: what each model put at risk
        self.at_risk: dict = {}
        self.nonce = self.paid = self.overlap = 0
        self.seen: Counter = Counter()
        self._found()

    def run(self):
        """Play all rounds to the end of their claim windows."""
        now, opened = START, 0
        while now < START + 3_500:
            self.game.at(now)
            if opened < ROUNDS and now >= START + 20 * opened:
                opened += 1
                self.game.open(opened, now)
                self.at_risk[opened] = {}
            for number in self.at_risk.keys() - self.done:
                self._play(number)
            if now < START + 400:
                self._count_overlap()
            now += self.rng.randrange(10, 30) * (1 if now < START + 1_200 else 10)

    def _count_overlap(self):
        """Keep how many rounds held stakes at once."""
        facts = [self.game.tournament.round_facts(number) for number in self.at_risk]
        self.overlap = max(self.overlap, sum(each.locked > 0 for each in facts))

    def leave(self):
        """Let everybody take what he has, once all deadlines are over."""
        for number in self.at_risk:
            self.game.tournament.release_many(number, [self.game.model(*m) for m in MODELS])
        if self.game.tournament.burnable() > 0:
            self.game.tournament.sweep()
        left = {}
        for who, name in [*MODELS, *PURSES]:
            left[who, name] = free = self.game.free(who, name)
            if free:
                self.game.tournament.withdraw(name, free, sender=self.game.people[who])
        return left

    def _found(self):
        for who, name in [*MODELS, *PURSES]:
            self.game.deposit(who, DEPOSIT, name=name)
        self.game.fund(STAKE, 700 * TOKEN + 3)
        self.game.fund(PROFIT, 90 * TOKEN + 1)
        sender = self.game.people["ann"]
        self.game.token.transfer(self.game.tournament.address, DONATION, sender=sender)

    def _play(self, number):
        """Do what brings a round on, now and then after a pause."""
        moves = {
            OPEN: self._enter,
            CLOSED: self._book,
            RESOLVING: self._propose,
            PROPOSED: self._challenge,
            CHALLENGED: self._rule,
            FINAL: self._settle,
        }
        status = self.game.status(number)
        if status == ABANDONED:
            self.done.add(number)
        if status in moves and self.rng.random() < 0.6:
            moves[status](number)

    def _enter(self, number):
        entered = self.at_risk[number]
        for who, name in self.rng.sample(MODELS, k=3):
            at_risk = entered.get((who, name), 0) + self.rng.randrange(TOKEN, 30 * TOKEN)
            self.nonce += 1
            self.game.enter(who, at_risk, number, self.nonce, name)
            entered[who, name] = at_risk

    def _book(self, number):
        self.game.book(number)

    def _propose(self, number):
        who = self.rng.choice(("operator", "operator", "stranger"))
        rows = sorted(self._lies(number))
        if _lands(lambda: self.game.propose(tree(rows, number).root, number, who)):
            self.rows[number] = rows
            self.unsettled[number] = self.rng.sample(range(len(rows)), k=len(rows))
            self.seen["proposed"] += 1

    def _lies(self, number):
        """Return rows: entrants with any returns, left out or doubled, and a fake model."""
        rows = {(b"\x01" * 32, 5, 5)}
        for model in MODELS if self.rng.random() < 0.5 else self.at_risk[number]:
            for _ in range(self.rng.choice((0, 1, 1, 1, 2))):
                rows.add((self.game.model(*model), *map(self._lie, CLIPS)))
        return rows

    def _lie(self, clip):
        inside = self.rng.randrange(-clip, clip + 1)
        beyond = self.rng.choice((clip + 1, -clip - 1, 2**255 - 1, -(2**255)))
        return self.rng.choice((clip, clip, -clip, -clip, inside, inside, beyond))

    def _challenge(self, number):
        if self.rng.random() < 0.5:
            self.seen["challenged"] += _lands(lambda: self.game.challenge(number, "bob"))

    def _rule(self, number):
        """Rule right, mostly; at times wrong, and at times not at all."""
        verdict = self.rng.choice((True, True, False, None, None))
        if verdict is not None:
            self.game.rule(verdict, number)
            self.seen["ruled right" if verdict else "ruled wrong"] += 1

    def _settle(self, number):
        """Settle a few leaves, good and bad, in any order."""
        rows, left = self.rows[number], self.unsettled[number]
        for index in left[:3]:
            model, *returns = rows[index]
            within = all(-clip <= r <= clip for r, clip in zip(returns, CLIPS, strict=True))
            legal = within and self.game.tournament.locked(number, model) > 0
            assert _lands(lambda i=index: self.game.settle(rows, i, number)) == legal
            if legal:
                event = next(e for e in self.game.tournament.logs if e.event == "Settled")
                self.paid += event.payout
            self.seen["leaves settled" if legal else "leaves refused"] += 1
        del left[:3]
        if not left:
            self.done.add(number)


def _lands(call):
    try:
        call()
    except Reverted:
        return False
    return True


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param([1], id="short"),
        pytest.param(range(2, 42), id="long", marks=[pytest.mark.fuzz, pytest.mark.timeout(1_800)]),
    ],
)
def test_heist__everybody_out__leaves_pools_and_donations_and_takes_no_more_than_clips(seeds):
    seen: Counter = Counter()

    for seed in seeds:
        with boa.env.anchor():
            heist = Heist(seed)
            heist.run()
            left = heist.leave()
            check(heist, left)
        seen += heist.seen

    print(f"\n{len(seeds) * ROUNDS} rounds: {dict(seen)}")
    assert min(seen[name] for name in SEEN) >= len(seeds)


def check(heist, left):
    """Ask for every wei, and for what each model is left with."""
    assert heist.overlap >= 10
    tournament, token = heist.game.tournament, heist.game.token
    pools = tournament.pool(STAKE) + tournament.pool(PROFIT)
    assert token.balanceOf(tournament.address) == pools + DONATION
    assert tournament.assets() == pools == 790 * TOKEN + 4 - heist.paid
    assert tournament.in_rounds() == tournament.total_free() == tournament.burnable() == 0
    for model in MODELS:
        stakes = [entered.get(model, 0) for entered in heist.at_risk.values()]
        worst = sum(-(-stake * clip // 10**9) for stake in stakes for clip in CLIPS)
        assert left[model] >= DEPOSIT - worst
