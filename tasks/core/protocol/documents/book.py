"""The book: what a round closed with, as the document whose digest goes on the chain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol.documents import fields as kinds
from tasks.core.protocol.documents.fields import Document, DocumentError, Fields, Json

ACCEPTED, REJECTED = "accepted", "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRow(Document):
    """A model's last entry, and what intake made of it.

    Attributes:
        digest: of the submission's content; None if it was rejected, like `salt`.
        reason: why it was rejected; None if it was accepted.
    """

    model: bytes
    owner: str
    name: str
    at_risk: Wei
    commitment: bytes
    nonce: int
    digest: bytes | None
    salt: bytes | None
    reason: str | None

    @property
    def accepted(self) -> bool:
        """Say whether the submission is a row of the round's matrix."""
        return self.reason is None

    @property
    def status(self) -> str:
        """Return what became of the entry in a word."""
        return ACCEPTED if self.accepted else REJECTED

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a row from the book's fields."""
        row = cls(
            model=fields.word("model"),
            owner=fields.text("owner"),
            name=fields.text("name"),
            at_risk=fields.wei("at_risk"),
            commitment=fields.word("commitment"),
            nonce=fields.whole("nonce"),
            digest=fields.maybe("digest", fields.word),
            salt=fields.maybe("salt", fields.word),
            reason=fields.maybe("reason", fields.text),
        )
        if fields.chosen("status", (ACCEPTED, REJECTED)) != row.status:
            raise DocumentError("an accepted entry has no reason, a rejected one has", "status")
        if {row.digest is None, row.salt is None} != {not row.accepted}:
            raise DocumentError("an accepted entry has digest and salt, a rejected one none")
        return row

    def to_document(self) -> Json:
        """Return the row as the book has it."""
        return {
            "at_risk": str(self.at_risk),
            "commitment": self.commitment.hex(),
            "digest": None if self.digest is None else self.digest.hex(),
            "model": self.model.hex(),
            "name": self.name,
            "nonce": self.nonce,
            "owner": self.owner,
            "reason": self.reason,
            "salt": None if self.salt is None else self.salt.hex(),
            "status": self.status,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents(Document):
    """What the accepted submissions made: digests, and who copied whom.

    Attributes:
        n_rows: accepted submissions, the matrix's rows.
        duplicates: by copy, the earlier model that it equals.
    """

    predictions_sha256: str
    n_rows: int
    n_ids: int
    meta_model_digest: bytes
    benchmark_digest: bytes
    duplicates: Mapping[bytes, bytes]

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read the contents from the book's fields."""
        named = fields.named("duplicates", kinds.word)
        return cls(
            predictions_sha256=fields.sha256("predictions_sha256"),
            n_rows=fields.whole("n_rows"),
            n_ids=fields.whole("n_ids"),
            meta_model_digest=fields.word("meta_model_digest"),
            benchmark_digest=fields.word("benchmark_digest"),
            duplicates={kinds.word(copy, "duplicates"): of for copy, of in named.items()},
        )

    def to_document(self) -> Json:
        """Return the contents as the book has them."""
        return {
            "benchmark_digest": self.benchmark_digest.hex(),
            "duplicates": {copy.hex(): first.hex() for copy, first in self.duplicates.items()},
            "meta_model_digest": self.meta_model_digest.hex(),
            "n_ids": self.n_ids,
            "n_rows": self.n_rows,
            "predictions_sha256": self.predictions_sha256,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Book(Document):
    """A round's book.

    Attributes:
        rows: every entrant, ascending by model; the accepted ones, in this order, are the rows
            of the matrix.
        contents: None where nothing was accepted.

    Source: docs/protocol.md, "Book".
    """

    round_id: RoundId
    ids_hash: bytes
    rows: tuple[BookRow, ...]
    contents: Contents | None

    @property
    def accepted(self) -> list[BookRow]:
        """Return the rows of the matrix, in its order."""
        return [row for row in self.rows if row.accepted]

    @property
    def duplicates(self) -> Mapping[bytes, bytes]:
        """Return by copy the earlier model that it equals."""
        return {} if self.contents is None else self.contents.duplicates

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a book from its fields."""
        return cls(
            round_id=fields.round_id("round"),
            ids_hash=fields.word("ids_hash"),
            rows=fields.many("entrants", BookRow.read),
            contents=fields.maybe("contents", fields.one, Contents.read),
        )

    def to_document(self) -> Json:
        """Return the book as it is published."""
        return {
            "contents": None if self.contents is None else self.contents.to_document(),
            "entrants": [row.to_document() for row in self.rows],
            "ids_hash": self.ids_hash.hex(),
            "round": self.round_id,
        }
