"""The checks of one round: terms, book, predictions, meta-model, targets, scores, table, root."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tasks.adapters import tables
from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake, Ref
from tasks.core.errors import SubmissionError
from tasks.core.money.units import RoundId
from tasks.core.protocol import alignment, canonical, commitments, scores
from tasks.core.protocol import book as books
from tasks.core.protocol.ledger import Ledger
from tasks.core.protocol.table import Table
from tasks.core.rules import ScoringRule
from tasks.core.scoring import duplicates
from tasks.stages.verification import checks
from tasks.stages.verification.checks import Check, require, require_none
from tasks.stages.verification.entries import EntryChecks


def verify(lake: Lake, chain: Chain, round_id: RoundId, replayed: Ledger) -> list[Check]:
    """Run every check that a round's state allows, one after the other.

    Args:
        lake: the public store.
        chain: any connection to the chain.
        round_id: a round that was opened.
        replayed: the ledger, replayed from the chain's whole log.
    """
    view = RoundChecks(lake=lake, chain=chain, round_id=round_id)
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
            ("predictions", view.predictions),
            ("duplicates", view.duplicates),
            ("meta-model", view.meta_model),
            ("benchmark", view.benchmark),
            ("targets", view.targets),
            ("scores", view.scores),
            ("table", view.table),
            ("root", view.root),
            ("results", view.stated),
            ("settlement", view.settlement),
        ]
    return [checks.run(round_id, name, compare) for name, compare in comparisons]


class RoundChecks(EntryChecks):
    """The comparisons over a round; each returns what it compared or raises a mismatch."""

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
        stated = self.book["contents"]["duplicates"]
        require(named == stated, f"duplicates are {named}, the book says {stated}")
        return f"{len(named)} found"

    def alignment(self) -> str:
        """Check that ids are those of the round, in their order, and the columns' digest."""
        ids = self.columns["id"].to_pylist()
        require(ids == sorted(set(ids)), "the ids are not sorted and unique")
        require(commitments.ids_hash(ids) == self.ids_hash, "the ids are not the live ones")
        self.lake.read(Ref.from_json(self.results["columns"]))
        return f"{len(ids)} ids in order"

    def predictions(self) -> str:
        """Validate every row and compare it with the digest that was committed to."""
        if not self.accepted:
            require(self.results["predictions"] is None, "a matrix but no accepted model")
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
        ref = Ref.from_json(self.results["predictions"])
        stated = self.book["contents"]["predictions_sha256"]
        require(ref.sha256 == stated, "the matrix is not the one in the book")
        self.lake.check(ref)
        return f"{len(self.accepted)} rows"

    def meta_model(self) -> str:
        """Blend the predictions again by the stakes on the chain."""
        if not self.accepted:
            require(self.book["contents"] is None, "a meta-model but no accepted model")
            return "none accepted"
        blend = self.blend(self.stake_weights())
        digest = commitments.content_digest(self.ids_hash, blend).hex()
        require(digest == self.book["contents"]["meta_model_digest"], "blends to another digest")
        published = commitments.content_digest(self.ids_hash, self.column("meta_model")).hex()
        require(published == digest, "the published column differs from the book's digest")
        return f"digest {digest[:16]}"

    def benchmark(self) -> str:
        """Compare the benchmark with the book's digest, and with what was there at the opening."""
        if not self.accepted:
            return "none accepted"
        live = tables.read_table(self.lake.read(Ref.from_json(self.live_entry["benchmarks"])))
        at_open = commitments.content_digest(self.ids_hash, live["benchmark"].to_numpy()).hex()
        require(
            at_open == self.book["contents"]["benchmark_digest"],
            "the book's benchmark is not the one that was published when the round opened",
        )
        digest = commitments.content_digest(self.ids_hash, self.column("benchmark")).hex()
        stated = self.book["contents"]["benchmark_digest"]
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

    def scores(self) -> str:
        """Score the predictions again; published scores may differ by one nano."""
        stated = self.lake.document(f"rounds/{self.round_id}/scores")
        require(len(stated["rows"]) == len(self.accepted), "not one row an accepted model")
        again = self.scores_again()
        wrong, same, total = [], 0, 0
        for row, entrant, values in zip(stated["rows"], self.accepted, again, strict=True):
            require(row["model"] == entrant["model"], f"{entrant['name']}: another order")
            for name, value in zip(scores.METRICS, values, strict=True):
                difference = abs(row[f"{name}_nano"] - value)
                same, total = same + (difference == 0), total + 1
                if difference > 1:
                    published = row[f"{name}_nano"]
                    wrong.append(f"{name} of {entrant['name']} is {value}, not {published}")
        require_none(wrong + self._blend_faults(stated["blends_corr_nano"]))
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

    def _blend_faults(self, stated: dict[str, Any]) -> list[str]:
        """Name the blends whose published CORR is off by more than one nano."""
        again = self.blends_again()
        require(stated.keys() == again.keys(), f"the blends are not {sorted(again)}")
        return [
            f"corr of the {name} blend is {value}, not {stated[name]}"
            for name, value in again.items()
            if stated[name] != value and (value is None or abs(stated[name] - value) > 1)
        ]
