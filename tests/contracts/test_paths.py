"""Every path of a booked round through windows of a few seconds, by brute force.

All sequences of calls at all instants are followed on the contract itself: whatever is legal at an
instant is done, and then time passes. Bonds are zero, so that what is stored of the round, with the
time, is the whole state; a state that was met before is not followed again. `make fuzz` goes second
by second; `make test` leaves out the middle of the time to propose, where no deadline is near.
"""

from collections import Counter

import boa
import pytest

from tests.contracts.evm import Reverted
from tests.contracts.game import START, TOKEN, Game, tree

BOOKED, RESOLVING, PROPOSED, CHALLENGED, FINAL, ABANDONED = 4, 5, 6, 7, 8, 9
# what excludes one another; `abandon` books what `release` books too
KINDS = {
    "propose as operator": "propose",
    "propose as stranger": "propose",
    "challenge": "challenge",
    "rule right": "rule",
    "rule wrong": "rule",
    "settle": "settle",
    "release": "release",
    "abandon": "release",
}
MOVES = list(KINDS)[:5]
STATUS_OF = {
    "propose": RESOLVING,
    "challenge": PROPOSED,
    "rule": CHALLENGED,
    "settle": FINAL,
    "release": ABANDONED,
}


class Paths:
    """One round, booked, and what can become of it."""

    def __init__(self, exclusive, challenge, ruling, whole):
        self.exclusive, self.challenge, self.ruling = exclusive, challenge, ruling
        self.game = Game(
            exclusive=exclusive,
            challenge=challenge,
            ruling=ruling,
            claim=60,
            bond_bps=0,
            bond_floor=0,
            duty_bond=0,
        )
        self.slot = max(challenge, 60)
        self.resolves = START + 120
        self.propose_by = self.resolves + exclusive + challenge + ruling + self.slot
        self.settle_by = self.propose_by + challenge + ruling
        dispute = challenge + ruling + 1
        middle = range(self.resolves + exclusive + dispute, self.propose_by - dispute)
        self.left_out = range(0) if whole else middle
        self.met: set = set()
        # of those in which a path ends, by status: when its stakes are released
        self.ends: set = set()
        self.counts: Counter = Counter()
        self.rows = self.game.rows({"ann": (1, 0)})
        self.calls = self._calls()
        self._book()

    def follow(self):
        """Follow all paths from the book on."""
        self._follow(self.resolves - 1, early=False)

    def _book(self):
        game = self.game
        game.fund(0, 1_000 * TOKEN)
        game.deposit("ann", 10 * TOKEN)
        game.open(opens=START, resolves=self.resolves, propose_by=self.propose_by)
        game.enter("ann", TOKEN)
        game.at(START + 60)
        game.book()

    def _calls(self):
        game, root = self.game, tree(self.rows).root
        model = game.model("ann")
        return {
            "propose as operator": lambda: game.propose(root),
            "propose as stranger": lambda: game.propose(root, who="stranger"),
            "challenge": lambda: game.challenge(1, "bob", root),
            "rule right": lambda: game.rule(True, 1, root),
            "rule wrong": lambda: game.rule(False, 1, root),
            "settle": lambda: game.settle(self.rows, 0),
            "release": lambda: game.tournament.release(1, model),
            "abandon": lambda: game.tournament.abandon(1),
        }

    def _follow(self, now, early):
        """Follow all paths from here; `early`: the live proposal fell in the operator's time."""
        while True:
            self.game.at(now)
            status, facts = self.game.status(), self.game.tournament.round_facts(1)
            if status == RESOLVING and now in self.left_out:
                now = self.left_out.stop
                continue
            made = facts.proposal
            # a date that has passed is as good as any other
            dates = [max(date, now) for date in (made.final_at, made.rule_by)]
            key = now, status, early, made.proposer, made.challenger, facts.targets, *dates
            if key in self.met:
                return
            self.met.add(key)
            self.counts[status] += 1
            if made.rule_by == now and early:
                self._check_slot(now, "silences")
                early = False
            legal = self._follow_moves(now, early)
            self._check_state(now, status, legal, facts)
            if status in (FINAL, ABANDONED):
                self._check_claim(now, status)
                return
            now += 1

    def _follow_moves(self, now, early):
        """Do whatever is legal now, follow what comes of it, and return its names."""
        legal = set()
        for name, kind in KINDS.items():
            with boa.env.anchor():
                self.game.at(now)
                if not _lands(self.calls[name]):
                    continue
                legal.add(name)
                if name not in MOVES:
                    continue
                self.counts["moves"] += 1
                if name == "rule wrong" and early:
                    self._check_slot(now, "wrong rulings")
                alone = now < self.resolves + self.exclusive
                self._follow(now, alone if kind == "propose" else early and kind != "rule")
        return legal

    def _check_state(self, now, status, legal, facts):
        """Exactly one kind of call is legal, the status', and the end comes by settle_by."""
        kinds = {KINDS[name] for name in legal}
        if now < self.resolves:
            assert (status, kinds) == (BOOKED, set())
            return
        assert len(kinds) == 1, (now, legal)
        assert status == STATUS_OF[kinds.pop()]
        assert ("abandon" in legal) == ("release" in legal) == (status == ABANDONED)
        assert now < self.settle_by or status in (FINAL, ABANDONED)
        alone = now < self.resolves + self.exclusive or facts.targets != bytes(32)
        if status == RESOLVING:
            assert ("propose as stranger" in legal) == (not alone)

    def _check_slot(self, now, what):
        """A proposal of the operator's own time, now void, leaves a full slot for another."""
        assert now + self.slot <= self.propose_by
        self.counts[what] += 1

    def _check_claim(self, now, status):
        """What is final is settled for a claim window, then released; so is what is abandoned."""
        ends = now if status == ABANDONED else self.game.tournament.final_at(1) + 60
        if (status, ends) in self.ends:
            return
        self.ends.add((status, ends))
        assert ends <= self.settle_by + 60
        for date in (ends - 1, ends, ends + 1):
            if date < now:
                continue
            self.game.at(date)
            assert _is_legal(self.calls["settle"]) == (date < ends)
            assert _is_legal(self.calls["release"]) == (date >= ends)


def _lands(call):
    try:
        call()
    except Reverted:
        return False
    return True


def _is_legal(call):
    with boa.env.anchor():
        return _lands(call)


@pytest.mark.parametrize("windows", [(2, 1, 1), (1, 2, 0)])
def test_paths__near_the_deadlines__all_end_by_settle_by(windows):
    check(windows, whole=False)


@pytest.mark.fuzz
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("windows", [(2, 2, 2), (1, 3, 2), (0, 1, 3), (2, 2, 0), (2, 0, 2)])
def test_paths__second_by_second__all_end_by_settle_by(windows):
    check(windows, whole=True)


def check(windows, whole):
    """Follow all paths and ask that every kind of end was among them."""
    exclusive, challenge, ruling = windows
    paths = Paths(exclusive, challenge, ruling, whole)

    paths.follow()

    counts = paths.counts
    print(f"\nwindows {windows}: {len(paths.met)} states, {dict(counts)}")
    assert counts[FINAL] > 0
    assert counts[ABANDONED] > 0
    assert (counts[PROPOSED] > 0) == (challenge > 0)
    assert (counts[CHALLENGED] > 0) == (challenge > 0 and ruling > 0)
    if exclusive and challenge:
        assert counts["silences"] > 0
        assert (counts["wrong rulings"] > 0) == (ruling > 0)
