"""The checks of what was fixed before a target's first price: terms, data, entries, book."""

from tasks.adapters import tables
from tasks.core.checks import require, require_none
from tasks.core.protocol import book as books
from tasks.core.protocol import canonical, commitments, places
from tasks.core.protocol import terms as protocol_terms
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.ledger import Ledger
from tasks.core.protocol.terms import Terms
from tasks.stages.verification.view import RoundView


class EntryChecks(RoundView):
    """The comparisons up to the book; each returns what it compared or raises a mismatch."""

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
        era, live = f"{self.round_id:04d}", self.live_entry
        require(live["era"] == self.opened["era"] == era, f"another live era than {era}")
        digest = canonical.sha256_hex(canonical.canonical_json(live))
        require(digest == self.facts.terms.data.hex(), "another digest than in the terms")
        features = self.lake.read(Ref.from_document(live["features"]))
        ids = tables.read_table(features)["id"].to_pylist()
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
        require_none(wrong + self._receipt_faults())
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

    def _receipt_faults(self) -> list[str]:
        """Name the entrants whose receipt says another thing than the book."""
        wrong = []
        for row in self.book["entrants"]:
            model = bytes.fromhex(row["model"])
            key = (model, self.round_id, row["nonce"])
            mended = self.lake.find(places.mended_receipt(*key))
            receipt = mended or self.lake.find(places.receipt(*key))
            stated = (row["digest"], row["reason"])
            if receipt is not None and (receipt["digest"], receipt["reason"]) != stated:
                wrong.append(f"{row['name']}: the book differs from the receipt")
        return wrong

    def amounts(self, replayed: Ledger) -> str:
        """Compare the contract's sums, factors and reserves with those that the log gives."""
        have, want = self.facts, replayed.rounds[self.round_id]
        pairs = {
            "at_risk": (have.at_risk, want.at_risk),
            "factors": (list(have.factors), want.factors),
            "head": (have.head, want.head),
            "locked": (have.locked, sum(want.locked.values())),
            "reserves": (list(have.reserves), want.reserves),
        }
        wrong = [f"{name} is {a}, the log gives {b}" for name, (a, b) in pairs.items() if a != b]
        require_none(wrong)
        return f"factor {have.factor}, {len(want.settled)} settled"
