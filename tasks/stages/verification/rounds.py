"""The checks of one round: terms, book, predictions, meta-model, targets, scores, table, root."""

from typing import Any

from tasks.adapters import tables
from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake, Ref
from tasks.core.errors import SubmissionError
from tasks.core.money.units import RoundId
from tasks.core.protocol import book as books
from tasks.core.protocol import canonical, commitments, scores, submissions
from tasks.core.protocol import terms as protocol_terms
from tasks.core.protocol.table import Table
from tasks.core.protocol.terms import Terms
from tasks.core.rules import ScoringRule
from tasks.core.scoring import duplicates
from tasks.stages.verification import checks
from tasks.stages.verification.checks import Check, require, require_none
from tasks.stages.verification.view import RoundView


def verify(lake: Lake, chain: Chain, round_id: RoundId) -> list[Check]:
    """Run every check that a round's state allows, one after the other."""
    view = RoundChecks(lake=lake, chain=chain, round_id=round_id)
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


class RoundChecks(RoundView):
    """The comparisons over a round; each returns what it compared or raises a mismatch."""

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
        era = f"{self.round_id:04d}"
        live = [entry for entry in manifest["eras"] if entry["era"] == era]
        require(len(live) == 1 and self.opened["era"] == era, f"another live era than {era}")
        ref = Ref.from_json(live[0]["features"])
        require(ref.sha256 == self.facts.terms.data.hex(), "another digest than in the terms")
        ids = tables.read_table(self.lake.read(ref))["id"].to_pylist()
        require(commitments.ids_hash(ids) == self.ids_hash, "the ids have another digest")
        require(self.opened["n_ids"] == len(ids), f"n_ids is not {len(ids)}")
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
                submissions.check_values(values)
            except SubmissionError as error:
                wrong.append(f"predictions of {row['name']} were accepted but {error}")
        require_none(wrong)
        ref = Ref.from_json(self.results["predictions"])
        stated = self.book["contents"]["predictions_sha256"]
        require(ref.sha256 == stated, "the matrix is not the one in the book")
        self.lake.read(ref)
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
        """Compare the benchmark with the digest in the book."""
        if not self.accepted:
            return "none accepted"
        digest = commitments.content_digest(self.ids_hash, self.column("benchmark")).hex()
        stated = self.book["contents"]["benchmark_digest"]
        require(digest == stated, "the benchmark column differs from the book's digest")
        return f"digest {digest[:16]}"

    def targets(self) -> str:
        """Compare the targets with the digest in the proposal."""
        digest = commitments.content_digest(self.ids_hash, self.column("target"))
        require(digest == self.facts.proposal.targets, "the targets are not those proposed")
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

    def stated(self) -> str:
        """Compare the digests that the results state with the chain and the documents."""
        proposal = self.facts.proposal
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
