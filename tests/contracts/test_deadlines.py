"""Every deadline one second before, at, and after it: exactly the listed calls are legal.

Of each pair that excludes one another - propose and abandon, challenge and settle, rule and
propose, settle and release - the cases list one on either side.
"""

from dataclasses import astuple, replace

import boa
import pytest

from tests.contracts.evm import Reverted
from tests.contracts.game import START, TOKEN, Game, reverts, tree

OPENS = START + 1_000
CLOSES, BOOK_BY = OPENS + 60, OPENS + 120
RESOLVES, ALONE_UNTIL, PROPOSE_BY = BOOK_BY + 50, BOOK_BY + 150, BOOK_BY + 1_000
PROPOSED = RESOLVES + 20
FINAL, CLAIM_ENDS = PROPOSED + 200, PROPOSED + 1_200
CHALLENGED = PROPOSED + 10
RULE_BY, RULED = CHALLENGED + 300, CHALLENGED + 15
LAST_RULE_BY = PROPOSE_BY - 1 + 199 + 300
SETTLE_BY = PROPOSE_BY + 200 + 300
# when each fact came about
TIMES = {
    "entered": OPENS,
    "booked": CLOSES,
    "proposed": PROPOSED,
    "proposed late": PROPOSE_BY - 1,
    "proposed by a stranger": ALONE_UNTIL,
    "challenged then": ALONE_UNTIL + 10,
    "ruled wrong then": ALONE_UNTIL + 20,
    "challenged": CHALLENGED,
    "challenged late": PROPOSE_BY - 1 + 199,
    "ruled right": RULED,
    "ruled wrong": RULED,
}


@pytest.fixture
def stage(game):
    """Return a function that brings a round of one model as far as asked."""
    rows = game.rows({"ann": (100_000_000, 0)})
    root = tree(rows).root

    calls = {
        "enter": lambda: game.enter("bob", 10 * TOKEN),
        "enter_many": lambda: game.tournament.enter_many(1, [game.sign("bob")]),
        "deliver": lambda: game.tournament.deliver(1, "m", b"sealed", sender=game.people["bob"]),
        "record_book": lambda: game.book(),
        "propose": lambda: game.propose(root),
        "propose as a stranger": lambda: game.propose(root, who="stranger"),
        "challenge": lambda: game.challenge(who="bob"),
        "rule right": lambda: game.rule(True),
        "rule wrong": lambda: game.rule(False),
        "settle": lambda: game.settle(rows, 0),
        "settle_many": lambda: game.tournament.settle_many(1, rows, [[]]),
        "release": lambda: game.tournament.release(1, game.model("ann")),
        "release_many": lambda: game.tournament.release_many(1, [game.model("ann")]),
        "abandon": lambda: game.tournament.abandon(1),
    }
    steps = {
        "entered": lambda: game.enter("ann", 100 * TOKEN),
        "booked": calls["record_book"],
        "proposed": calls["propose"],
        "proposed late": calls["propose as a stranger"],
        "challenged": calls["challenge"],
        "challenged late": calls["challenge"],
        "proposed by a stranger": calls["propose as a stranger"],
        "challenged then": calls["challenge"],
        "ruled wrong then": calls["rule wrong"],
        "ruled right": calls["rule right"],
        "ruled wrong": calls["rule wrong"],
    }

    def bring(facts):
        game.deposit("bob", 100 * TOKEN, name="")
        game.open(opens=OPENS, resolves=RESOLVES, propose_by=PROPOSE_BY)
        for fact in facts:
            game.at(TIMES[fact])
            steps[fact]()
        return calls

    return bring


ENTER = ("enter", "enter_many", "deliver")
ALONE, BOTH = ("propose",), ("propose", "propose as a stranger")
RULE = ("rule right", "rule wrong")
SETTLE = ("settle", "settle_many")
RELEASE = ("release", "release_many")
OVER = (*RELEASE, "abandon")

