"""What is signed, against another implementation of EIP-712, and the documents it travels as."""

import json

import pytest
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_keys.datatypes import Signature as Recoverable
from hypothesis import given
from hypothesis import strategies as st

from tasks.adapters.keys import Signer
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import identity, typed_data
from tasks.core.protocol.signed_entries import SignedEntry
from tasks.core.protocol.typed_data import (
    Enter,
    Permit,
    Signature,
    TokenDomain,
    TournamentDomain,
)

_HALF_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 // 2
_WORDS, _AMOUNTS = st.binary(min_size=32, max_size=32), st.integers(0, 2**256 - 1)
_NUMBERS = st.integers(0, 2**64 - 1)
_ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
_ENTRIES = st.builds(
    Enter,
    round_id=_NUMBERS,
    config=_WORDS,
    model=_WORDS,
    at_risk=_AMOUNTS,
    commitment=_WORDS,
    nonce=_NUMBERS,
    deadline=_NUMBERS,
)
_PERMITS = st.builds(
    Permit,
    owner=_ADDRESSES,
    spender=_ADDRESSES,
    amount=_AMOUNTS,
    nonce=_AMOUNTS,
    deadline=_AMOUNTS,
)
_TOURNAMENTS = st.builds(TournamentDomain, chain_id=_NUMBERS, contract=_ADDRESSES, salt=_WORDS)
_TOKENS = st.builds(TokenDomain, chain_id=_NUMBERS, contract=_ADDRESSES)
_SIGNER = Signer(b"\x07" * 32)


def digest_of(domain, kind, fields, values):
    """Return the digest that eth-account makes of a message."""
    types = {kind: [{"name": name, "type": each} for name, each in fields.items()]}
    message = dict(zip(fields, values, strict=True))
    return bytes(_hash_eip191_message(encode_typed_data(domain, types, message)))


@given(domain=_TOURNAMENTS, message=_ENTRIES)
def test_enter_digest__any_entry__is_that_of_another_implementation(domain, message):
    fields = {
        "round": "uint64",
        "config": "bytes32",
        "model": "bytes32",
        "at_risk": "uint256",
        "commitment": "bytes32",
        "nonce": "uint64",
        "deadline": "uint64",
    }
    named = {"name": "Erarium tournament", "version": "1", "chainId": domain.chain_id}
    named |= {"verifyingContract": domain.contract, "salt": domain.salt}
    values = (
        *(message.round_id, message.config, message.model, message.at_risk),
        *(message.commitment, message.nonce, message.deadline),
    )

    digest = typed_data.enter_digest(domain, message)

    assert digest == digest_of(named, "Enter", fields, values)


@given(domain=_TOKENS, message=_PERMITS)
def test_permit_digest__any_permit__is_that_of_another_implementation(domain, message):
    fields = {"owner": "address", "spender": "address"}
    fields |= dict.fromkeys(("value", "nonce", "deadline"), "uint256")
    named = {"name": "Erarium", "version": "1", "chainId": domain.chain_id}
    named |= {"verifyingContract": domain.contract}
    values = (message.owner, message.spender, message.amount, message.nonce, message.deadline)

    digest = typed_data.permit_digest(domain, message)

    assert digest == digest_of(named, "Permit", fields, values)


def entry(**changes):
    """Return an entry whose signature is not looked at."""
    fields = {
        "round_id": RoundId(7),
        "owner": _SIGNER.address,
        "name": "ann",
        "at_risk": Wei(2**255),
        "commitment": b"\xcc" * 32,
        "nonce": 3,
        "deadline": 1_767_225_600,
        "signature": Signature(v=28, r=b"\x01" * 32, s=b"\x02" * 32),
    }
    return SignedEntry(**{**fields, **changes})


@given(digest=_WORDS)
def test_sign_digest__any_digest__recovers_the_signer_with_a_low_s(digest):
    signed = _SIGNER.sign_digest(digest)

    r, s = int.from_bytes(signed.r), int.from_bytes(signed.s)
    recovered = Recoverable(vrs=(signed.v - 27, r, s)).recover_public_key_from_msg_hash(digest)
    assert recovered.to_checksum_address() == _SIGNER.address
    assert signed.v in (27, 28)
    assert len(signed.r) == len(signed.s) == 32
    assert s <= _HALF_ORDER


def test_sign_digest__of_another_length__is_refused():
    with pytest.raises(ValueError, match="32-bytes"):
        _SIGNER.sign_digest(b"short")


def test_signed_entry__sent_as_json__comes_back_the_same():
    sent = entry()

    text = json.dumps(sent.to_document())

    assert SignedEntry.from_document(json.loads(text)) == sent
    assert json.loads(text)["at_risk"] == str(2**255)


def test_signed_entry__its_message__names_model_and_config():
    message = entry().message(b"\x0f" * 32)

    assert message.model == identity.model_id(_SIGNER.address, "ann")
    assert (message.config, message.round_id, message.nonce) == (b"\x0f" * 32, 7, 3)
    assert message.at_risk == 2**255


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("round", "7", "round is '7'"),
        ("round", True, "round is True"),
        ("at_risk", 5, "at_risk is 5"),
        ("at_risk", "5.0", "invalid literal"),
        ("commitment", "xy", "non-hexadecimal"),
        ("r", None, "r is None"),
        ("surprise", 1, "its fields are"),
    ],
)
def test_signed_entry__document_that_is_none__is_refused_in_one_line(field, value, reason):
    document = entry().to_document() | {field: value}

    with pytest.raises(InputError, match=f"^not a signed entry: .*{reason}") as caught:
        SignedEntry.from_document(document)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("document", [[], "entry", None, {}])
def test_signed_entry__no_document_at_all__is_refused(document):
    with pytest.raises(InputError, match=r"^not a signed entry: its fields are"):
        SignedEntry.from_document(document)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "n" * 33}, "the name has 33 bytes, more than 32"),
        ({"name": "é" * 17}, "the name has 34 bytes, more than 32"),
        ({"name": "\ud800"}, "surrogates not allowed"),
        ({"owner": "0x12"}, "cannot encode"),
        ({"at_risk": Wei(2**256)}, "cannot encode"),
        ({"at_risk": Wei(-1)}, "cannot encode"),
        ({"nonce": 2**64}, "cannot encode"),
        ({"deadline": -1}, "cannot encode"),
        ({"commitment": b"\1" * 31}, "a bytes32 has 31 bytes"),
        ({"signature": Signature(v=256, r=bytes(32), s=bytes(32))}, "cannot encode"),
        ({"signature": Signature(v=27, r=bytes(32), s=bytes(33))}, "a bytes32 has 33 bytes"),
    ],
)
def test_check__what_no_call_could_carry__is_refused_in_one_line(changes, reason):
    with pytest.raises(InputError, match=f"^entry of .*{reason}") as caught:
        entry(**changes).check()

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "n" * 32, "é" * 16, "new\nline"])
def test_check__what_the_contract_would_skip__is_left_to_it(name):
    entry(name=name).check()


def test_sign_digest__key__is_used_as_eth_account_uses_it():
    account = Account.from_key(b"\x07" * 32)

    signed = account.unsafe_sign_hash(b"\x05" * 32)

    ours = _SIGNER.sign_digest(b"\x05" * 32)
    assert (ours.v, int.from_bytes(ours.r), int.from_bytes(ours.s)) == (
        signed.v,
        signed.r,
        signed.s,
    )
