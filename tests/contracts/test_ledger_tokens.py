"""Stakes in tokens that answer nothing, or that look into the tournament in mid-transfer."""

from dataclasses import astuple

import boa
import pytest

from contracts import loader
from tests.contracts import evm
from tests.contracts.game import NOBODY, parameters

SILENT = """
balanceOf: public(HashMap[address, uint256])

@external
def transferFrom(owner: address, to: address, amount: uint256):
    self.balanceOf[to] += amount

@external
def transfer(to: address, amount: uint256):
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount
"""


CURIOUS = """
interface Tournament:
    def status(round: uint64) -> uint256: view

balanceOf: public(HashMap[address, uint256])
target: address

@external
def aim(target: address):
    self.target = target

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    if self.target != empty(address):
        assert staticcall Tournament(self.target).status(1) == 0
    self.balanceOf[to] += amount
    return True
"""


@pytest.fixture
def over(game):
    """Return a function that deploys a token and a tournament over it."""

    def deploy(source):
        token = boa.loads(source)
        made = evm.deploy(
            loader.load("tournament"),
            str(token.address),
            NOBODY,
            game.people["owner"],
            game.people["operator"],
            b"s" * 32,
            astuple(parameters(game.people["arbiter"])),
        )
        return token, made

    return deploy


def test_token_that_answers_nothing__deposit_and_withdrawal__land(game, over):
    token, tournament = over(SILENT)
    ann = game.people["ann"]

    tournament.deposit(ann, "m", 7, sender=ann)
    tournament.withdraw("m", 5, sender=ann)

    assert token.balanceOf(ann) == 5
    assert token.balanceOf(tournament.address) == tournament.total_free() == 2


def test_token_that_reads_in_mid_transfer__finds_the_tournament_locked(game, over):
    token, tournament = over(CURIOUS)
    ann = game.people["ann"]
    tournament.deposit(ann, "m", 7, sender=ann)
    token.aim(tournament.address)

    with pytest.raises(evm.Reverted, match="no reason"):
        tournament.deposit(ann, "m", 7, sender=ann)