ENTERED = ("entered",)
BOOKED = ("entered", "booked")
OFFERED = (*BOOKED, "proposed")
DISPUTED = (*OFFERED, "challenged")
RIGHT, WRONG = (*DISPUTED, "ruled right"), (*DISPUTED, "ruled wrong")
OFFERED_LATE = (*BOOKED, "proposed late")
DISPUTED_LATE = (*OFFERED_LATE, "challenged late")
STRANGERS_WRONG = (*BOOKED, "proposed by a stranger", "challenged then", "ruled wrong then")
CASES = [
    # facts, boundary, (status, legal calls) before it, the same from it on
    ((), OPENS, (1, ()), (2, ENTER)),
    ((), CLOSES, (2, ENTER), (9, ("release_many", "abandon"))),
    (ENTERED, CLOSES, (2, ENTER), (3, ("record_book",))),
    (ENTERED, BOOK_BY, (3, ("record_book",)), (9, OVER)),
    (BOOKED, RESOLVES, (4, ()), (5, ALONE)),
    (BOOKED, ALONE_UNTIL, (5, ALONE), (5, BOTH)),
    (BOOKED, PROPOSE_BY, (5, BOTH), (9, OVER)),
    (OFFERED, FINAL, (6, ("challenge",)), (8, SETTLE)),
    (OFFERED, PROPOSE_BY, (8, SETTLE), (8, SETTLE)),
    (OFFERED, CLAIM_ENDS, (8, SETTLE), (8, RELEASE)),
    (OFFERED_LATE, PROPOSE_BY + 199, (6, ("challenge",)), (8, SETTLE)),
    (OFFERED_LATE, PROPOSE_BY + 1_199, (8, SETTLE), (8, RELEASE)),
    (DISPUTED, FINAL, (7, RULE), (7, RULE)),
    # once the operator has proposed, the round stays his
    (DISPUTED, RULE_BY, (7, RULE), (5, ALONE)),
    (DISPUTED, PROPOSE_BY, (5, ALONE), (9, OVER)),
    (STRANGERS_WRONG, PROPOSE_BY, (5, BOTH), (9, OVER)),
    (DISPUTED_LATE, LAST_RULE_BY, (7, RULE), (9, OVER)),
    (RIGHT, RULE_BY, (8, SETTLE), (8, SETTLE)),
    (RIGHT, RULED + 1_000, (8, SETTLE), (8, RELEASE)),
    (WRONG, ALONE_UNTIL, (5, ALONE), (5, ALONE)),
    (WRONG, PROPOSE_BY, (5, ALONE), (9, OVER)),
]


@pytest.mark.parametrize(("facts", "boundary", "before", "after"), CASES)
def test_deadline__around_it__exactly_the_listed_calls_are_legal(
    game, stage, facts, boundary, before, after
):
    calls = stage(facts)

    for offset, (status, legal) in ((-1, before), (0, after), (1, after)):
        game.at(boundary + offset)
        assert game.status() == status
        assert tuple(name for name, call in calls.items() if _succeeds(call)) == legal


@pytest.mark.parametrize("right", [True, False])
def test_last_seconds__proposal_challenge_and_ruling_in_each__end_before_settle_by(
    game, stage, right
):
    calls = stage(DISPUTED_LATE)
    game.at(LAST_RULE_BY - 1)

    calls["rule right" if right else "rule wrong"]()

    assert LAST_RULE_BY - 1 < SETTLE_BY
    assert game.status() == (8 if right else 9)
    calls["settle" if right else "release"]()
    assert game.tournament.round_facts(1).locked == 0


def test_ruled_wrong__first_proposal_in_the_operators_last_second__leaves_a_full_slot(game):
    shortest = RESOLVES + 100 + 200 + 300 + 200
    game.open(opens=OPENS, resolves=RESOLVES, propose_by=shortest)
    game.at(OPENS)
    game.enter("ann", 100 * TOKEN)
    game.at(CLOSES)
    game.book()
    game.at(RESOLVES + 99)
    game.propose(b"r" * 32)
    game.at(RESOLVES + 99 + 199)
    game.challenge()
    game.at(RESOLVES + 99 + 199 + 299)

    game.rule(False)

    assert shortest - (RESOLVES + 99 + 199 + 299) > 200
    game.at(shortest - 1)
    game.propose(b"s" * 32)
    game.at(shortest - 1 + 200)
    assert game.status() == 8


def test_windows_of_zero__proposal__is_final_in_its_own_second(game):
    zero = replace(
        game.parameters,
        exclusive=0,
        challenge=0,
        ruling=0,
        claim=60,
        bond_bps=0,
        bond_floor=0,
        duty_bond=0,
    )
    game.tournament.set_parameters(astuple(zero), sender=game.people["owner"])
    rows = game.rows({"ann": (1, 0)})
    game.open(opens=START)
    game.enter("ann", TOKEN)
    game.at(START + 60)
    game.book()
    game.at(START + 120)

    game.propose(tree(rows).root)
    with reverts("nothing to challenge"):
        game.challenge()
    game.settle(rows, 0)

    assert game.status() == 8


def test_ruling_of_zero__challenge__is_void_in_its_own_second():
    game = Game(ruling=0)
    for who in ("operator", "stranger"):
        game.deposit(who, 1_000 * TOKEN, name="")
    game.deposit("ann", TOKEN)
    game.fund(0, TOKEN)
    game.open(opens=START)
    game.enter("ann", TOKEN)
    game.at(START + 60)
    game.book()
    game.at(START + 120)
    game.propose(b"r" * 32)

    game.challenge()

    assert game.status() == 5
    with reverts("nothing to rule on"):
        game.rule(True)
    game.propose(b"s" * 32)


def test_last_second__proposal_by_a_stranger__is_final_before_settle_by(game, stage):
    stage(BOOKED)
    game.at(PROPOSE_BY - 1)

    game.propose(b"r" * 32, who="stranger")

    assert game.tournament.final_at(1) < SETTLE_BY


def _succeeds(attempt):
    """Return whether a call is legal, without keeping what it does."""
    with boa.env.anchor():
        try:
            attempt()
        except Reverted:
            return False
        return True
