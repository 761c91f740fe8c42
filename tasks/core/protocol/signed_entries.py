"""Entries that their owners signed and anybody may hand in, and the documents they travel as."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from tasks.core.errors import InputError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import abi, identity
from tasks.core.protocol.typed_data import Enter, Signature

"""Most entries that the contract takes in one call."""

_MAX_NAME_BYTES = 32
_TYPES = (
    *("address", "string", "uint256", "bytes32"),
    *("uint64", "uint64", "uint8", "bytes32", "bytes32"),
)
_KINDS = {"round": int, "nonce": int, "deadline": int, "v": int}
_TEXTS = ("owner", "name", "at_risk", "commitment", "r", "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedEntry:
    """An entry with its owner's signature over `typed_data.Enter`.

    Attributes:
        round_id: the round that it was signed for.
        owner: the model's owner, who signed.
        name: the model's name.
        at_risk: the model's whole lock in the round after the entry.
        commitment: the entry's commitment.
        nonce: rises with every entry of the model into the round.
        deadline: the first second in which it no longer counts.
        signature: by the owner's key.
    """

    round_id: RoundId
    owner: str
    name: str
    at_risk: Wei
    commitment: bytes
    nonce: int
    deadline: int
    signature: Signature

    @property
    def model(self) -> bytes:
        """Return the id of the model that enters."""
        return identity.model_id(self.owner, self.name)

    def message(self, config: bytes) -> Enter:
        """Return what the owner signed, of a round with this config."""
        return Enter(
            round_id=self.round_id,
            config=config,
            model=self.model,
            at_risk=self.at_risk,
            commitment=self.commitment,
            nonce=self.nonce,
            deadline=self.deadline,
        )

    def to_abi(self) -> tuple[Any, ...]:
        """Return the fields as the contract takes them."""
        return (
            *(self.owner, self.name, self.at_risk, self.commitment, self.nonce, self.deadline),
            *(self.signature.v, self.signature.r, self.signature.s),
        )

    def check(self) -> None:
        """Refuse what no call could carry; what the contract skips is the contract's to say.

        Raises:
            InputError: if a field does not fit its type; the message says which model's entry.
        """
        try:
            length = len(self.name.encode())
            abi.digest(_TYPES, self.to_abi())
        except (InputError, UnicodeEncodeError) as error:
            raise InputError(f"entry of {self.name!r} of {self.owner!r}: {error}") from error
        if length > _MAX_NAME_BYTES:
            raise InputError(
                f"entry of {self.name!r} of {self.owner}: the name has {length} bytes, "
                f"more than {_MAX_NAME_BYTES}"
            )

    def to_document(self) -> dict[str, Any]:
        """Return the entry as it travels: bytes in hex, the amount as a decimal string."""
        document = asdict(self) | asdict(self.signature)
        document |= {name: document[name].hex() for name in ("commitment", "r", "s")}
        document |= {"at_risk": str(self.at_risk), "round": self.round_id}
        del document["signature"], document["round_id"]
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read an entry that somebody sent; `check` says whether it can be handed in.

        Raises:
            InputError: if a field is missing, unknown or of another kind.
        """
        kinds = _KINDS | dict.fromkeys(_TEXTS, str)
        if not isinstance(document, Mapping) or set(document) != set(kinds):
            raise InputError(f"not a signed entry: its fields are {sorted(kinds)}")
        for name, kind in kinds.items():
            if type(document[name]) is not kind:
                raise InputError(f"not a signed entry: {name} is {document[name]!r}")
        try:
            r, s = bytes.fromhex(document["r"]), bytes.fromhex(document["s"])
            return cls(
                round_id=RoundId(document["round"]),
                owner=document["owner"],
                name=document["name"],
                at_risk=Wei(int(document["at_risk"])),
                commitment=bytes.fromhex(document["commitment"]),
                nonce=document["nonce"],
                deadline=document["deadline"],
                signature=Signature(v=document["v"], r=r, s=s),
            )
        except ValueError as error:
            raise InputError(f"not a signed entry: {error}") from error
