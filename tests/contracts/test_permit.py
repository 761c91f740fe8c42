"""Allowances by signature: what counts once, and what does not count at all."""

import boa
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from tasks.adapters.keys import Signer
from tasks.core.money.units import Wei
from tasks.core.protocol import typed_data
from tasks.core.protocol.typed_data import Permit, Signature, TokenDomain
from tests.contracts import evm, tokens
from tests.contracts.evm import Reverted

_ANN, _EVE = Signer(b"\x0a" * 32), Signer(b"\x0e" * 32)
_BAD, _EXPIRED = r"^token: bad signature$", r"^token: signature expired$"


@pytest.fixture
def token():
    return tokens.deploy()


@pytest.fixture
def signed(token):
    """Return ann's permit of 7 wei for bob, and her signature."""
    message = tokens.permit(token, _ANN.address, 7)
    return message, tokens.sign(_ANN, token, message)


def allowance(token):
    return token.allowance(_ANN.address, tokens.person("bob"))


def test_permit__handed_in_by_anyone__allows_and_is_logged(token, signed):
    tokens.hand_in(token, *signed)

    (event,) = token.logs
    assert (allowance(token), token.nonces(_ANN.address)) == (7, 1)
    assert (event.event, event.owner, event.spender, event.value) == (
        "Approval",
        _ANN.address.lower(),
        tokens.person("bob"),
        7,
    )


def test_permit__second_one__replaces_the_allowance(token, signed):
    tokens.hand_in(token, *signed)
    message = tokens.permit(token, _ANN.address, 2)

    tokens.hand_in(token, message, tokens.sign(_ANN, token, message))

    assert (allowance(token), token.nonces(_ANN.address)) == (2, 2)


def test_permit__signed_by_another_implementation__counts(token):
    message = tokens.permit(token, _ANN.address, 7)
    kinds = {"owner": "address", "spender": "address"}
    kinds |= dict.fromkeys(("value", "nonce", "deadline"), "uint256")
    values = (message.owner, message.spender, 7, 0, message.deadline)
    domain = {"name": "Erarium", "version": "1", "chainId": evm.PRIVATE}
    domain["verifyingContract"] = token.address
    encoded = encode_typed_data(
        domain,
        {"Permit": [{"name": name, "type": kind} for name, kind in kinds.items()]},
        dict(zip(kinds, values, strict=True)),
    )
    made = Account.from_key(b"\x0a" * 32).sign_message(encoded)

    other = Signature(v=made.v, r=made.r.to_bytes(32), s=made.s.to_bytes(32))
    tokens.hand_in(token, message, other)

    assert allowance(token) == 7


def test_permit__at_its_deadline__counts_and_a_second_later_does_not(token, signed):
    message, signature = signed
    with boa.env.anchor():
        boa.env.timestamp = message.deadline
        tokens.hand_in(token, message, signature)
    boa.env.timestamp = message.deadline + 1

    with pytest.raises(Reverted, match=_EXPIRED):
        tokens.hand_in(token, message, signature)

    assert allowance(token) == 0


def test_permit__handed_in_again__is_refused(token, signed):
    tokens.hand_in(token, *signed)

    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, *signed)


@pytest.mark.parametrize("nonce", [0, 2])
def test_permit__nonce_that_is_not_the_next__is_refused(token, signed, nonce):
    tokens.hand_in(token, *signed)
    message = tokens.permit(token, _ANN.address, 9, nonce=nonce)

    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, message, tokens.sign(_ANN, token, message))


def test_permit__signed_for_another_chain__is_refused(token):
    message = tokens.permit(token, _ANN.address, 7)

    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, message, tokens.sign(_ANN, token, message, evm.PRIVATE + 1))


def test_permit__chain_id_that_changes_later__counts_on_its_own_side_only(token, signed):
    before = token.DOMAIN_SEPARATOR()
    boa.env.evm.patch.chain_id = evm.PUBLIC
    domain = TokenDomain(chain_id=evm.PUBLIC, contract=token.address)
    assert token.DOMAIN_SEPARATOR() == domain.separator() != before
    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, *signed)

    boa.env.evm.patch.chain_id = evm.PRIVATE
    tokens.hand_in(token, *signed)

    assert allowance(token) == 7


def test_permit__signed_for_another_token__is_refused(token, signed):
    other = tokens.deploy()

    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(other, *signed)


def test_permit__with_the_high_s_that_recovers_the_owner_too__is_refused(token, signed):
    message, signature = signed
    twin = tokens.twin(signature)
    domain = TokenDomain(chain_id=evm.PRIVATE, contract=token.address)
    digest = typed_data.permit_digest(domain, message)
    assert tokens.recover(digest, twin) == tokens.recover(digest, signature) == _ANN.address

    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, message, twin)


@pytest.mark.parametrize("s", [0, 1, 2**255, 2**256 - 1])
def test_permit__with_any_other_s__is_refused(token, signed, s):
    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, *signed, s=s.to_bytes(32))


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_permit__with_a_v_that_is_none__is_refused(token, signed, v):
    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, *signed, v=v)


def test_permit__with_the_other_v__is_refused(token, signed):
    message, signature = signed

    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, message, signature, v=55 - signature.v)


def test_permit__of_somebody_elses_tokens__is_refused(token):
    message = tokens.permit(token, _ANN.address, 7)

    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, message, tokens.sign(_EVE, token, message))


@pytest.mark.parametrize(
    "changes", [{"amount": 8}, {"spender": "0x" + "ee" * 20}, {"deadline": tokens.START + 61}]
)
def test_permit__with_another_field_than_signed__is_refused(token, signed, changes):
    with pytest.raises(Reverted, match=_BAD):
        tokens.hand_in(token, *signed, **changes)


def test_permit__of_nobody__is_refused_although_recovery_fails_to_nobody(token):
    message = Permit(
        owner=tokens.NOBODY,
        spender=tokens.person("bob"),
        amount=Wei(7),
        nonce=0,
        deadline=tokens.START + 60,
    )
    unrecoverable = Signature(v=27, r=bytes(32), s=b"\1" * 32)

    with pytest.raises(Reverted, match=r"^token: no owner$"):
        tokens.hand_in(token, message, unrecoverable)
