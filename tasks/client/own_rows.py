"""A modeller's check of his own row: what nobody but he and the operator can recompute.

His predictions stay with him; the rest is public, whatever the round's opening rule: the book, the
columns that it is scored against, scores, table, and what the chain recorded and paid.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import foreign_json, tables
from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake
from tasks.client.plans import Plans
from tasks.core import checks
from tasks.core.checks import Check, Mismatch, require, require_none
from tasks.core.errors import HomeError, InputError
from tasks.core.money import payouts
from tasks.core.money.units import RoundId
from tasks.core.protocol import canonical, commitments, merkle
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.events import Entered
from tasks.core.protocol.submissions import Submission
from tasks.core.protocol.table import Row, Table
from tasks.core.rules import ScoringRule
from tasks.core.scoring import metrics, registry


def check(
    chain: Chain, lake: Lake, plans: Plans, model: bytes, round_id: RoundId
) -> Sequence[Check]:
    """Compare all that became of a model in a round with its own stored submission.

    Args:
        chain: of the tournament.
        lake: the public store.
        plans: what the model's owner keeps of his entries.
        model: the model's id.
        round_id: the round.

    Returns:
        One check a comparison that the round's state allows.

    Raises:
        InputError: if the model has not entered the round.
        HomeError: if what it submitted is not among `plans`.
    """
    entries = chain.tournament.entered(round_id, model=model)
    if not entries:
        raise InputError(f"the model has not entered round {round_id}: `erarium scores` lists some")
    submission = _submission(plans, round_id, entries[-1])
    row = OwnRow(chain=chain, lake=lake, entry=entries[-1], submission=submission)
    comparisons: list[tuple[str, Callable[[], str]]] = [("own entry", row.commitment)]
    if row.facts.booked:
        comparisons.append(("own row in the book", row.booked))
    if row.proposal is not None:
        comparisons += [
            ("columns", row.columns_hold),
            ("own score", row.scored),
            ("own return", row.returned),
            ("own leaf", row.leaf),
            ("own money", row.money),
        ]
    return [checks.run(round_id, name, compare) for name, compare in comparisons]


def _submission(plans: Plans, round_id: RoundId, entry: Entered) -> Submission:
    plan = plans.find(round_id)
    try:
        if plan is not None:
            # A newer plan may have been stored that was never entered.
            return plans.submission(replace(plan, nonce=entry.nonce))
    except OSError:
        pass
    raise HomeError(
        f"what {entry.name} submitted to round {round_id} is not in its folder: "
        "say the --models that it was submitted from"
    )


@dataclass(kw_only=True)
class OwnRow:
    """One model in one round; each method returns what it compared or raises a mismatch."""

    chain: Chain
    lake: Lake
    entry: Entered
    submission: Submission

    @property
    def round_id(self) -> RoundId:
        """Return the round."""
        return self.entry.round

    @cached_property
    def facts(self) -> Any:
        """Return the contract's facts of the round."""
        return self.chain.tournament.facts(self.round_id)

    @cached_property
    def proposal(self) -> Any:
        """Return the event of the live or final proposal, or None without one."""
        return self.chain.tournament.proposal(self.round_id)

    @cached_property
    def book(self) -> dict[str, Any]:
        """Return the book that the chain recorded."""
        return self._recorded("book", self.facts.book)

    @cached_property
    def table(self) -> Table:
        """Return the table that was proposed."""
        return Table.from_document(self._recorded("table", self.proposal.table))

    @cached_property
    def columns(self) -> Any:
        """Return ids, targets, benchmark and meta-model."""
        results = self.lake.document(f"rounds/{self.round_id}/results")
        return tables.read_table(self.lake.read(Ref.from_document(results["columns"])))

    def commitment(self) -> str:
        """Compare the commitment in the chain's log with the stored submission."""
        committed = commitments.commitment(
            self.chain.deployment.salt,
            self.round_id,
            self.entry.model,
            self.entry.owner,
            self.submission.salt,
            self.submission.digest,
        )
        require(committed == self.entry.commitment, "the log has another commitment than yours")
        return f"nonce {self.entry.nonce}, {self.entry.at_risk} wei at risk"

    def booked(self) -> str:
        """Compare the book's row with the log and with the stored digest and salt."""
        row = self._in_book()
        wanted = {
            "at_risk": str(self.entry.at_risk),
            "commitment": self.entry.commitment.hex(),
            "nonce": self.entry.nonce,
            "owner": self.entry.owner,
        }
        if row["status"] == "accepted":
            wanted["digest"] = self.submission.digest.hex()
            wanted["salt"] = self.submission.salt.hex()
        wrong = [
            f"its {name} is {row[name]}, yours is {value}"
            for name, value in wanted.items()
            if row[name] != value
        ]
        require_none(wrong)
        return str(row["status"] if row["reason"] is None else f"rejected: {row['reason']}")

    def columns_hold(self) -> str:
        """Compare the columns with your ids, the book's digests and the proposed targets."""
        ids_hash = self.submission.ids_hash
        ids = commitments.ids_hash(self.columns["id"].to_pylist())
        require(ids == ids_hash, "the ids are not those that you predicted")
        wanted = {"target": self.proposal.targets.hex()}
        if self.book["contents"] is not None:
            stated = self.book["contents"]
            wanted |= {name: stated[f"{name}_digest"] for name in ("meta_model", "benchmark")}
        wrong = [
            f"the column {name} is not the one that was recorded"
            for name, digest in wanted.items()
            if commitments.content_digest(ids_hash, self._column(name)).hex() != digest
        ]
        require_none(wrong)
        return f"{len(wanted)} digests"

    def scored(self) -> str:
        """Score the stored submission again; published scores may differ by one nano."""
        if self._is_rejected():
            return "rejected: no score"
        published = self._published()
        references = {name: self._column(name) for name in registry.REFERENCES}
        rows = self.submission.values[np.newaxis]
        (again,) = metrics.score_rows(rows, self._column("target"), references).tolist()
        pairs = [
            (name, published[f"{name}_nano"], value)
            for name, value in zip(registry.names(), again, strict=True)
        ]
        wrong = [
            f"{name} is {value}, not {stated}"
            for name, stated, value in pairs
            if abs(stated - value) > 1
        ]
        require_none(wrong)
        same = sum(stated == value for _, stated, value in pairs)
        return f"{same} of {len(pairs)} identical, the others within one nano"

    def returned(self) -> str:
        """Derive the return from the published scores by the rule in the terms, in integers."""
        opened = self.lake.document(f"rounds/{self.round_id}/open")
        digest = canonical.sha256_hex(canonical.canonical_json(opened["scoring"]))
        require(digest == self.facts.terms.scoring.hex(), "the scoring rule has another digest")
        rule = ScoringRule.from_document(opened["scoring"])
        rule.require_version()
        _, row = self._in_table()
        multipliers = [multiplier for _, multiplier in rule.multipliers_nano]
        values = [0] * len(multipliers)
        if not self._is_rejected():
            published = self._published()
            values = [published[f"{name}_nano"] for name, _ in rule.multipliers_nano]
        wanted = payouts.return_nano(multipliers, values, self.facts.terms.clip_nano)
        require(row.return_nano == wanted, f"it is {wanted}, the table has {row.return_nano}")
        return f"{row.return_nano} nano"

    def leaf(self) -> str:
        """Follow the row's proof to the root on the chain."""
        place, row = self._in_table()
        proof = self.table.tree().proof(place)
        reaches = merkle.verify(self.proposal.root, row.leaf(self.round_id), proof)
        require(reaches, "its proof does not lead to the root on the chain")
        return f"{len(proof)} siblings up to the root {self.proposal.root.hex()[:16]}"

    def money(self) -> str:
        """Compute payout and burn from stake, factor and return, and compare what was settled."""
        _, row = self._in_table()
        tournament, at_risk = self.chain.tournament, self.entry.at_risk
        settled = tournament.settled(self.round_id, model=self.entry.model)
        if not settled:
            return self._unsettled()
        legs = list(zip(self.facts.factors, (row.return_nano, row.profit_nano), strict=True))
        paid = sum(payouts.payout(at_risk, factor, rate) for factor, rate in legs)
        burned = sum(payouts.burn(at_risk, factor, rate) for factor, rate in legs)
        done = settled[0]
        require(
            (done.return_nano, done.profit_nano) == (row.return_nano, row.profit_nano),
            "it was settled by another row",
        )
        require(
            (done.payout, done.burn) == (paid, burned),
            f"{done.payout} wei paid and {done.burn} burned, not {paid} and {burned}",
        )
        return f"{paid} wei paid, {burned} wei burned"

    def _unsettled(self) -> str:
        tournament, at_risk = self.chain.tournament, self.entry.at_risk
        held = tournament.locked(self.round_id, self.entry.model)
        if held:
            require(held == at_risk, f"{held} wei are locked, not {at_risk}")
            return f"not settled yet, {held} wei are locked"
        released = tournament.released(self.round_id)
        back = sum(each.amount for each in released if each.model == self.entry.model)
        require(back == at_risk, f"{back} wei were released, not {at_risk}")
        return f"released whole, {back} wei"

    def _recorded(self, name: str, digest: bytes) -> dict[str, Any]:
        content = self.lake.document_bytes(f"rounds/{self.round_id}/{name}") or b""
        have = canonical.sha256_hex(content)
        require(have == digest.hex(), f"the {name} is not the one that the chain has")
        document: dict[str, Any] = foreign_json.parse(content)
        return document

    def _in_book(self) -> dict[str, Any]:
        return self._own(self.book["entrants"], "the book leaves it out")

    def _is_rejected(self) -> bool:
        return bool(self._in_book()["status"] != "accepted")

    def _published(self) -> dict[str, Any]:
        rows = self.lake.document(f"rounds/{self.round_id}/scores")["rows"]
        return self._own(rows, "accepted, but no score of it is published")

    def _own(self, rows: Sequence[dict[str, Any]], without: str) -> dict[str, Any]:
        model = self.entry.model.hex()
        found = next((row for row in rows if row["model"] == model), None)
        if found is None:
            raise Mismatch(without)
        return found

    def _in_table(self) -> tuple[int, Row]:
        for place, row in enumerate(self.table.rows):
            if row.model == self.entry.model:
                return place, row
        raise Mismatch("the table leaves it out")

    def _column(self, name: str) -> NDArray[np.float64]:
        values: NDArray[np.float64] = self.columns[name].to_numpy()
        return values
