"""A round's start, and the later publication of its predictions."""

from dataclasses import dataclass
from typing import Self

from tasks.core.money.units import RoundId
from tasks.core.protocol.documents.fields import Document, Fields, Json
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.terms import Terms
from tasks.core.rules import ScoringRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOpening(Document):
    """What a round was opened with.

    Attributes:
        era: the name of its live era.
        live: the name of the document that lists the live data.
        n_ids: live ids.
        ids_hash: their digest.
        scoring: what the round pays for; `terms.scoring` is its digest.
    """

    round_id: RoundId
    era: str
    live: str
    n_ids: int
    ids_hash: bytes
    scoring: ScoringRule
    terms: Terms

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read it from the fields of a document."""
        return cls(
            round_id=fields.round_id("round"),
            era=fields.era("era"),
            live=fields.text("live"),
            n_ids=fields.whole("n_ids"),
            ids_hash=fields.word("ids_hash"),
            scoring=fields.one("scoring", ScoringRule.read),
            terms=fields.one("terms", Terms.read),
        )

    def to_document(self) -> Json:
        """Return it as it is published."""
        return {
            "era": self.era,
            "ids_hash": self.ids_hash.hex(),
            "live": self.live,
            "n_ids": self.n_ids,
            "round": self.round_id,
            "scoring": self.scoring.to_document(),
            "terms": self.terms.to_document(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure(Document):
    """The matrix of a round, published after its results; None if nothing was accepted."""

    round_id: RoundId
    predictions: Ref | None

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read it from the fields of a document."""
        return cls(
            round_id=fields.round_id("round"),
            predictions=fields.maybe("predictions", fields.one, Ref.read),
        )

    def to_document(self) -> Json:
        """Return it as it is published."""
        matrix = None if self.predictions is None else self.predictions.to_document()
        return {"predictions": matrix, "round": self.round_id}
