"""Resolve a round: score its book against matured targets and propose the table's root."""

import logging
from typing import Any

import numpy as np

from tasks.adapters import failpoints, tables
from tasks.adapters.lake import Ref
from tasks.core.errors import DataError
from tasks.core.money.units import RoundId
from tasks.core.protocol import commitments, scores, status, submissions
from tasks.core.rules import ScoringRule
from tasks.core.scoring import meta_model, metrics
from tasks.stages import desk as desks
from tasks.stages import scoring
from tasks.stages.desk import Desk

logger = logging.getLogger(__name__)


def resolve_round(desk: Desk, round_id: RoundId) -> None:
    """Publish a round's results and propose its root, unless one is live or final.

    Order of writes: objects, scores, table, results, then the chain. Each may be repeated.
    """
    tournament = desk.chain.tournament
    state = tournament.status(round_id)
    if state not in (status.RESOLVING, *status.WITH_A_PROPOSAL):
        return
    name = f"rounds/{round_id}/results"
    results = desk.lake.find(name) or _publish(desk, round_id, name)
    if state != status.RESOLVING:
        return
    failpoints.reach("resolve/published", round_id)
    root = bytes.fromhex(results["root"])
    if any(ruling.root == root and not ruling.right for ruling in tournament.ruled(round_id)):
        logger.warning("round %d: our root was ruled wrong: it is not proposed again", round_id)
        return
    write = tournament.propose(
        round_id,
        root=root,
        table=bytes.fromhex(results["table_sha256"]),
        targets=bytes.fromhex(results["targets_digest"]),
        uri=name,
    )
    # a proposal that became void is another transaction's matter
    earlier = len(tournament.proposed(round_id))
    desk.chain.send(write, desk.operator, desk.journal, purpose=f"propose/{round_id}/{earlier}")


def _publish(desk: Desk, round_id: RoundId, name: str) -> dict[str, Any]:
    book = desk.lake.document(f"rounds/{round_id}/book")
    opened = desk.lake.document(f"rounds/{round_id}/open")
    columns = _columns(desk, round_id, book)
    scored = _score(desk, round_id, book, columns)
    rule = ScoringRule.from_document(opened["scoring"])
    clip = desk.chain.tournament.facts(round_id).terms.clip_nano
    table = scores.table(round_id, book, scored, rule, clip)
    targets = columns["target"].to_numpy()
    ids_hash = bytes.fromhex(book["ids_hash"])
    document = {
        "columns": desk.lake.put(tables.table_bytes(columns), ".parquet").to_json(),
        "predictions": _open_predictions(desk, round_id),
        "root": table.root().hex(),
        "round": round_id,
        "scores_sha256": desk.lake.publish(f"rounds/{round_id}/scores", scored),
        "table_sha256": desk.lake.publish(f"rounds/{round_id}/table", table.document()),
        "targets_digest": commitments.content_digest(ids_hash, targets).hex(),
    }
    desk.lake.publish(name, document)
    return document


def _columns(desk: Desk, round_id: RoundId, book: dict[str, Any]) -> Any:
    entry = desks.era_entry(desk.vault, round_id)
    if not entry["mature"]:
        raise DataError(f"round {round_id} cannot be resolved: its targets have not matured")
    era = tables.read_table(desk.vault.read(desks.era_object(entry)))
    target = f"target_{desk.rule.target}"
    columns = {
        "id": era["id"],
        "target": era[target].cast("float64"),
        "benchmark": era["benchmark"].cast("float64"),
    }
    if book["contents"] is not None:
        private = desk.vault.document(f"rounds/{round_id}/book")
        blend = desk.vault.read(Ref.from_json(private["meta_model"]))
        columns["meta_model"] = submissions.values_from(blend)
    return tables.table(columns)


def _score(desk: Desk, round_id: RoundId, book: dict[str, Any], columns: Any) -> dict[str, Any]:
    if book["contents"] is None:
        return scores.document(round_id, book, [], {})
    private = desk.vault.document(f"rounds/{round_id}/book")
    path = desk.vault.path(Ref.from_json(private["predictions"]))
    targets, blend, benchmark = (
        columns[name].to_numpy() for name in ("target", "meta_model", "benchmark")
    )
    rows = scoring.score_matrix(
        desk.executor, path, targets, blend, benchmark, key=f"score-{round_id}"
    )
    weights = meta_model.equal_weights(len(rows))
    equal = scoring.blend_matrix(desk.executor, path, weights, key=f"equal-{round_id}")
    blends = np.stack([blend, equal, benchmark])
    named = scores.blends(metrics.corr(blends, targets).tolist())
    return scores.document(round_id, book, rows.tolist(), named)


def _open_predictions(desk: Desk, round_id: RoundId) -> dict[str, Any] | None:
    """Publish the matrix, as the opening rule `public` has it."""
    private = desk.vault.find(f"rounds/{round_id}/book")
    if private is None:
        return None
    ref = Ref.from_json(private["predictions"])
    return desk.lake.put_chunks(desk.vault.chunks(ref), ref.suffix).to_json()
