"""The table: one row a model, what a settlement's Merkle root commits to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from tasks.core.money.units import RoundId
from tasks.core.protocol import merkle


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A model's return and profit share in one round, per token at risk, in nano."""

    model: bytes
    return_nano: int
    profit_nano: int

    def leaf(self, round_id: RoundId) -> bytes:
        """Return the row's leaf in the round's Merkle tree."""
        return merkle.leaf(round_id, self.model, self.return_nano, self.profit_nano)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
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

    def document(self) -> dict[str, Any]:
        """Return the published table, whose digest stands in the proposal."""
        return {
            "round": self.round_id,
            "rows": [
                {
                    "model": row.model.hex(),
                    "profit_nano": row.profit_nano,
                    "return_nano": row.return_nano,
                }
                for row in self.rows
            ],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a published table."""
        rows = [
            Row(
                model=bytes.fromhex(row["model"]),
                return_nano=int(row["return_nano"]),
                profit_nano=int(row["profit_nano"]),
            )
            for row in document["rows"]
        ]
        return cls(round_id=RoundId(document["round"]), rows=rows)
