"""The table: one row a model, what a settlement's Merkle root commits to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tasks.core.money.units import RoundId
from tasks.core.protocol import merkle
from tasks.core.protocol.documents.fields import Document, Fields, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Document):
    """A model's return and profit share in one round, per token at risk, in nano."""

    model: bytes
    return_nano: int
    profit_nano: int

    def leaf(self, round_id: RoundId) -> bytes:
        """Return the row's leaf in the round's Merkle tree."""
        return merkle.leaf(round_id, self.model, self.return_nano, self.profit_nano)

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a row from the table's fields."""
        return cls(
            model=fields.word("model"),
            return_nano=fields.signed("return_nano"),
            profit_nano=fields.signed("profit_nano"),
        )

    def to_document(self) -> Json:
        """Return the row as the table has it."""
        return {
            "model": self.model.hex(),
            "profit_nano": self.profit_nano,
            "return_nano": self.return_nano,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Document):
    """A round's rows, ascending by model."""

    round_id: RoundId
    rows: Sequence[Row]

    def root(self) -> bytes:
        """Return the Merkle root over the rows' leaves."""
        return self.tree().root

    def tree(self) -> merkle.Tree:
        """Return the Merkle tree over the rows' leaves, for proofs.

        Raises:
            InputError: if there is no row, or the rows are not ascending by model.
        """
        merkle.check_order([row.model for row in self.rows])
        return merkle.Tree([row.leaf(self.round_id) for row in self.rows])

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a table from the fields of a document."""
        return cls(round_id=fields.round_id("round"), rows=fields.many("rows", Row.read))

    def to_document(self) -> Json:
        """Return the published table, whose digest stands in the proposal."""
        return {"round": self.round_id, "rows": [row.to_document() for row in self.rows]}
