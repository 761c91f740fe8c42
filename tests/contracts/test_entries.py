"""Entries: who, how much, which nonce, and the chain of heads."""

import pytest

from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import heads
from tests.contracts.game import START, TOKEN, reverts


@pytest.fixture(autouse=True)
def opened(game):
    """Open round 1."""
    game.open(opens=START)


def test_enter__first_time__moves_free_to_locked(game):
    game.enter("ann", 300 * TOKEN)

    facts = game.tournament.round_facts(1)
    assert game.free("ann") == 700 * TOKEN
    assert game.tournament.locked(1, game.model("ann")) == 300 * TOKEN
    assert (facts.at_risk, facts.locked, facts.entrants) == (300 * TOKEN, 300 * TOKEN, 1)
    game.check_balance()


def test_enter__again_with_more__counts_one_entrant(game):
    game.enter("ann", 300 * TOKEN)

    game.enter("ann", 450 * TOKEN, nonce=9)

    facts = game.tournament.round_facts(1)
    assert (facts.at_risk, facts.entrants) == (450 * TOKEN, 1)
    assert game.tournament.nonces(1, game.model("ann")) == 9
    assert game.free("ann") == 550 * TOKEN


def test_enter__same_stake_again__replaces_the_commitment(game):
    game.enter("ann", 300 * TOKEN)

    game.enter("ann", 300 * TOKEN, nonce=2)

    assert game.tournament.logs[-1].nonce == 2


def test_enter__with_less__reverts(game):
    game.enter("ann", 300 * TOKEN)

    with reverts("stake may not fall"):
        game.enter("ann", 300 * TOKEN - 1, nonce=2)


@pytest.mark.parametrize("nonce", [0, 4, 5])
def test_enter__nonce_that_does_not_rise__reverts(game, nonce):
    game.enter("ann", 300 * TOKEN, nonce=5)

    with reverts("nonce too low"):
        game.enter("ann", 300 * TOKEN, nonce=nonce)


def test_enter__first_nonce_zero__reverts(game):
    with reverts("nonce too low"):
        game.enter("ann", TOKEN, nonce=0)


def test_enter__below_the_smallest_stake__reverts(game):
    with reverts("stake too small"):
        game.enter("ann", TOKEN - 1)
    game.enter("ann", TOKEN)


def test_enter__more_than_free__reverts(game):
    with reverts("free too small"):
        game.enter("ann", 1_000 * TOKEN + 1)
    game.enter("ann", 1_000 * TOKEN)


def test_enter__two_rounds__one_wei_backs_one(game):
    game.open(number=2, opens=START)
    game.enter("ann", 600 * TOKEN, number=1)

    with reverts("free too small"):
        game.enter("ann", 400 * TOKEN + 1, number=2)
    game.enter("ann", 400 * TOKEN, number=2)

    assert game.free("ann") == 0


def test_enter__purse__reverts(game):
    with reverts("no name"):
        game.enter("stranger", TOKEN, name="")


def test_enter__anothers_model__is_ones_own_of_that_name(game):
    with reverts("free too small"):
        game.enter("owner", TOKEN)


def test_enter__unknown_round__reverts(game):
    with reverts("not open"):
        game.enter("ann", TOKEN, number=2)


def test_head__three_entries__is_the_cores_chain(game):
    entries = [("ann", 300 * TOKEN, 1), ("bob", 200 * TOKEN, 4), ("ann", 500 * TOKEN, 2)]
    expected = heads.EMPTY

    for who, at_risk, nonce in entries:
        game.enter(who, at_risk, nonce=nonce)
        expected = heads.extend(
            expected, RoundId(1), game.model(who), Wei(at_risk), b"c" * 32, nonce
        )
        assert game.tournament.logs[-1].head == expected

    assert game.tournament.round_facts(1).head == expected
