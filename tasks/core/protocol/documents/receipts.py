"""What intake says of a delivered file: in public, to the operator, and when it came."""

from dataclasses import dataclass
from typing import Self

from tasks.core.money.units import RoundId
from tasks.core.protocol.documents import fields as kinds
from tasks.core.protocol.documents.fields import Document, DocumentError, Fields, Json, shown
from tasks.core.protocol.documents.ref import Ref

Arrival = tuple[bytes, bytes]
"""A model and the commitment that its file is named after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Document):
    """What became of an entry's file.

    Attributes:
        digest: of the content that the operator read; None if it was rejected.
        reason: why it was rejected; None if it was accepted.
    """

    round_id: RoundId
    model: bytes
    nonce: int
    digest: bytes | None
    reason: str | None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a receipt from the fields of a document."""
        return cls(
            round_id=fields.round_id("round"),
            model=fields.word("model"),
            nonce=fields.whole("nonce"),
            digest=fields.maybe("digest", fields.word),
            reason=fields.maybe("reason", fields.text),
        )

    def to_document(self) -> Json:
        """Return the receipt as it is published."""
        return {
            "digest": None if self.digest is None else self.digest.hex(),
            "model": self.model.hex(),
            "nonce": self.nonce,
            "reason": self.reason,
            "round": self.round_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReceipt(Document):
    """The operator's own part of a receipt: also the salt, and where the values lie.

    All but `reason` are None for a file that was rejected.
    """

    digest: bytes | None
    salt: bytes | None
    values: Ref | None
    reason: str | None

    @property
    def accepted(self) -> bool:
        """Say whether the file was accepted."""
        return self.reason is None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read it from the fields of a document."""
        receipt = cls(
            digest=fields.maybe("digest", fields.word),
            salt=fields.maybe("salt", fields.word),
            values=fields.maybe("values", fields.one, Ref.read),
            reason=fields.maybe("reason", fields.text),
        )
        kept = (receipt.digest, receipt.salt, receipt.values)
        if {each is None for each in kept} != {not receipt.accepted}:
            raise DocumentError("an accepted file has digest, salt and values, another one none")
        return receipt

    def to_document(self) -> Json:
        """Return it as it is kept."""
        return {
            "digest": None if self.digest is None else self.digest.hex(),
            "reason": self.reason,
            "salt": None if self.salt is None else self.salt.hex(),
            "values": None if self.values is None else self.values.to_document(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalNote(Document):
    """Files that lay in a round's inbox in time; after the last note none is added."""

    files: tuple[Arrival, ...]
    last: bool

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a note from the fields of a document."""
        return cls(files=fields.items("files", _arrival), last=fields.flag("last"))

    def to_document(self) -> Json:
        """Return the note as it is kept."""
        pairs = [[model.hex(), commitment.hex()] for model, commitment in self.files]
        return {"files": pairs, "last": self.last}


def _arrival(value: object, place: str) -> Arrival:
    if not isinstance(value, list) or len(value) != 2:
        raise DocumentError(f"{shown(value)} is no pair of model and commitment", place)
    model, commitment = value
    return kinds.word(model, place), kinds.word(commitment, place)
