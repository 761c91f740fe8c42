"""The checks of one round: terms, book, predictions, meta-model, targets, scores, table, root."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import tables
from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake, Ref
from tasks.core.errors import SubmissionError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import book as books
from tasks.core.protocol import canonical, commitments, scores, submissions
from tasks.core.protocol import terms as protocol_terms
from tasks.core.protocol.table import Table
from tasks.core.protocol.terms import Terms
from tasks.core.rules import ScoringRule
from tasks.core.scoring import meta_model, metrics
from tasks.stages.verification import checks
from tasks.stages.verification.checks import Check, require, require_none


def verify(lake: Lake, chain: Chain, round_id: RoundId) -> list[Check]:
    """Run every check that a round's state allows, one after the other."""
    view = RoundView(lake=lake, chain=chain, round_id=round_id)
    comparisons = [("terms", view.terms), ("live data", view.live_data)]
    if view.facts.booked_at:
        comparisons += [
            ("book", view.book_digest),
            ("entrants", view.entrants),
            ("commitments", view.commitments),
        ]
    if view.facts.proposal.proposed_at:
        comparisons += [
            ("alignment", view.alignment),
            ("predictions", view.predictions),
            ("meta-model", view.meta_model),
            ("benchmark", view.benchmark),
            ("targets", view.targets),
            ("scores", view.scores),
            ("table", view.table),
            ("root", view.root),
            ("settlement", view.settlement),
        ]
    return [checks.run(round_id, name, compare) for name, compare in comparisons]


