"""Stakes in tokens that answer nothing, or that look into the tournament in mid-transfer."""

from dataclasses import astuple

import boa
import pytest

from contracts import loader
from tests.contracts import evm
from tests.contracts.game import NOBODY, TOKEN, parameters

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
    def total_free() -> uint256: view
    def operator() -> address: view
    def deliver(round: uint64, name: String[32], sealed: Bytes[32]): nonpayable

balanceOf: public(HashMap[address, uint256])
target: address
what: uint256

@external
def aim(target: address, what: uint256):
    self.target = target
    self.what = what

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    if self.target != empty(address):
        if self.what == 0:
            assert staticcall Tournament(self.target).status(1) == 0
        elif self.what == 1:
            assert staticcall Tournament(self.target).total_free() > 0
        elif self.what == 2:
            assert staticcall Tournament(self.target).operator() != empty(address)
        else:
            extcall Tournament(self.target).deliver(1, "m", b"x")
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


# a view of rounds, of the ledger and of the tournament itself, and a call of the latter
@pytest.mark.parametrize("what", range(4))
def test_token_that_comes_back_in_mid_transfer__finds_the_tournament_locked(
    game, over, what, monkeypatch
):
    token, tournament = over(CURIOUS)
    monkeypatch.setattr(game, "tournament", tournament)
    ann, operator = game.people["ann"], game.people["operator"]
    tournament.deposit(ann, "m", 7, sender=ann)
    if what == 3:
        tournament.deposit(operator, "", 7 * TOKEN, sender=operator)
        game.open()
        tournament.deliver(1, "m", b"x", sender=ann)
    token.aim(tournament.address, what)

    with pytest.raises(evm.Reverted, match="no reason"):
        tournament.deposit(ann, "m", 7, sender=ann)
