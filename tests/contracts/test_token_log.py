"""The token's events, answers and metadata, and amounts that leave nothing over."""

import boa
import pytest
from eth_abi import abi
from eth_hash.auto import keccak

from contracts import loader
from tests.contracts import tokens
from tests.contracts.tokens import NOBODY


@pytest.fixture
def people():
    """Return the token, ann, who has 1,000 wei, and bob."""
    token, ann, bob = tokens.deploy(), tokens.person("ann"), tokens.person("bob")
    token.transfer(ann, 1_000, sender=tokens.person("deployer"))
    return token, ann, bob


def fields(event):
    """Return an event's name and values."""
    return tuple(vars(event)[name] for name in ("event", *sorted(set(vars(event)) - {"event"})))


def test_deploy__supply__is_the_deployers_and_logged():
    deployer = str(boa.env.generate_address("deployer"))
    arguments = abi.encode(["uint256", "uint256", "uint256", "address"], [77, 78, 0, NOBODY])
    code = loader.load("token").bytecode + arguments

    _, done = boa.env.deploy(bytecode=code, sender=deployer)

    ((_, _, topics, payload),) = done.get_raw_log_entries()
    assert topics[0].to_bytes(32) == keccak(b"Transfer(address,address,uint256)")
    assert (topics[1], topics[2]) == (0, int(deployer, 16))
    assert int.from_bytes(payload) == 77


def test_metadata__of_the_token__is_fixed(people):
    token, _, _ = people

    assert (token.name(), token.symbol(), token.decimals()) == ("Erarium", "ERA", 18)


def test_transfer__whole_balance__moves_is_logged_and_answered(people):
    token, ann, bob = people
    whole = token.balanceOf(ann)

    answer = token.transfer(bob, whole, sender=ann)

    assert answer is True
    assert token.balanceOf(ann) == 0
    assert [fields(event) for event in token.logs] == [("Transfer", bob, ann, whole)]


def test_approve__any_amount__is_logged_and_answered(people):
    token, ann, bob = people

    answer = token.approve(bob, 9, sender=ann)

    assert answer is True
    assert [fields(event) for event in token.logs] == [("Approval", ann, bob, 9)]


def test_transfer_from__whole_allowance__runs_down_to_zero_and_is_logged(people):
    token, ann, bob = people
    token.approve(bob, 9, sender=ann)

    answer = token.transferFrom(ann, bob, 9, sender=bob)

    assert answer is True
    assert token.allowance(ann, bob) == 0
    logged = [fields(event) for event in token.logs]
    assert logged == [("Approval", ann, bob, 0), ("Transfer", bob, ann, 9)]


def test_burn__whole_balance__leaves_nothing_and_is_logged(people):
    token, ann, _ = people
    whole = token.balanceOf(ann)

    token.burn(whole, sender=ann)

    assert token.balanceOf(ann) == 0
    assert [fields(event) for event in token.logs] == [("Transfer", NOBODY, ann, whole)]