@dataclass(kw_only=True)
class RoundView:
    """What anybody can read of a round, and the comparisons over it."""

    lake: Lake
    chain: Chain
    round_id: RoundId

    @cached_property
    def facts(self) -> Any:
        """Return the contract's facts of the round."""
        return self.chain.tournament.facts(self.round_id)

    @cached_property
    def opened(self) -> dict[str, Any]:
        """Return the published opening."""
        return self.lake.document(f"rounds/{self.round_id}/open")

    @cached_property
    def book(self) -> dict[str, Any]:
        """Return the published book."""
        return self.lake.document(f"rounds/{self.round_id}/book")

    @cached_property
    def results(self) -> dict[str, Any]:
        """Return the published results."""
        return self.lake.document(f"rounds/{self.round_id}/results")

    @cached_property
    def columns(self) -> Any:
        """Return ids, targets, benchmark and meta-model; its digest is checked by `alignment`."""
        ref = Ref.from_json(self.results["columns"])
        return tables.read_table(self.lake.path(ref).read_bytes())

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """Return the predictions as they lie in the file; `predictions` checks every row."""
        ref = Ref.from_json(self.results["predictions"])
        content = io.BytesIO(self.lake.path(ref).read_bytes())
        matrix: NDArray[np.float64] = np.load(content, allow_pickle=False)
        return matrix

    @cached_property
    def accepted(self) -> list[dict[str, Any]]:
        """Return the book's accepted rows, in the matrix's order."""
        return [row for row in self.book["entrants"] if row["status"] == "accepted"]

    @property
    def ids_hash(self) -> bytes:
        """Return the published digest of the live ids."""
        return bytes.fromhex(self.opened["ids_hash"])

    def terms(self) -> str:
        """Compare the published terms and scoring rule with the chain's config."""
        terms = Terms.from_document(self.opened["terms"])
        config = protocol_terms.config_digest(
            self.round_id, self.facts.operator, self.facts.parameters, terms
        )
        require(config == self.facts.config, "the published terms give another config digest")
        scoring = canonical.sha256_hex(canonical.canonical_json(self.opened["scoring"]))
        require(scoring == terms.scoring.hex(), "the scoring rule has another digest")
        return f"config {config.hex()[:16]}"

    def live_data(self) -> str:
        """Compare the live features with the digest in the terms, and their ids."""
        manifest = self.lake.document(self.opened["live"])
        live = next(e for e in manifest["eras"] if e["era"] == self.opened["era"])
        ref = Ref.from_json(live["features"])
        require(ref.sha256 == self.facts.terms.data.hex(), "another digest than in the terms")
        ids = tables.read_table(self.lake.read(ref))["id"].to_pylist()
        require(commitments.ids_hash(ids) == self.ids_hash, "the ids have another digest")
        return f"{len(ids)} ids"

    def book_digest(self) -> str:
        """Compare the book with the digest on the chain."""
        content = self.lake.document_bytes(f"rounds/{self.round_id}/book") or b""
        digest = canonical.sha256_hex(content)
        require(digest == self.facts.book.hex(), "the book has another digest than on the chain")
        return f"digest {digest[:16]}"

    def entrants(self) -> str:
        """Compare the book's entrants with the chain's log of entries."""
        logged = books.last_entries(self.chain.tournament.entered(self.round_id))
        stated = self.book["entrants"]
        require(
            [entry.model.hex() for entry in logged] == [row["model"] for row in stated],
            "the book's models are not those that entered",
        )
        wrong = []
        for entry, row in zip(logged, stated, strict=True):
            on_chain = (entry.owner, entry.name, str(entry.at_risk), entry.commitment.hex())
            in_book = (row["owner"], row["name"], row["at_risk"], row["commitment"])
            if on_chain != in_book or entry.nonce != row["nonce"]:
                wrong.append(f"{entry.name}: the book differs from the log")
        require_none(wrong)
        return f"{len(stated)} models"

    def commitments(self) -> str:
        """Recompute every accepted submission's commitment from its digest and salt."""
        wrong = []
        for row in self.accepted:
            committed = commitments.commitment(
                self.chain.deployment.salt,
                self.round_id,
                bytes.fromhex(row["model"]),
                row["owner"],
                bytes.fromhex(row["salt"]),
                bytes.fromhex(row["digest"]),
            )
            if committed.hex() != row["commitment"]:
                wrong.append(f"{row['name']}: digest and salt give another commitment")
        require_none(wrong)
        return f"{len(self.accepted)} opened"

    def alignment(self) -> str:
        """Check that ids are those of the round, in their order, and the columns' digest."""
        ids = self.columns["id"].to_pylist()
        require(ids == sorted(set(ids)), "the ids are not sorted and unique")
        require(commitments.ids_hash(ids) == self.ids_hash, "the ids are not the live ones")
        self.lake.read(Ref.from_json(self.results["columns"]))
        return f"{len(ids)} ids in order"

    def predictions(self) -> str:
        """Validate every row and compare it with the digest that was committed to."""
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
                submissions.check_values(values)
            except SubmissionError as error:
                wrong.append(f"predictions of {row['name']} were accepted but {error}")
        require_none(wrong)
        sha256 = Ref.from_json(self.results["predictions"]).sha256
        stated = self.book["contents"]["predictions_sha256"] if self.accepted else sha256
        require(sha256 == stated, "the matrix is not the one in the book")
        self.lake.read(Ref.from_json(self.results["predictions"]))
        return f"{len(self.accepted)} rows"

    def meta_model(self) -> str:
        """Blend the predictions again by the stakes on the chain."""
        blend = self._blend([Wei(int(row["at_risk"])) for row in self.accepted])
        digest = commitments.content_digest(self.ids_hash, blend).hex()
        require(digest == self.book["contents"]["meta_model_digest"], "blends to another digest")
        published = commitments.content_digest(self.ids_hash, self._column("meta_model")).hex()
        require(published == digest, "the published column differs from the book's digest")
        return f"digest {digest[:16]}"

    def benchmark(self) -> str:
        """Compare the benchmark with the digest in the book."""
        digest = commitments.content_digest(self.ids_hash, self._column("benchmark")).hex()
        stated = self.book["contents"]["benchmark_digest"]
        require(digest == stated, "the benchmark column differs from the book's digest")
        return f"digest {digest[:16]}"

    def targets(self) -> str:
        """Compare the targets with the digest in the proposal."""
        digest = commitments.content_digest(self.ids_hash, self._column("target"))
        require(digest == self.facts.proposal.targets, "the targets are not those proposed")
        return f"digest {digest.hex()[:16]}"

    def scores(self) -> str:
        """Score the predictions again; published scores may differ by one nano."""
        stated = self.lake.document(f"rounds/{self.round_id}/scores")
        require(len(stated["rows"]) == len(self.accepted), "not one row an accepted model")
        again = self._scores()
        wrong, same, total = [], 0, 0
        for row, entrant, values in zip(stated["rows"], self.accepted, again, strict=True):
            require(row["model"] == entrant["model"], f"{entrant['name']}: another order")
            for name, value in zip(scores.METRICS, values, strict=True):
                difference = abs(row[f"{name}_nano"] - value)
                same, total = same + (difference == 0), total + 1
                if difference > 1:
                    published = row[f"{name}_nano"]
                    wrong.append(f"{name} of {entrant['name']} is {value}, not {published}")
        require_none(wrong)
        return f"{same} of {total} identical, the others within one nano"

    def table(self) -> str:
        """Derive the table from the published scores, in integers."""
        stated = self.lake.document(f"rounds/{self.round_id}/table")
        scored = self.lake.document(f"rounds/{self.round_id}/scores")
        rule = ScoringRule.from_document(self.opened["scoring"])
        clip = self.facts.terms.clip_nano
        derived = scores.table(self.round_id, self.book, scored, rule, clip).document()
        names = {row["model"]: row["name"] for row in self.book["entrants"]}
        wrong = [
            f"row of {names[want['model']]} is {want}, not {have}"
            for want, have in zip(derived["rows"], stated["rows"], strict=True)
            if want != have
        ]
        require_none(wrong)
        content = self.lake.document_bytes(f"rounds/{self.round_id}/table") or b""
        digest = canonical.sha256_hex(content)
        require(digest == self.facts.proposal.table.hex(), "the table is not the one proposed")
        return f"{len(derived['rows'])} rows"

    def root(self) -> str:
        """Compare the table's Merkle root with the chain's."""
        stated = self.lake.document(f"rounds/{self.round_id}/table")
        root = Table.from_document(stated).root()
        require(root == self.facts.proposal.root, "the table has another root than the chain")
        return f"root {root.hex()[:16]}"

    def settlement(self) -> str:
        """Compare what the chain settled with the table's rows."""
        table = Table.from_document(self.lake.document(f"rounds/{self.round_id}/table"))
        rows = {row.model: (row.return_nano, row.profit_nano) for row in table.rows}
        settled = self.chain.tournament.settled(self.round_id)
        wrong = [
            f"model {event.model.hex()[:16]} was settled by another row"
            for event in settled
            if rows.get(event.model) != (event.return_nano, event.profit_nano)
        ]
        require_none(wrong)
        return f"{len(settled)} of {len(rows)} leaves settled"

    def _column(self, name: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self.columns[name].to_numpy()
        return values

    def _blend(self, stakes: Sequence[Wei]) -> NDArray[np.float64]:
        weights = meta_model.stake_weights(stakes)
        partials = [
            meta_model.partial(self.matrix[first:last], weights[first:last])
            for first, last in metrics.batch_edges(len(stakes))
        ]
        return meta_model.finish(meta_model.combine(partials))

    def _scores(self) -> list[list[int]]:
        if not self.accepted:
            return []
        against = [self._column(name) for name in ("target", "meta_model", "benchmark")]
        batches = metrics.batch_edges(len(self.accepted))
        rows = [metrics.score_rows(self.matrix[i:j], *against) for i, j in batches]
        again: list[list[int]] = np.concatenate(rows).tolist()
        return again
