"""Deposits by permit, and burns of a token that cannot burn."""

from dataclasses import astuple

import boa
import pytest
from web3 import Web3
from web3.types import Nonce
from web3.utils import get_create_address

from contracts import loader
from tasks.adapters.keys import Signer
from tasks.core.money.units import Wei
from tasks.core.protocol import typed_data
from tasks.core.protocol.typed_data import Permit, TokenDomain
from tests.contracts import evm
from tests.contracts.game import NOBODY, STAKE, START, TOKEN, reverts, tree
from tests.contracts.game import parameters as parameters_of

# an ERC-20 that can neither burn nor take a permit
PLAIN = """
balanceOf: public(HashMap[address, uint256])

@deploy
def __init__(supply: uint256):
    self.balanceOf[msg.sender] = supply

@external
def transfer(to: address, amount: uint256) -> bool:
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount
    return True

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount
    return True
"""
SINK = "0x" + "de" * 20


@pytest.fixture
def signed(game):
    """Return the permit of ann for 7 tokens, whose allowance is none, as arguments."""
    ann, token = game.people["ann"], game.token
    token.approve(game.tournament.address, 0, sender=ann)
    message = Permit(
        owner=ann,
        spender=game.tournament.address,
        amount=Wei(7 * TOKEN),
        nonce=token.nonces(ann),
        deadline=START + 100,
    )
    digest = typed_data.permit_digest(
        TokenDomain(chain_id=evm.PRIVATE, contract=token.address), message
    )
    signature = Signer(bytes(game.accounts["ann"].key)).sign_digest(digest)
    return 7 * TOKEN, START + 100, signature.v, signature.r, signature.s


def pay(game, signed, who="ann", name="m"):
    game.tournament.deposit_with_permit(game.people["ann"], name, *signed, sender=game.people[who])


def test_deposit_with_permit__no_allowance_before__lands_and_leaves_none(game, signed):
    before = game.free("ann")

    pay(game, signed)

    assert game.free("ann") == before + 7 * TOKEN
    assert game.token.allowance(game.people["ann"], game.tournament.address) == 0
    assert game.tournament.logs[-1].payer == game.people["ann"].lower()


def test_deposit_with_permit__used_by_a_front_runner_before__still_lands(game, signed):
    before, ann = game.free("ann"), game.people["ann"]
    amount, *rest = signed
    game.token.permit(ann, game.tournament.address, amount, *rest, sender=game.people["stranger"])

    pay(game, signed)

    assert game.free("ann") == before + 7 * TOKEN


def test_deposit_with_permit__stolen_by_another__reverts_and_moves_nothing(game, signed):
    stranger = game.people["stranger"]
    game.token.approve(game.tournament.address, 0, sender=stranger)
    balances = [game.token.balanceOf(game.people[who]) for who in ("ann", "stranger")]

    with pytest.raises(evm.Reverted, match=r"^token: allowance too small$"):
        pay(game, signed, "stranger")

    assert [game.token.balanceOf(game.people[who]) for who in ("ann", "stranger")] == balances
    assert game.token.nonces(game.people["ann"]) == 0


def test_deposit_with_permit__expired_and_no_allowance__reverts(game, signed):
    game.at(START + 101)

    with pytest.raises(evm.Reverted, match=r"^token: allowance too small$"):
        pay(game, signed)


def test_deposit_with_permit__bad_name__reverts_as_a_deposit_does(game, signed):
    with reverts("bad name"):
        pay(game, signed, name="M")


def deploy(game, token, sink, sender=None):
    return evm.deploy(
        loader.load("tournament"),
        *(token, sink, game.people["owner"], game.people["operator"], b"s" * 32),
        astuple(parameters_of(game.people["arbiter"])),
        sender=sender,
    )


def test_sink__token_without_burn__gets_what_is_swept(game, monkeypatch):
    plain = boa.loads(PLAIN, 10**6 * TOKEN)
    made = deploy(game, str(plain.address), SINK)
    monkeypatch.setattr(game, "tournament", made)
    giver = str(boa.env.eoa)
    made.fund(STAKE, 1_000 * TOKEN, sender=giver)
    for who, name in (("operator", ""), ("ann", "m")):
        made.deposit(game.people[who], name, 100 * TOKEN, sender=giver)
    game.open(opens=START)
    game.enter("ann", 100 * TOKEN)
    game.at(START + 60)
    game.book()
    game.at(START + 120)
    rows = game.rows({"ann": (-250_000_000, 0)})
    game.propose(tree(rows).root)
    game.at(START + 320)
    game.settle(rows, 0)

    made.sweep()

    assert plain.balanceOf(SINK) == 25 * TOKEN
    assert plain.balanceOf(made.address) == made.assets()
    assert (made.burnable(), made.SINK()) == (0, SINK)


@pytest.mark.parametrize("sink", ["token", "itself"])
def test_deploy__sink_that_would_keep_the_burns__reverts(game, sink):
    sender = str(boa.env.generate_address("new"))
    itself = get_create_address(Web3.to_checksum_address(sender), Nonce(0))

    with reverts("bad sink"):
        deploy(game, game.token.address, {"token": game.token.address}.get(sink, itself), sender)


def test_deploy__other_sink__stands_where_that_address_was(game):
    sender = str(boa.env.generate_address("new"))

    made = deploy(game, game.token.address, NOBODY, sender)

    itself = get_create_address(Web3.to_checksum_address(sender), Nonce(0))
    assert made.address.lower() == itself.lower()
