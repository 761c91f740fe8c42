"""What may be made after the deployment: along a line in time, under a cap, by one account."""

import boa
import pytest

from tests.contracts import tokens
from tests.contracts.evm import Reverted
from tests.contracts.tokens import CAP, NOBODY, START, SUPPLY, YEAR, YEARLY_BPS

_TOO_MUCH = "^token: more than may be made by now$"
_ROOM = CAP - SUPPLY


def mint(token, amount, to="ann", sender="minter"):
    token.mint(tokens.person(to), amount, sender=tokens.person(sender))


def second_of(amount):
    """Return the first second in which `amount` wei may have been made."""
    return START - (-amount * 10_000 * YEAR // (SUPPLY * YEARLY_BPS))


def test_mint__within_the_line__makes_tokens_and_logs_it():
    token = tokens.deploy()
    boa.env.timestamp = START + YEAR

    mint(token, 20_000)

    (event,) = token.logs
    assert token.balanceOf(tokens.person("ann")) == token.minted() == 20_000
    assert token.totalSupply() == SUPPLY + 20_000
    assert token.mintable() == 0
    assert (event.event, event.sender, event.value) == ("Transfer", NOBODY, 20_000)
    assert event.receiver == tokens.person("ann")


def test_mint__in_the_second_of_the_deployment__makes_nothing():
    token = tokens.deploy()

    assert token.mintable() == 0
    with pytest.raises(Reverted, match=_TOO_MUCH):
        mint(token, 1)


@pytest.mark.parametrize("amount", [1, 2, 777, 20_000, 49_997])
def test_mint__a_wei__comes_with_its_second_and_not_before(amount):
    token, due = tokens.deploy(), second_of(amount)
    boa.env.timestamp = due - 1
    with pytest.raises(Reverted, match=_TOO_MUCH):
        mint(token, amount)

    for second in (due, due + 1):
        boa.env.timestamp = second
        assert token.mintable() == amount
        with boa.env.anchor(), pytest.raises(Reverted, match=_TOO_MUCH):
            mint(token, amount + 1)
        with boa.env.anchor():
            mint(token, amount)
            assert (token.minted(), token.mintable()) == (amount, 0)


def test_mint__piece_by_piece__makes_no_more_than_at_once():
    token = tokens.deploy()
    for amount in range(1, 6):
        boa.env.timestamp = second_of(amount)
        mint(token, 1)

        with pytest.raises(Reverted, match=_TOO_MUCH):
            mint(token, 1)

    assert token.minted() == 5


def test_mint__after_any_time__stops_at_the_cap():
    token = tokens.deploy()
    boa.env.timestamp = START + 1_000 * YEAR

    assert token.mintable() == _ROOM
    with pytest.raises(Reverted, match=_TOO_MUCH):
        mint(token, _ROOM + 1)
    mint(token, _ROOM)

    assert token.totalSupply() == CAP
    with pytest.raises(Reverted, match=_TOO_MUCH):
        mint(token, 1)


def test_mint__after_burning__finds_no_more_room():
    token = tokens.deploy()
    deployer = tokens.person("deployer")
    boa.env.timestamp = START + 1_000 * YEAR
    token.burn(SUPPLY, sender=deployer)
    mint(token, _ROOM)
    token.burn(_ROOM, sender=tokens.person("ann"))

    assert (token.totalSupply(), token.minted(), token.mintable()) == (0, _ROOM, 0)
    with pytest.raises(Reverted, match=_TOO_MUCH):
        mint(token, 1)


@pytest.mark.parametrize("sender", ["deployer", "ann"])
def test_mint__by_anybody_else__is_refused(sender):
    token = tokens.deploy()
    boa.env.timestamp = START + YEAR

    with pytest.raises(Reverted, match=r"^token: not the minter$"):
        mint(token, 1, sender=sender)


def test_mint__to_nobody__is_refused():
    token = tokens.deploy()
    boa.env.timestamp = START + YEAR

    with pytest.raises(Reverted, match=r"^token: no receiver$"):
        token.mint(NOBODY, 1, sender=tokens.person("minter"))


def test_mint__without_a_minter__is_nobodys_right():
    token = tokens.deploy(minter=NOBODY)
    boa.env.timestamp = START + YEAR

    assert (token.MINTER(), token.mintable()) == (NOBODY, 0)
    for sender in (tokens.person("deployer"), tokens.person("minter"), NOBODY):
        with pytest.raises(
            Reverted, match=r"^token: (not the minter|more than may be made by now)"
        ):
            token.mint(tokens.person("ann"), 1, sender=sender)


def test_mint__rate_of_zero__makes_nothing_ever():
    token = tokens.deploy(yearly_bps=0)
    boa.env.timestamp = START + 1_000 * YEAR

    assert token.mintable() == 0


def test_deploy__what_was_fixed__can_be_read():
    token = tokens.deploy()

    assert (token.CAP(), token.YEARLY_BPS()) == (CAP, YEARLY_BPS)
    assert (token.FIRST_SUPPLY(), token.DEPLOYED_AT()) == (SUPPLY, START)
    assert token.MINTER() == tokens.person("minter")
    assert token.minted() == 0


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ({"yearly_bps": 200}, {"yearly_bps": 201}, "yearly rate too high"),
        ({"cap": SUPPLY}, {"cap": SUPPLY - 1}, "cap below the supply"),
        ({"cap": 2**160 - 1}, {"cap": 2**160}, "cap too large"),
    ],
)
def test_deploy__at_and_beyond_a_bound__stands_and_is_refused(right, wrong, reason):
    tokens.deploy(**right)

    with pytest.raises(Reverted, match=f"^token: {reason}$"):
        tokens.deploy(**wrong)


def test_mintable__of_the_largest_token_after_ages__still_answers():
    largest = 2**160 - 1
    token = tokens.deploy(supply=largest, cap=largest)
    boa.env.timestamp = 2**64 - 1

    assert token.mintable() == 0
