"""The token: what moves, what is refused, what burns."""

import pytest

from tests.contracts import tokens
from tests.contracts.evm import Reverted

UNLIMITED = 2**256 - 1


@pytest.fixture
def people():
    """Return the token, a holder of 1,000 wei and another account that has 10."""
    token, ann, bob = tokens.deploy(), tokens.person("ann"), tokens.person("bob")
    for holder, amount in ((ann, 1_000), (bob, 10)):
        token.transfer(holder, amount, sender=tokens.person("deployer"))
    return token, ann, bob


def test_transfer__balance__moves(people):
    token, ann, bob = people
    before = token.balanceOf(ann), token.balanceOf(bob)

    token.transfer(bob, 5, sender=ann)

    assert (token.balanceOf(ann), token.balanceOf(bob)) == (before[0] - 5, before[1] + 5)


def test_transfer__more_than_the_balance__reverts(people):
    token, ann, bob = people

    with pytest.raises(Reverted, match="token: balance too small"):
        token.transfer(bob, token.balanceOf(ann) + 1, sender=ann)


def test_transfer__to_nobody__reverts(people):
    token, ann, _ = people

    with pytest.raises(Reverted, match="token: no receiver"):
        token.transfer("0x" + "00" * 20, 1, sender=ann)


def test_transfer__to_oneself__changes_nothing(people):
    token, ann, _ = people
    before = token.balanceOf(ann)

    token.transfer(ann, 5, sender=ann)

    assert token.balanceOf(ann) == before


def test_transfer_from__within_the_allowance__runs_it_down(people):
    token, ann, bob = people
    token.approve(bob, 10, sender=ann)

    token.transferFrom(ann, bob, 4, sender=bob)

    assert token.allowance(ann, bob) == 6


def test_transfer_from__beyond_the_allowance__reverts(people):
    token, ann, bob = people
    token.approve(bob, 3, sender=ann)

    with pytest.raises(Reverted, match="token: allowance too small"):
        token.transferFrom(ann, bob, 4, sender=bob)


def test_transfer_from__unlimited_allowance__stays(people):
    token, ann, bob = people
    token.approve(bob, UNLIMITED, sender=ann)

    token.transferFrom(ann, bob, 4, sender=bob)

    assert token.allowance(ann, bob) == UNLIMITED


def test_burn__own_tokens__lowers_the_supply(people):
    token, ann, _ = people
    supply, balance = token.totalSupply(), token.balanceOf(ann)

    token.burn(7, sender=ann)

    assert (token.totalSupply(), token.balanceOf(ann)) == (supply - 7, balance - 7)


def test_burn__more_than_the_balance__reverts(people):
    token, ann, _ = people

    with pytest.raises(Reverted, match="token: balance too small"):
        token.burn(token.balanceOf(ann) + 1, sender=ann)
