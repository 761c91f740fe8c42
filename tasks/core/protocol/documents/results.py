"""What follows from a round's book: scores, results, and a person's approval of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tasks.core.money.units import RoundId
from tasks.core.protocol.documents import fields as kinds
from tasks.core.protocol.documents.fields import Document, DocumentError, Fields, Json
from tasks.core.protocol.documents.ref import Ref

_NANO = "_nano"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow(Document):
    """A model's scores in nano, by name.

    A round has those that were official when it was scored, of whatever name.
    """

    model: bytes
    nano: Mapping[str, int]

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a row from the fields of a document."""
        model, nano = fields.word("model"), {}
        for key, value in fields.rest().items():
            if not key.endswith(_NANO):
                raise DocumentError(f"there is no field {kinds.shown(key)}")
            nano[key.removesuffix(_NANO)] = kinds.signed(value, key)
        return cls(model=model, nano=nano)

    def to_document(self) -> Json:
        """Return the row as it is published."""
        return {"model": self.model.hex()} | {
            f"{name}{_NANO}": score for name, score in self.nano.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores(Document):
    """A round's scores.

    Attributes:
        blends_corr_nano: CORR of the meta-model and of its rivals, by name, None for a constant
            one; empty for an empty book.
        rows: one an accepted model, in the book's order.
    """

    round_id: RoundId
    blends_corr_nano: Mapping[str, int | None]
    rows: tuple[ScoreRow, ...]

    @property
    def by_model(self) -> dict[bytes, ScoreRow]:
        """Return the rows by their models."""
        return {row.model: row for row in self.rows}

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read scores from the fields of a document."""
        return cls(
            round_id=fields.round_id("round"),
            blends_corr_nano=fields.named("blends_corr_nano", kinds.maybe_signed),
            rows=fields.many("rows", ScoreRow.read),
        )

    def to_document(self) -> Json:
        """Return the scores as they are published."""
        return {
            "blends_corr_nano": dict(self.blends_corr_nano),
            "round": self.round_id,
            "rows": [row.to_document() for row in self.rows],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DayScores(Document):
    """A round's provisional scores, by the return over `days` of its target's `of` days."""

    scores: Scores
    days: int
    of: int

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a day's scores from the fields of a document."""
        days, of = fields.whole("days"), fields.whole("of")
        return cls(scores=Scores.read(fields), days=days, of=of)

    def to_document(self) -> Json:
        """Return the day's scores as they are published."""
        return self.scores.to_document() | {"days": self.days, "of": self.of}


@dataclass(frozen=True, slots=True, kw_only=True)
class Results(Document):
    """What a round resolved to: the digests that a proposal rests on.

    Attributes:
        columns: a table of ids, target, benchmark and, unless the book is empty, meta-model.
        predictions: the matrix; None unless the round's rule publishes it with the results.
    """

    round_id: RoundId
    columns: Ref
    predictions: Ref | None
    root: bytes
    scores_sha256: str
    table_sha256: str
    targets_digest: bytes

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read results from the fields of a document."""
        return cls(
            round_id=fields.round_id("round"),
            columns=fields.one("columns", Ref.read),
            predictions=fields.maybe("predictions", fields.one, Ref.read),
            root=fields.word("root"),
            scores_sha256=fields.sha256("scores_sha256"),
            table_sha256=fields.sha256("table_sha256"),
            targets_digest=fields.word("targets_digest"),
        )

    def to_document(self) -> Json:
        """Return the results as they are published."""
        return {
            "columns": self.columns.to_document(),
            "predictions": None if self.predictions is None else self.predictions.to_document(),
            "root": self.root.hex(),
            "round": self.round_id,
            "scores_sha256": self.scores_sha256,
            "table_sha256": self.table_sha256,
            "targets_digest": self.targets_digest.hex(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Document):
    """A person's word that the table of this digest may be settled."""

    round_id: RoundId
    table_sha256: str

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read an approval from the fields of a document."""
        return cls(round_id=fields.round_id("round"), table_sha256=fields.sha256("table_sha256"))

    def to_document(self) -> Json:
        """Return the approval as it is published."""
        return {"round": self.round_id, "table_sha256": self.table_sha256}
