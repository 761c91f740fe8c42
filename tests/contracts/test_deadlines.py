"""Every deadline one second before, at, and after it: exactly one call of each pair is legal."""

import boa
import pytest

from tests.contracts.evm import Reverted
from tests.contracts.game import START, TOKEN, tree

OPENS = START + 1_000
CLOSES, BOOK_BY = OPENS + 60, OPENS + 120
RESOLVES, ALONE_UNTIL, PROPOSE_BY = BOOK_BY + 50, BOOK_BY + 150, BOOK_BY + 1_000
PROPOSED = RESOLVES + 20
FINAL, CLAIM_ENDS = PROPOSED + 200, PROPOSED + 1_200


@pytest.fixture
def stage(game):
    """Return a function that brings a round of one model as far as asked."""
    rows = game.rows({"ann": (100_000_000, 0)})
    root = tree(rows).root

    calls = {
        "enter": lambda: game.enter("bob", 10 * TOKEN),
        "record_book": lambda: game.book(),
        "propose": lambda: game.propose(root),
        "propose as a stranger": lambda: game.propose(root, who="stranger"),
        "settle": lambda: game.settle(rows, 0),
        "release": lambda: game.tournament.release(1, game.model("ann")),
        "abandon": lambda: game.tournament.abandon(1),
    }

    def bring(facts):
        game.open(opens=OPENS, resolves=RESOLVES, propose_by=PROPOSE_BY)
        if "entered" in facts:
            game.at(OPENS)
            game.enter("ann", 100 * TOKEN)
        if "booked" in facts:
            game.at(CLOSES)
            game.book()
        if "proposed" in facts:
            game.at(PROPOSED)
            game.propose(root)
        return calls

    return bring


ENTERED = ("entered",)
BOOKED = ("entered", "booked")
SETTLED = ("entered", "booked", "proposed")
CASES = [
    # facts, boundary, (status, legal calls) before it, the same from it on
    ((), OPENS, (1, ()), (2, ("enter",))),
    ((), CLOSES, (2, ("enter",)), (9, ("abandon",))),
    (ENTERED, CLOSES, (2, ("enter",)), (3, ("record_book",))),
    (ENTERED, BOOK_BY, (3, ("record_book",)), (9, ("release", "abandon"))),
    (BOOKED, RESOLVES, (4, ()), (5, ("propose",))),
    (BOOKED, ALONE_UNTIL, (5, ("propose",)), (5, ("propose", "propose as a stranger"))),
    (
        BOOKED,
        PROPOSE_BY,
        (5, ("propose", "propose as a stranger")),
        (9, ("release", "abandon")),
    ),
    (SETTLED, FINAL, (6, ()), (8, ("settle",))),
    (SETTLED, PROPOSE_BY, (8, ("settle",)), (8, ("settle",))),
    (SETTLED, CLAIM_ENDS, (8, ("settle",)), (8, ("release",))),
]


@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize(("facts", "boundary", "before", "after"), CASES)
def test_deadline__around_it__exactly_the_listed_calls_are_legal(
    game, stage, facts, boundary, before, after, offset
):
    calls = stage(facts)
    status, legal = before if offset < 0 else after

    game.at(boundary + offset)

    assert game.status() == status
    assert tuple(name for name, call in calls.items() if _succeeds(call)) == legal


def test_windows_of_zero__proposal__is_final_in_its_own_second(game):
    zero = (game.people["arbiter"], 0, 0, 0, 60, 0, 0, 0, 2_000, 4_000)
    game.tournament.set_parameters(zero, sender=game.people["owner"])
    rows = game.rows({"ann": (1, 0)})
    game.open(opens=START)
    game.enter("ann", TOKEN)
    game.at(START + 60)
    game.book()
    game.at(START + 120)

    game.propose(tree(rows).root)
    game.settle(rows, 0)

    assert game.status() == 8


def test_last_second__proposal_by_a_stranger__is_final_before_settle_by(game, stage):
    stage(BOOKED)
    game.at(PROPOSE_BY - 1)

    game.propose(b"r" * 32, who="stranger")

    assert game.tournament.final_at(1) < PROPOSE_BY + 200 + 300


def _succeeds(attempt):
    """Return whether a call is legal, without keeping what it does."""
    with boa.env.anchor():
        try:
            attempt()
        except Reverted:
            return False
        return True
