"""Resolve a round: score its book against matured targets and publish what follows from it."""

from typing import Any

import numpy as np

from tasks.adapters import tables
from tasks.core.errors import DataError
from tasks.core.money.units import RoundId
from tasks.core.protocol import commitments, scores, status, submissions
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.openings import Opening
from tasks.core.rules import ScoringRule
from tasks.core.scoring import meta_model, metrics
from tasks.stages import dataset, revealing, scoring
from tasks.stages.open_home import OpenHome


def publish_results(home: OpenHome, round_id: RoundId) -> None:
    """Publish a round's scores, table and results; does nothing before it resolves.

    Order of writes: objects, scores, table, results. Each may be repeated.

    Raises:
        DataError: if the targets have not matured.
    """
    state = home.chain.tournament.status(round_id)
    if state not in (status.RESOLVING, *status.WITH_A_PROPOSAL):
        return
    name = f"rounds/{round_id}/results"
    if not home.lake.has(name):
        _publish(home, round_id, name)


def score(
    home: OpenHome, round_id: RoundId, book: dict[str, Any], against: Any, *, key: str
) -> dict[str, Any]:
    """Return the scores of a round's book against targets, as they are published.

    Args:
        home: the operator's.
        round_id: the round.
        book: its published book.
        against: a table with the columns target, benchmark and meta_model, a row an id.
        key: names the work on the cluster.
    """
    if book["contents"] is None:
        return scores.document(round_id, book, [], {})
    private = home.vault.document(f"rounds/{round_id}/book")
    path = home.vault.path(Ref.from_document(private["predictions"]))
    targets, blend, benchmark = (
        against[name].to_numpy() for name in ("target", "meta_model", "benchmark")
    )
    rows = scoring.score_matrix(home.executor, path, targets, blend, benchmark, key=f"score-{key}")
    weights = meta_model.equal_weights(len(rows))
    equal = scoring.blend_matrix(home.executor, path, weights, key=f"equal-{key}")
    blends = np.stack([blend, equal, benchmark])
    named = scores.blends(metrics.corr(blends, targets).tolist())
    return scores.document(round_id, book, rows.tolist(), named)


def columns(home: OpenHome, round_id: RoundId, book: dict[str, Any], era: Any, target: Any) -> Any:
    """Return what a round's book is scored against, a row an id of its era.

    Args:
        home: the operator's.
        round_id: the round.
        book: its published book.
        era: the era's object, with ids and benchmark.
        target: a column in the order of its rows.
    """
    found = {
        "id": era["id"],
        "target": target.cast("float64"),
        "benchmark": era["benchmark"].cast("float64"),
    }
    if book["contents"] is not None:
        private = home.vault.document(f"rounds/{round_id}/book")
        blend = home.vault.read(Ref.from_document(private["meta_model"]))
        found["meta_model"] = submissions.values_from(blend)
    return tables.table(found)


def _publish(home: OpenHome, round_id: RoundId, name: str) -> None:
    book = home.lake.document(f"rounds/{round_id}/book")
    opened = home.lake.document(f"rounds/{round_id}/open")
    against = _columns(home, round_id, book)
    scored = score(home, round_id, book, against, key=str(round_id))
    rule = ScoringRule.from_document(opened["scoring"])
    clip = home.chain.tournament.facts(round_id).terms.clip_nano
    table = scores.table(round_id, book, scored, rule, clip)
    targets = against["target"].to_numpy()
    ids_hash = bytes.fromhex(book["ids_hash"])
    is_public = Opening.parse(rule.opening).is_public
    document = {
        "columns": home.lake.put(tables.table_bytes(against), ".parquet").to_document(),
        "predictions": revealing.publish_matrix(home, round_id) if is_public else None,
        "root": table.root().hex(),
        "round": round_id,
        "scores_sha256": home.lake.publish(f"rounds/{round_id}/scores", scored),
        "table_sha256": home.lake.publish(f"rounds/{round_id}/table", table.to_document()),
        "targets_digest": commitments.content_digest(ids_hash, targets).hex(),
    }
    home.lake.publish(name, document)


def _columns(home: OpenHome, round_id: RoundId, book: dict[str, Any]) -> Any:
    entry = dataset.era_entry(home.vault, round_id)
    if not entry["mature"]:
        raise DataError(f"round {round_id} cannot be resolved: its targets have not matured")
    era = tables.read_table(home.vault.read(dataset.era_object(entry)))
    return columns(home, round_id, book, era, era[f"target_{home.rule.target}"])
