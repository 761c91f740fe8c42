"""The checks of one round: terms, book, predictions, meta-model, targets, scores, table, root."""

from collections.abc import Callable
from functools import partial

import numpy as np

from tasks.adapters import tables
from tasks.core import checks
from tasks.core.checks import Check, Mismatch, require, require_none
from tasks.core.protocol import canonical, commitments, dates, openings, places, scores
from tasks.core.protocol.documents.book import Book
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.documents.results import Scores
from tasks.core.protocol.ledger import Ledger
from tasks.core.protocol.table import Table
from tasks.core.rules import ScoringRule
from tasks.core.scoring import registry
from tasks.stages.verification.predictions import PredictionChecks, blend_faults


def verify(view: "RoundChecks", replayed: Ledger) -> list[Check]:
    """Run every check that a round's state allows, one after the other.

    Args:
        view: of a round that was opened.
        replayed: the ledger, replayed from the chain's whole log.
    """
    comparisons: list[tuple[str, Callable[[], str]]] = [
        ("terms", view.terms),
        ("live data", view.live_data),
        ("factor and amounts", partial(view.amounts, replayed)),
    ]
    if view.facts.booked:
        comparisons += [
            ("book", view.book_digest),
            ("entrants", view.entrants),
            ("commitments", view.commitments),
        ]
    if view.proposal is not None:
        comparisons += [
            ("alignment", view.alignment),
            ("opening", view.opening),
            ("predictions", view.predictions),
            ("duplicates", view.duplicates),
            ("meta-model", view.meta_model),
            ("blend", view.blend_of_stakes),
            ("benchmark", view.benchmark),
            ("targets", view.targets),
            ("scores", view.scores),
            ("blends", view.blends),
            ("equal-weight blend", view.equal_weight),
            ("table", view.table),
            ("root", view.root),
            ("results", view.stated),
            ("settlement", view.settlement),
        ]
    return [checks.run(view.round_id, name, compare) for name, compare in comparisons]


class RoundChecks(PredictionChecks):
    """The comparisons over a round; each returns what it compared or raises a mismatch."""

    def alignment(self) -> str:
        """Check that ids are those of the round, in their order, and the columns' digest."""
        ids = self.columns["id"].to_pylist()
        require(ids == sorted(set(ids)), "the ids are not sorted and unique")
        require(commitments.ids_hash(ids) == self.ids_hash, "the ids are not the live ones")
        self.lake.read(Ref.from_document(self.results["columns"]))
        return f"{len(ids)} ids in order"

    def opening(self) -> str:
        """Compare what is published of the predictions with the opening rule."""
        stated, late = self.results["predictions"], self.lake.has(places.disclosure(self.round_id))
        since = self.rule.due_at(self.later)
        text = f"the opening rule is `{self.rule.text}`"
        require(not late or since is not None, f"{text}, but a matrix was published")
        if not self.rule.is_public:
            require(stated is None, f"{text}, but the results name the predictions")
        overdue = since is not None and self.chain.now() >= since + openings.GRACE_S
        if overdue and self.accepted and not late:
            raise Mismatch(f"{text}: its matrix is missing since {dates.utc(since or 0)}")
        return f"{self.rule.text}, {'published' if self.published else 'not published'}"

    def meta_model(self) -> str:
        """Compare the published meta-model with the book's digest."""
        if not self.accepted:
            require(self.book["contents"] is None, "a meta-model but no accepted model")
            return "none accepted"
        digest = commitments.content_digest(self.ids_hash, self.column("meta_model")).hex()
        stated = self.contents["meta_model_digest"]
        require(digest == stated, "the published column differs from the book's digest")
        return f"digest {digest[:16]}"

    def benchmark(self) -> str:
        """Compare the benchmark with the book's digest, and with what was there at the opening."""
        if not self.accepted:
            return "none accepted"
        live = tables.read_table(self.lake.read(Ref.from_document(self.live_entry["benchmarks"])))
        at_open = commitments.content_digest(self.ids_hash, live["benchmark"].to_numpy()).hex()
        require(
            at_open == self.contents["benchmark_digest"],
            "the book's benchmark is not the one that was published when the round opened",
        )
        digest = commitments.content_digest(self.ids_hash, self.column("benchmark")).hex()
        stated = self.contents["benchmark_digest"]
        require(digest == stated, "the benchmark column differs from the book's digest")
        return f"digest {digest[:16]}"

    def targets(self) -> str:
        """Compare the targets with the digest in the proposal."""
        digest = commitments.content_digest(self.ids_hash, self.column("target"))
        require(digest == self.proposal.targets, "the targets are not those proposed")
        later = self.published_targets()
        if later is not None:
            rule = ScoringRule.from_document(self.opened["scoring"])
            known = later[f"target_{rule.target}"].to_numpy().astype(np.float64)
            same = (known == self.column("target")) | (np.isnan(known))
            pairs = zip(later["id"].to_pylist(), same, strict=True)
            other = [name for name, holds in pairs if not holds]
            require_none([f"target of {name} is another in the data set" for name in other])
        return f"digest {digest.hex()[:16]}"

    def blends(self) -> str:
        """Score the meta-model and the benchmark again, which need no model's predictions."""
        again = self.published_blends()
        stated = self.lake.document(f"rounds/{self.round_id}/scores")["blends_corr_nano"]
        wanted = [blend.name for blend in registry.BLENDS] if self.accepted else ()
        require(set(stated) == set(wanted), f"the blends are not {sorted(wanted)}")
        require_none(blend_faults(stated, again))
        return f"{len(again)} within one nano"

    def table(self) -> str:
        """Derive the table from the published scores, in integers."""
        stated = self.lake.document(f"rounds/{self.round_id}/table")
        scored = self.scored
        rule = ScoringRule.from_document(self.opened["scoring"])
        clip = self.facts.terms.clip_nano
        derived = scores.table(
            Book.from_document(self.book), Scores.from_document(scored), rule, clip
        ).to_document()
        names = {row["model"]: row["name"] for row in self.book["entrants"]}
        wrong = [
            f"row of {names[want['model']]} is {want}, not {have}"
            for want, have in zip(derived["rows"], stated["rows"], strict=True)
            if want != have
        ]
        require_none(wrong)
        content = self.lake.document_bytes(f"rounds/{self.round_id}/table") or b""
        digest = canonical.sha256_hex(content)
        require(digest == self.proposal.table.hex(), "the table is not the one proposed")
        return f"{len(derived['rows'])} rows"

    def root(self) -> str:
        """Compare the table's Merkle root with the chain's."""
        stated = self.lake.document(f"rounds/{self.round_id}/table")
        root = Table.from_document(stated).root()
        require(root == self.proposal.root, "the table has another root than the chain")
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

    def stated(self) -> str:
        """Compare the digests that the results state with the chain and the documents."""
        proposal = self.proposal
        published = self.lake.document_bytes(f"rounds/{self.round_id}/scores") or b""
        wanted = {
            "root": proposal.root.hex(),
            "scores_sha256": canonical.sha256_hex(published),
            "table_sha256": proposal.table.hex(),
            "targets_digest": proposal.targets.hex(),
        }
        wrong = [
            f"the results' {name} is {self.results[name]}, not {value}"
            for name, value in wanted.items()
            if self.results[name] != value
        ]
        require_none(wrong)
        return f"{len(wanted)} digests"
