"""Challenges, rulings and an arbiter's silence: who may, and where every wei of the bonds goes."""

import pytest

from tests.contracts import disputes
from tests.contracts.disputes import (
    BOND,
    HALF,
    OTHER,
    PROPOSE_BY,
    PURSE,
    RESOLVES,
    REST,
    ROOT,
    changes,
    dispute,
    events,
)
from tests.contracts.game import NOBODY, TOKEN, reverts, tree


@pytest.fixture
def booked():
    """Return a game with a booked round 1; the time is `resolves`."""
    return disputes.start()


def test_challenge__proposal__takes_an_equal_bond_and_waits_for_the_arbiter(booked):
    booked.propose(ROOT)

    booked.challenge(who="bob")

    (logged,) = booked.tournament.logs
    assert (logged.event, logged.round, logged.root, logged.bond) == ("Challenged", 1, ROOT, BOND)
    made = booked.tournament.round_facts(1).proposal
    assert logged.challenger == made.challenger == booked.people["bob"].lower()
    assert (made.final_at, made.rule_by, made.bond) == (0, RESOLVES + 300, BOND)
    assert booked.status() == 7
    assert changes(booked) == {"operator": -BOND, "stranger": 0, "bob": -BOND}
    booked.check_balance()


def test_challenge__other_root__reverts(booked):
    booked.propose(ROOT)

    with reverts("other root"):
        booked.challenge(root=OTHER)
    booked.challenge(root=ROOT)


def test_challenge__own_proposal__reverts(booked):
    booked.propose(ROOT)

    with reverts("own proposal"):
        booked.challenge(who="operator")


def test_challenge__second_one__reverts(booked):
    dispute(booked)

    with reverts("nothing to challenge"):
        booked.challenge(who="stranger")


def test_challenge__purse_short_by_a_wei__reverts(booked):
    booked.propose(ROOT)
    bob = booked.people["bob"]
    booked.tournament.withdraw("", PURSE - BOND + 1, sender=bob)

    with reverts("free too small"):
        booked.challenge(who="bob")
    booked.tournament.deposit(bob, "", 1, sender=bob)
    booked.challenge(who="bob")


def test_challenge__no_proposal__reverts(booked):
    booked.open(number=2, opens=RESOLVES)

    # booked, open and never opened; an empty round's root is zero too
    for number in (1, 2, 3):
        with reverts("nothing to challenge"):
            booked.challenge(number, root=bytes(32))
    booked.at(RESOLVES + 60)
    with reverts("nothing to challenge"):
        booked.challenge(2, root=bytes(32))


def test_challenge__proposal_that_is_void__reverts(booked):
    dispute(booked)
    booked.rule(False)

    with reverts("nothing to challenge"):
        booked.challenge(root=ROOT)


def test_challenged__settle_release_abandon_propose__revert(booked):
    rows = booked.rows({"ann": (1, 0)})
    dispute(booked, root=tree(rows).root)

    with reverts("not settling"):
        booked.settle(rows, 0)
    with reverts("not releasing"):
        booked.tournament.release(1, booked.model("ann"))
    with reverts("not abandoned"):
        booked.tournament.abandon(1)
    with reverts("no proposal due"):
        booked.propose(OTHER)


@pytest.mark.parametrize("who", ["owner", "operator", "stranger", "bob"])
def test_rule__not_the_arbiter__reverts(booked, who):
    dispute(booked)

    with reverts("not the arbiter"):
        booked.rule(False, who=who)


def test_rule__other_root__reverts(booked):
    dispute(booked)

    with reverts("other root"):
        booked.rule(True, root=OTHER)
    booked.rule(True, root=ROOT)


def test_rule__nothing_challenged__reverts(booked):
    with reverts("nothing to rule on"):
        booked.rule(True, root=bytes(32))
    booked.propose(ROOT)
    with reverts("nothing to rule on"):
        booked.rule(False, root=ROOT)


@pytest.mark.parametrize("right", [True, False])
def test_rule__second_time__reverts(booked, right):
    dispute(booked)
    booked.rule(right)

    with reverts("nothing to rule on"):
        booked.rule(not right, root=ROOT)


def test_ruled_right__odd_bond__pays_the_proposer_half_and_burns_the_rest(booked):
    rows = booked.rows({"ann": (1, 0)})
    dispute(booked, root=tree(rows).root)
    booked.at(RESOLVES + 50)

    booked.rule(True)

    operator, bob = booked.people["operator"].lower(), booked.people["bob"].lower()
    assert events(booked) == [
        ("Ruled",),
        ("BondReturned", operator, BOND + HALF),
        ("BondBurned", bob, REST),
    ]
    assert changes(booked) == {"operator": HALF, "stranger": 0, "bob": -BOND}
    assert booked.tournament.burnable() == REST
    assert booked.tournament.final_at(1) == RESOLVES + 50
    booked.settle(rows, 0)
    assert events(booked)[0][0] == "Settled"
    booked.check_balance()


def test_ruled_wrong__odd_bond__pays_the_challenger_half_and_leaves_nothing(booked):
    dispute(booked)

    booked.rule(False)

    operator, bob = booked.people["operator"].lower(), booked.people["bob"].lower()
    assert events(booked) == [
        ("Ruled",),
        ("BondReturned", bob, BOND + HALF),
        ("BondBurned", operator, REST),
        ("Voided",),
    ]
    assert changes(booked) == {"operator": -BOND, "stranger": 0, "bob": HALF}
    assert booked.tournament.burnable() == REST
    made = booked.tournament.round_facts(1).proposal
    assert tuple(vars(made).values()) == (NOBODY, NOBODY, bytes(32), 0, 0, 0)
    assert booked.status() == 5
    booked.check_balance()


@pytest.mark.parametrize("call", ["propose", "abandon", "release", "release_many"])
def test_silent_arbiter__next_call__halves_both_bonds_once(booked, call):
    dispute(booked)
    booked.at(PROPOSE_BY if call != "propose" else RESOLVES + 300)
    model = booked.model("ann")
    calls = {
        "propose": lambda: booked.propose(OTHER),
        "abandon": lambda: booked.tournament.abandon(1),
        "release": lambda: booked.tournament.release(1, model),
        "release_many": lambda: booked.tournament.release_many(1, [model]),
    }

    calls[call]()

    operator, bob = booked.people["operator"].lower(), booked.people["bob"].lower()
    assert events(booked)[:5] == [
        ("BondReturned", operator, HALF),
        ("BondBurned", operator, REST),
        ("BondReturned", bob, HALF),
        ("BondBurned", bob, REST),
        ("Voided",),
    ]
    again = -BOND if call == "propose" else 0
    assert changes(booked) == {"operator": again - REST, "stranger": 0, "bob": -REST}
    assert booked.tournament.burnable() == 2 * REST
    if call != "propose":
        booked.tournament.release_many(1, [booked.model("cid")])
        assert booked.tournament.burnable() == 2 * REST
        assert booked.tournament.round_facts(1).locked == (0 if "release" in call else 100 * TOKEN)
    booked.check_balance()


def test_silent_arbiter__half_of_the_bond__pays_for_the_next_proposal(booked):
    dispute(booked)
    left = booked.free("operator", "")
    operator = booked.people["operator"]
    booked.tournament.withdraw("", left - BOND + HALF, sender=operator)
    booked.at(RESOLVES + 300)

    booked.propose(OTHER)

    assert booked.free("operator", "") == 0
    booked.check_balance()
