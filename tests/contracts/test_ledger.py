"""Deposits, withdrawals, gifts and the sweep; tokens that cheat."""

from dataclasses import astuple

import boa
import pytest

from contracts import loader
from tasks.core.errors import InputError
from tasks.core.protocol import identity
from tests.contracts import evm
from tests.contracts.game import NOBODY, PROFIT, STAKE, START, TOKEN, parameters, reverts

CHEAT = """
interface Tournament:
    def withdraw(name: String[32], amount: uint256): nonpayable

balanceOf: public(HashMap[address, uint256])
target: public(address)
fee: public(uint256)
works: public(bool)

@deploy
def __init__(fee: uint256, works: bool):
    self.fee = fee
    self.works = works
    self.balanceOf[msg.sender] = 10**24

@external
def aim(target: address):
    self.target = target

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    if self.target != empty(address):
        extcall Tournament(self.target).withdraw("m", 1)
    self.balanceOf[to] += amount - self.fee
    return self.works

@external
def transfer(to: address, amount: uint256) -> bool:
    return self.works
"""


@pytest.fixture
def cheated(game):
    """Return a function that deploys a tournament over a token that cheats."""

    def deploy(fee=0, works=True):
        token = boa.loads(CHEAT, fee, works)
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


def test_deposit__by_anyone__credits_the_owners_model(game):
    before = game.token.balanceOf(game.people["bob"])

    game.tournament.deposit(game.people["ann"], "other", 5, sender=game.people["bob"])

    assert game.free("ann", "other") == 5
    assert game.token.balanceOf(game.people["bob"]) == before - 5
    (event,) = game.tournament.logs
    assert (event.event, event.name, event.payer) == (
        "Deposited",
        "other",
        game.people["bob"].lower(),
    )


@pytest.mark.parametrize(("amount", "reason"), [(0, "no amount"), (2**128, "too large")])
def test_deposit__amount_out_of_bounds__reverts(game, amount, reason):
    with reverts(reason):
        game.deposit("ann", amount)


def test_deposit__no_owner__reverts(game):
    with reverts("no owner"):
        game.tournament.deposit("0x" + "00" * 20, "m", 1, sender=game.people["ann"])


@pytest.mark.parametrize(
    "name", ["", "a", "z", "0", "9", "a-", "a_", "0-9_az", "a" * 32, "9" + "-" * 31]
)
def test_deposit__name_of_a_model_or_purse__is_credited(game, name):
    before = game.free("ann", name)

    game.deposit("ann", 5, name=name)

    assert game.free("ann", name) == before + 5


@pytest.mark.parametrize(
    "name",
    [
        "Ann",
        "anN",
        "an n",
        " ann",
        "ann ",
        "-ann",
        "_ann",
        "-",
        "a" * 31 + ".",
        "ann\n",
        b"\x00",
        b"ann\x00",
        b"\xff\xfe",
        b"ann\xff",
        "\u00e9",
        "\u0430nn",
    ],
)
def test_deposit__another_name__reverts(game, name):
    with reverts("bad name"):
        game.deposit("ann", 5, name=name)


@pytest.mark.parametrize("start", [b"", b"a", b"a" * 31])
def test_deposit__every_byte_in_a_name__is_taken_where_the_core_takes_it(game, start):
    for code in range(256):
        name = start + bytes([code])
        try:
            # each byte as one character: those from 128 are refused like any other
            identity.check_name(name.decode("latin-1"))
        except InputError:
            with reverts("bad name"):
                game.deposit("ann", 1, name=name)
        else:
            game.deposit("ann", 1, name=name)


def test_enter__name_that_no_deposit_takes__has_nothing_to_lock(game):
    game.open()

    with reverts("free too small"):
        game.enter("ann", TOKEN, name=b"\xff\xfe")


def test_deposit__more_than_the_allowance__reverts(game):
    game.token.approve(game.tournament.address, 4, sender=game.people["ann"])

    with pytest.raises(evm.Reverted, match="token: allowance too small"):
        game.deposit("ann", 5)


def test_deposit__token_takes_a_fee__reverts(game, cheated):
    _, tournament = cheated(fee=1)

    with reverts("wrong amount"):
        tournament.deposit(game.people["ann"], "m", 5, sender=game.people["ann"])


def test_deposit__token_says_false__reverts(game, cheated):
    _, tournament = cheated(works=False)

    with reverts("transfer failed"):
        tournament.deposit(game.people["ann"], "m", 5, sender=game.people["ann"])


def test_deposit__token_calls_back__reverts(game, cheated):
    token, tournament = cheated()
    tournament.deposit(str(token.address), "m", 5)
    token.aim(tournament.address)

    with pytest.raises(evm.Reverted, match="no reason"):
        tournament.deposit(game.people["ann"], "m", 5)


def test_withdraw__free_stake__is_paid_out(game):
    before = game.token.balanceOf(game.people["ann"])

    game.tournament.withdraw("m", 1_000 * TOKEN, sender=game.people["ann"])

    assert game.token.balanceOf(game.people["ann"]) == before + 1_000 * TOKEN
    assert game.free("ann") == 0


def test_withdraw__anothers_model__reverts(game):
    with reverts("free too small"):
        game.tournament.withdraw("m", 1, sender=game.people["owner"])


def test_withdraw__locked_stake__reverts(game):
    game.open()
    game.enter("ann", 400 * TOKEN)

    with reverts("free too small"):
        game.tournament.withdraw("m", 600 * TOKEN + 1, sender=game.people["ann"])
    game.tournament.withdraw("m", 600 * TOKEN, sender=game.people["ann"])


def test_withdraw__nothing__reverts(game):
    with reverts("no amount"):
        game.tournament.withdraw("m", 0, sender=game.people["ann"])


def test_withdraw__token_says_false__reverts(game, cheated):
    token, tournament = cheated()
    tournament.deposit(game.people["ann"], "m", 5, sender=game.people["ann"])
    token.eval("self.works = False")

    with reverts("transfer failed"):
        tournament.withdraw("m", 5, sender=game.people["ann"])


@pytest.mark.parametrize("leg", [STAKE, PROFIT])
def test_fund__a_leg__is_a_gift_to_its_pool(game, leg):
    before = game.tournament.pool(leg)

    game.fund(leg, 9)

    assert game.tournament.pool(leg) == before + 9
    game.check_balance()


def test_fund__no_such_leg__reverts(game):
    with reverts("no such leg"):
        game.fund(2, 9)


def test_sweep__nothing_burned__reverts(game):
    with reverts("nothing to burn"):
        game.tournament.sweep()


def test_sweep__burned_duty_bond__lowers_the_supply(game):
    supply = game.token.totalSupply()
    made = game.open(opens=START)
    game.enter("ann", TOKEN)
    game.at(made.book_by)
    game.tournament.abandon(1)

    game.tournament.sweep(sender=game.people["stranger"])

    assert game.token.totalSupply() == supply - 7 * TOKEN
    assert game.tournament.burnable() == 0


def test_donation__sent_past_the_ledger__stays_out_of_it(game):
    game.token.transfer(game.tournament.address, 11, sender=game.people["ann"])

    game.check_balance(donations=11)


def test_deploy__token_without_code__reverts(game):
    with reverts("no token"):
        evm.deploy(
            loader.load("tournament"),
            game.people["ann"],
            NOBODY,
            game.people["owner"],
            game.people["operator"],
            b"s" * 32,
            astuple(game.parameters),
        )
