"""What anybody can read of a round, and what follows from it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import matrices, tables
from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake
from tasks.core.checks import NotOpenError
from tasks.core.errors import LakeError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import openings, places, scores
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.openings import Opening
from tasks.core.scoring import meta_model, metrics, registry


@dataclass(kw_only=True)
class RoundView:
    """A round as lake and chain show it; what is read is kept, damaged files raise.

    Attributes:
        finals: by round, when it became final.
        given: the round's matrix as its operator handed it to an auditor; None for whoever has
            what is published alone.
    """

    lake: Lake
    chain: Chain
    round_id: RoundId
    finals: Mapping[RoundId, int]
    given: Path | None = None

    @cached_property
    def facts(self) -> Any:
        """Return the contract's facts of the round."""
        return self.chain.tournament.facts(self.round_id)

    @cached_property
    def proposal(self) -> Any:
        """Return the event of the live or final proposal, or None without one."""
        return self.chain.tournament.proposal(self.round_id)

    @cached_property
    def opened(self) -> dict[str, Any]:
        """Return the published opening."""
        return self.lake.document(f"rounds/{self.round_id}/open")

    @cached_property
    def book(self) -> dict[str, Any]:
        """Return the published book."""
        return self.lake.document(f"rounds/{self.round_id}/book")

    @property
    def contents(self) -> dict[str, Any]:
        """Return the book's digests; a book without an accepted model has none."""
        contents: dict[str, Any] = self.book["contents"]
        return contents

    @cached_property
    def results(self) -> dict[str, Any]:
        """Return the published results."""
        return self.lake.document(f"rounds/{self.round_id}/results")

    @cached_property
    def live_entry(self) -> dict[str, Any]:
        """Return the live era's entry in the snapshot that the modellers saw."""
        entry: dict[str, Any] = self.lake.document(self.opened["live"])["eras"][-1]
        return entry

    @cached_property
    def columns(self) -> Any:
        """Return ids, targets, benchmark and meta-model; its digest is checked by `alignment`."""
        ref = Ref.from_document(self.results["columns"])
        return tables.read_table(self.lake.path(ref).read_bytes())

    @cached_property
    def rule(self) -> Opening:
        """Return the opening rule, whose digest `terms` checks."""
        return Opening.parse(self.opened["scoring"]["opening"])

    @property
    def later(self) -> list[int]:
        """Return when the rounds after this one became final."""
        return openings.later(self.finals, self.round_id)

    @cached_property
    def published(self) -> Ref | None:
        """Return the matrix that the results name, or that was published later; None without."""
        late = self.lake.find(places.disclosure(self.round_id))
        entry = (self.results if late is None else late)["predictions"]
        return None if entry is None else Ref.from_document(entry)

    @cached_property
    def matrix_path(self) -> Path:
        """Return where the predictions lie: those handed over, else those published.

        Raises:
            NotOpenError: if there are none and the opening rule has it so.
            LakeError: if they should be there.
        """
        if self.given is not None:
            return self.given
        if self.published is not None:
            return self.lake.path(self.published)
        if self.rule.is_public:
            raise LakeError("the results name no predictions, although the rule is `public`")
        raise NotOpenError(f"needs the predictions ({self.rule.waits(self.later)})")

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """Return the predictions as they lie in the file; `predictions` checks every row."""
        return matrices.open_matrix(self.matrix_path)

    @cached_property
    def accepted(self) -> list[dict[str, Any]]:
        """Return the book's accepted rows, in the matrix's order."""
        return [row for row in self.book["entrants"] if row["status"] == "accepted"]

    @property
    def ids_hash(self) -> bytes:
        """Return the published digest of the live ids."""
        return bytes.fromhex(self.opened["ids_hash"])

    def published_targets(self) -> Any:
        """Return the era's targets as the last snapshot has them, in id order, or None."""
        manifest = self.lake.find(places.manifest(places.LAST))
        eras = [] if manifest is None else manifest["eras"]
        found = [entry["targets"] for entry in eras if entry["era"] == f"{self.round_id:04d}"]
        return tables.read_table(self.lake.read(Ref.from_document(found[0]))) if found else None

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one of the published columns, shape (n_ids,)."""
        values: NDArray[np.float64] = self.columns[name].to_numpy()
        return values

    def blend(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Blend the accepted predictions again, shape (n_ids,)."""
        partials = [
            meta_model.partial(self.matrix[first:last], weights[first:last])
            for first, last in metrics.batch_edges(weights.size)
        ]
        return meta_model.finish(meta_model.combine(partials))

    def stake_weights(self) -> NDArray[np.float64]:
        """Return the accepted models' shares of their stakes, shape (n_models,)."""
        return meta_model.stake_weights([Wei(int(row["at_risk"])) for row in self.accepted])

    def scores_again(self) -> Sequence[Sequence[int]]:
        """Score the accepted predictions again, columns as METRICS."""
        if not self.accepted:
            return []
        references = {name: self.column(name) for name in registry.REFERENCES}
        target = self.column("target")
        batches = metrics.batch_edges(len(self.accepted))
        rows = [metrics.score_rows(self.matrix[i:j], target, references) for i, j in batches]
        again: list[list[int]] = np.concatenate(rows).tolist()
        return again

    def published_blends(self) -> dict[str, int | None]:
        """Score the published blends again, by name; empty where nothing blends."""
        if not self.accepted:
            return {}
        return self._corrs({name: self.column(name) for name in ("meta_model", "benchmark")})

    def equal_blend(self) -> dict[str, int | None]:
        """Blend the predictions equally and score that, by name; empty where nothing blends."""
        if not self.accepted:
            return {}
        weights = meta_model.equal_weights(len(self.accepted))
        return self._corrs({"equal_weight": self.blend(weights)})

    def _corrs(self, blends: Mapping[str, NDArray[np.float64]]) -> dict[str, int | None]:
        corrs = metrics.corr(np.stack([*blends.values()]), self.column("target")).tolist()
        return dict(zip(blends, map(scores.blend_nano, corrs), strict=True))
