"""A token of the tests' own, its people and what they sign."""

from typing import Any

import boa
from eth_hash.auto import keccak
from eth_keys.datatypes import Signature as Recoverable

from contracts import loader
from tasks.adapters.keys import Signer
from tasks.core.money.units import Wei
from tasks.core.protocol import typed_data
from tasks.core.protocol.typed_data import Permit, Signature, TokenDomain
from tests.contracts import evm

NOBODY = "0x" + "00" * 20
START = 1_767_225_600
SUPPLY, CAP, YEARLY_BPS = 1_000_003, 1_050_000, 200
YEAR = 365 * 86_400
GROUP_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def person(name: str) -> str:
    """Return the address of that name, as the log has it."""
    return "0x" + keccak(name.encode())[-20:].hex()


def deploy(
    supply: int = SUPPLY, cap: int = CAP, yearly_bps: int = YEARLY_BPS, minter: str | None = None
) -> evm.Contract:
    """Deploy a token at `START`, whose supply is the deployer's."""
    boa.env.timestamp = START
    arguments = (supply, cap, yearly_bps, minter or person("minter"))
    return evm.deploy(loader.load("token"), *arguments, sender=person("deployer"))


def permit(token: evm.Contract, owner: str, amount: int, **changes: Any) -> Permit:
    """Return the permit of an owner's next nonce for bob, which ends in a minute."""
    fields = {
        "owner": owner,
        "spender": person("bob"),
        "amount": Wei(amount),
        "nonce": token.nonces(owner),
        "deadline": boa.env.timestamp + 60,
    }
    return Permit(**{**fields, **changes})


def sign(
    signer: Signer, token: evm.Contract, message: Permit, chain_id: int = evm.PRIVATE
) -> Signature:
    domain = TokenDomain(chain_id=chain_id, contract=token.address)
    return signer.sign_digest(typed_data.permit_digest(domain, message))


def hand_in(token: evm.Contract, message: Permit, signed: Signature, **changes: Any) -> None:
    """Let a stranger hand a permit in; `changes` are arguments of the call."""
    fields = {
        "owner": message.owner,
        "spender": message.spender,
        "amount": message.amount,
        "deadline": message.deadline,
        "v": signed.v,
        "r": signed.r,
        "s": signed.s,
    }
    token.permit(*{**fields, **changes}.values(), sender=person("stranger"))


def twin(signed: Signature) -> Signature:
    """Return the other signature that recovers the same account: its s is high."""
    high = GROUP_ORDER - int.from_bytes(signed.s)
    return Signature(v=55 - signed.v, r=signed.r, s=high.to_bytes(32))


def recover(digest: bytes, signed: Signature) -> str:
    """Return the account that a signature recovers, whether its s is low or high."""
    r, s = int.from_bytes(signed.r), int.from_bytes(signed.s)
    found = Recoverable(vrs=(signed.v - 27, r, s)).recover_public_key_from_msg_hash(digest)
    return str(found.to_checksum_address())
