"""What accounts sign: the EIP-712 digests of entries and permits."""

from dataclasses import astuple, dataclass

from eth_hash.auto import keccak

from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import abi

_ENTER = (
    "Enter(uint64 round,bytes32 config,bytes32 model,uint256 at_risk,"
    "bytes32 commitment,uint64 nonce,uint64 deadline)"
)
_PERMIT = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_SALTED = f"{_DOMAIN.removesuffix(')')},bytes32 salt)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature over a digest: v is 27 or 28, r and s have 32 bytes, s is low."""

    v: int
    r: bytes
    s: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TournamentDomain:
    """The one tournament that an entry is signed for: chain, address and deployment salt."""

    chain_id: int
    contract: str
    salt: bytes

    def separator(self) -> bytes:
        """Return the EIP-712 domain separator."""
        return _struct(
            _SALTED,
            keccak(b"Erarium tournament"),
            keccak(b"1"),
            self.chain_id,
            self.contract,
            self.salt,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDomain:
    """The one token that a permit is signed for: chain and address."""

    chain_id: int
    contract: str

    def separator(self) -> bytes:
        """Return the EIP-712 domain separator."""
        return _struct(_DOMAIN, keccak(b"Erarium"), keccak(b"1"), self.chain_id, self.contract)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """An entry as its owner signs it, in the message's order of fields.

    Attributes:
        round_id: the round.
        config: digest of what was fixed when the round opened, so that no other terms count.
        model: the model's id.
        at_risk: the model's whole lock in the round after the entry.
        commitment: the entry's commitment.
        nonce: rises with every entry of the model into the round.
        deadline: the first second in which it no longer counts.
    """

    round_id: RoundId
    config: bytes
    model: bytes
    at_risk: Wei
    commitment: bytes
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """An allowance as its owner signs it (EIP-2612), in the message's order of fields.

    Attributes:
        owner: whose tokens.
        spender: who may move them.
        amount: the new allowance.
        nonce: how many permits of the owner were used before.
        deadline: the last second in which it counts.
    """

    owner: str
    spender: str
    amount: Wei
    nonce: int
    deadline: int


def enter_digest(domain: TournamentDomain, message: Enter) -> bytes:
    """Return what a model's owner signs to enter it through a relayer.

    Raises:
        InputError: if a field does not fit its type.

    Source: docs/protocol.md, "Encodings".
    """
    return _digest(domain.separator(), _struct(_ENTER, *astuple(message)))


def permit_digest(domain: TokenDomain, message: Permit) -> bytes:
    """Return what a holder signs to allow a spender.

    Raises:
        InputError: if a field does not fit its type.

    Source: docs/protocol.md, "Encodings".
    """
    return _digest(domain.separator(), _struct(_PERMIT, *astuple(message)))


def _digest(separator: bytes, message: bytes) -> bytes:
    return keccak(b"\x19\x01" + separator + message)


def _struct(kind: str, *values: object) -> bytes:
    """Return EIP-712's hash of a struct whose strings are hashed already."""
    fields = kind.partition("(")[2].removesuffix(")").split(",")
    types = [field.split(" ")[0].replace("string", "bytes32") for field in fields]
    return abi.digest(["bytes32", *types], [keccak(kind.encode()), *values])
