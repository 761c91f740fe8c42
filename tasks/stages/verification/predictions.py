"""The checks that need every model's predictions: published, or handed to an auditor."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from tasks.adapters import matrices
from tasks.core.checks import require, require_none
from tasks.core.errors import SubmissionError
from tasks.core.protocol import alignment, commitments
from tasks.core.protocol import book as books
from tasks.core.scoring import duplicates, registry
from tasks.stages.verification.entries import EntryChecks


class PredictionChecks(EntryChecks):
    """The comparisons over the matrix; each raises NotOpenError where there is none to have."""

    @cached_property
    def scored(self) -> dict[str, Any]:
        """Return the published scores: one row an accepted model, in the book's order."""
        stated = self.lake.document(f"rounds/{self.round_id}/scores")
        models = [row["model"] for row in stated["rows"]]
        accepted = [row["model"] for row in self.accepted]
        require(models == accepted, "not one row an accepted model, in the book's order")
        return stated

    def predictions(self) -> str:
        """Validate every row and compare it with the digest that was committed to."""
        if not self.accepted:
            require(self.published is None, "a matrix but no accepted model")
            return "none accepted"
        require(
            self.matrix.shape == (len(self.accepted), self.columns.num_rows),
            f"the matrix is {self.matrix.shape}, "
            f"the book has {len(self.accepted)} models x {self.columns.num_rows} ids",
        )
        wrong = []
        for row, values in zip(self.accepted, self.matrix, strict=True):
            if commitments.content_digest(self.ids_hash, values).hex() != row["digest"]:
                wrong.append(f"predictions of {row['name']} differ from their commitment")
                continue
            try:
                alignment.check_values(values)
            except SubmissionError as error:
                wrong.append(f"predictions of {row['name']} were accepted but {error}")
        require_none(wrong)
        digest, stated = matrices.sha256(self.matrix_path), self.contents["predictions_sha256"]
        require(digest == stated, "the matrix is not the one in the book")
        return f"{len(self.accepted)} rows"

    def duplicates(self) -> str:
        """Find the duplicates again, each with the earlier commitment."""
        if not self.accepted:
            return "none accepted"
        places = {
            entry.model.hex(): (entry.block, entry.log_index)
            for entry in books.last_entries(self.chain.tournament.entered(self.round_id))
        }
        models = [row["model"] for row in self.accepted]
        found = duplicates.earlier_models(
            self.matrix, [row["digest"] for row in self.accepted], [places[m] for m in models]
        )
        named = {models[copy]: models[first] for copy, first in found.items()}
        stated = self.contents["duplicates"]
        require(named == stated, f"duplicates are {named}, the book says {stated}")
        return f"{len(named)} found"

    def blend_of_stakes(self) -> str:
        """Blend the predictions again by the stakes on the chain."""
        if not self.accepted:
            return "none accepted"
        blend = self.blend(self.stake_weights())
        digest = commitments.content_digest(self.ids_hash, blend).hex()
        require(digest == self.contents["meta_model_digest"], "blends to another digest")
        return f"digest {digest[:16]}"

    def scores(self) -> str:
        """Score the predictions again; published scores may differ by one nano."""
        stated, again = self.scored["rows"], self.scores_again()
        wrong, same, total = [], 0, 0
        for row, entrant, values in zip(stated, self.accepted, again, strict=True):
            for name, value in zip(registry.names(), values, strict=True):
                difference = abs(row[f"{name}_nano"] - value)
                same, total = same + (difference == 0), total + 1
                if difference > 1:
                    published = row[f"{name}_nano"]
                    wrong.append(f"{name} of {entrant['name']} is {value}, not {published}")
        require_none(wrong)
        return f"{same} of {total} identical, the others within one nano"

    def equal_weight(self) -> str:
        """Blend the predictions equally and score that again."""
        again = self.equal_blend()
        require_none(blend_faults(self.scored["blends_corr_nano"], again))
        return f"{len(again)} within one nano"


def blend_faults(stated: Mapping[str, int | None], again: Mapping[str, int | None]) -> list[str]:
    """Name the blends whose published CORR is off by more than one nano."""
    return [
        f"corr of the {name} blend is {value}, not {stated[name]}"
        for name, value in again.items()
        if not _agree(stated[name], value)
    ]


def _agree(stated: int | None, value: int | None) -> bool:
    if stated is None or value is None:
        return stated is value
    return abs(stated - value) <= 1
