"""The smallest amounts: one wei goes through every door."""

import pytest

from tests.contracts.game import PROFIT, STAKE, TOKEN, Game


def test_deposit_and_withdrawal__one_wei__land(game):
    game.deposit("bob", 1, name="one")

    game.tournament.withdraw("one", 1, sender=game.people["bob"])

    assert game.free("bob", "one") == 0
    game.check_balance()


@pytest.mark.parametrize("leg", [STAKE, PROFIT])
def test_fund__one_wei__is_the_pools(game, leg):
    before = game.tournament.pool(leg)

    game.fund(leg, 1)

    assert game.tournament.pool(leg) == before + 1


def test_bond_of_one_wei__operator_at_fault__burns_and_is_swept():
    game = Game(duty_bond=1)
    game.deposit("operator", 1, name="")
    game.deposit("ann", TOKEN)
    made = game.open()
    game.enter("ann", TOKEN)
    supply = game.token.totalSupply()
    game.at(made.book_by)

    game.tournament.abandon(1)
    game.tournament.sweep()

    assert game.token.totalSupply() == supply - 1
    assert game.tournament.burnable() == game.tournament.round_facts(1).duty_bond == 0
