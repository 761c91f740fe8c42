"""What a dispute leaves of a round: its next proposal, its targets, duty bond, terms and leaves."""

from dataclasses import astuple, replace

import pytest

from tests.contracts import disputes
from tests.contracts.disputes import (
    ALONE_UNTIL,
    BOND,
    DUTY,
    HALF,
    OTHER,
    PROPOSE_BY,
    RESOLVES,
    REST,
    ROOT,
    book,
    changes,
    dispute,
    events,
)
from tests.contracts.game import TOKEN, Game, reverts, tree


@pytest.fixture
def booked():
    """Return a game with a booked round 1; the time is `resolves`."""
    return disputes.start()


def test_void__of_the_operators_root__leaves_the_round_to_him_alone(booked):
    """Else an arbiter alone could void a right root and uphold the false one of an accomplice."""
    dispute(booked)
    booked.rule(False)
    booked.at(ALONE_UNTIL)
    with reverts("operator proposed"):
        booked.propose(OTHER, who="stranger")

    booked.propose(OTHER)
    booked.at(ALONE_UNTIL + 200)

    assert booked.status() == 8
    # the duty bond came back with the first proposal, and only then
    assert changes(booked) == {"operator": -2 * BOND, "stranger": 0, "bob": HALF}
    assert booked.tournament.round_facts(1).duty_bond == 0
    booked.check_balance()


def test_void__of_a_strangers_root__leaves_the_round_to_anyone(booked):
    dispute(booked, who="stranger")
    booked.rule(False)

    booked.propose(OTHER, who="stranger")
    booked.challenge(who="bob")
    booked.rule(False)
    booked.propose(ROOT)

    assert booked.status() == 6
    assert booked.tournament.round_facts(1).duty_bond == 0
    booked.check_balance()


def test_targets__operators_first_proposal__fixes_them_and_leaves_the_round_to_him(booked):
    with reverts("no targets"):
        booked.propose(ROOT, targets=bytes(32))
    dispute(booked)
    booked.rule(False)
    booked.at(ALONE_UNTIL)

    with reverts("other targets"):
        booked.propose(OTHER, targets=b"h" * 32)
    for targets in (b"g" * 32, b"h" * 32):
        with reverts("operator proposed"):
            booked.propose(OTHER, who="stranger", targets=targets)
    booked.propose(OTHER)

    assert booked.tournament.round_facts(1).targets == b"g" * 32


def test_targets__strangers_proposal_before_the_operators__fixes_nothing(booked):
    booked.at(ALONE_UNTIL)
    booked.propose(ROOT, who="stranger", targets=b"h" * 32)
    assert booked.tournament.round_facts(1).targets == bytes(32)
    booked.challenge(who="bob")
    booked.rule(False)

    booked.propose(OTHER, targets=b"i" * 32)

    assert booked.tournament.round_facts(1).targets == b"i" * 32


def test_duty_bond__strangers_proposal_ruled_right__burns_with_the_ruling(booked):
    dispute(booked, who="stranger")

    booked.rule(True)

    assert events(booked)[-1] == ("BondBurned", booked.people["operator"].lower(), DUTY)
    assert changes(booked) == {"operator": -DUTY, "stranger": HALF, "bob": -BOND}
    assert booked.tournament.burnable() == REST + DUTY
    assert booked.tournament.in_rounds() == booked.held(1)
    booked.check_balance()


def test_duty_bond__strangers_proposal_void_then_the_operators__returns(booked):
    dispute(booked, who="stranger")
    booked.rule(False)
    assert booked.tournament.round_facts(1).duty_bond == DUTY

    booked.propose(OTHER)

    assert changes(booked) == {"operator": -BOND, "stranger": -BOND, "bob": HALF}
    booked.check_balance()


@pytest.mark.parametrize(("who", "burned"), [("operator", 0), ("stranger", DUTY)])
def test_duty_bond__proposal_void_then_abandoned__burns_if_it_is_still_held(booked, who, burned):
    dispute(booked, who=who)
    booked.rule(False)
    booked.at(PROPOSE_BY)

    booked.tournament.abandon(1)

    assert booked.tournament.logs[0].fault is True
    assert booked.tournament.burnable() == REST + burned
    assert booked.tournament.round_facts(1).duty_bond == 0
    booked.check_balance()


def test_bonds_of_zero__whole_dispute__logs_no_bond():
    game = Game(bond_bps=0, bond_floor=0, duty_bond=0)
    game.fund(0, 1_000 * TOKEN)
    for who in ("ann", "cid"):
        game.deposit(who, 100 * TOKEN)
    book(game)
    dispute(game)

    game.rule(True)

    assert events(game) == [("Ruled",)]


def test_parameters__changed_in_mid_round__leave_the_dispute_alone(booked):
    changed = replace(
        booked.parameters,
        arbiter=booked.people["cid"],
        exclusive=0,
        challenge=1,
        ruling=0,
        claim=60,
        bond_floor=TOKEN,
        bond_bps=2_000,
    )
    booked.tournament.set_parameters(astuple(changed), sender=booked.people["owner"])
    booked.tournament.set_operator(booked.people["cid"], sender=booked.people["owner"])

    with reverts("operator first"):
        booked.propose(ROOT, who="cid")
    booked.propose(ROOT)
    booked.at(RESOLVES + 199)
    booked.challenge(who="bob")
    assert booked.tournament.logs[0].bond == BOND
    booked.at(RESOLVES + 199 + 299)
    with reverts("not the arbiter"):
        booked.rule(True, who="cid")
    booked.rule(True)

    booked.at(RESOLVES + 199 + 299 + 999)
    with reverts("not releasing"):
        booked.tournament.release(1, booked.model("ann"))


def test_omitted_model__root_ruled_right__gets_its_stake_back_after_the_claim(booked):
    rows = booked.rows({"ann": (-250_000_000, 0)})
    dispute(booked, root=tree(rows).root)
    booked.rule(True)
    booked.settle(rows, 0)
    with reverts("not in the root"):
        booked.tournament.settle(1, (booked.model("cid"), 0, 0), [])
    booked.at(RESOLVES + 1_000)

    booked.tournament.release(1, booked.model("cid"))

    assert booked.free("cid") == 100 * TOKEN
    assert booked.tournament.round_facts(1).locked == 0
    booked.check_balance()


def test_doubled_leaf__either_of_its_returns__settles_once(booked):
    model = booked.model("ann")
    rows = [(model, -100_000_000, 0), (model, 100_000_000, 0)]
    booked.propose(tree(rows).root)
    booked.at(RESOLVES + 200)

    booked.settle(rows, 1)

    for index in (0, 1):
        with reverts("nothing locked"):
            booked.settle(rows, index)
    booked.check_balance()


def test_book__second_or_late__reverts(booked):
    with reverts("no book due"):
        booked.book()
    booked.open(number=2, opens=RESOLVES)
    booked.deposit("ann", TOKEN)
    booked.enter("ann", TOKEN, number=2)
    booked.at(RESOLVES + 120)

    with reverts("no book due"):
        booked.book(2)
