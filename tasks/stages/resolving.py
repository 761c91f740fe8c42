"""Resolve a round: score its book against matured targets and publish what follows from it."""

from typing import Any

import numpy as np

from tasks.adapters import tables
from tasks.core.errors import DataError
from tasks.core.money.units import RoundId
from tasks.core.protocol import (
    commitments,
    places,
    scores,
    status,
    submissions,
    vault_places,
)
from tasks.core.protocol.documents.book import Book
from tasks.core.protocol.documents.results import Results, Scores
from tasks.core.protocol.openings import Opening
from tasks.core.scoring import meta_model, metrics, registry
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
    if not home.lake.has(places.results(round_id)):
        _publish(home, round_id)


def score(home: OpenHome, book: Book, against: Any, *, key: str) -> Scores:
    """Return the scores of a round's book against targets, as they are published.

    Args:
        home: the operator's.
        book: the round's published book.
        against: a table with the columns target and `registry.REFERENCES`, a row an id.
        key: names the work on the cluster.
    """
    if book.contents is None:
        return scores.of_book(book, [], {})
    path = home.vault.path(home.vault.load(vault_places.book(book.round_id)).predictions)
    targets = against["target"].to_numpy()
    references = {name: against[name].to_numpy() for name in registry.REFERENCES}
    rows = scoring.score_matrix(home.executor, path, targets, references, key=f"score-{key}")
    weights = meta_model.equal_weights(len(rows))
    equal = scoring.blend_matrix(home.executor, path, weights, key=f"equal-{key}")
    found = references | {"equal_weight": equal}
    blends = np.stack([found[blend.name] for blend in registry.BLENDS])
    return scores.of_book(
        book, rows.tolist(), scores.blends(metrics.corr(blends, targets).tolist())
    )


def columns(home: OpenHome, book: Book, era: Any, target: Any) -> Any:
    """Return what a round's book is scored against, a row an id of its era.

    Args:
        home: the operator's.
        book: the round's published book.
        era: the era's object, with ids and benchmark.
        target: a column in the order of its rows.
    """
    found = {
        "id": era["id"],
        "target": target.cast("float64"),
        "benchmark": era["benchmark"].cast("float64"),
    }
    if book.contents is not None:
        kept = home.vault.load(vault_places.book(book.round_id))
        found["meta_model"] = submissions.values_from(home.vault.read(kept.meta_model))
    return tables.table(found)


def _publish(home: OpenHome, round_id: RoundId) -> None:
    book = home.lake.load(places.book(round_id))
    rule = home.lake.load(places.opening(round_id)).scoring
    against = _columns(home, book)
    scored = score(home, book, against, key=str(round_id))
    clip = home.chain.tournament.facts(round_id).terms.clip_nano
    table = scores.table(book, scored, rule, clip)
    targets = against["target"].to_numpy()
    is_public = Opening.parse(rule.opening).is_public
    results = Results(
        round_id=round_id,
        columns=home.lake.put(tables.table_bytes(against), ".parquet"),
        predictions=revealing.publish_matrix(home, round_id) if is_public else None,
        root=table.root(),
        scores_sha256=home.lake.publish(places.scores(round_id), scored),
        table_sha256=home.lake.publish(places.table(round_id), table),
        targets_digest=commitments.content_digest(book.ids_hash, targets),
    )
    home.lake.publish(places.results(round_id), results)


def _columns(home: OpenHome, book: Book) -> Any:
    entry = dataset.era_entry(home.vault, book.round_id)
    if not entry.mature:
        raise DataError(f"round {book.round_id} cannot be resolved: its targets have not matured")
    era = tables.read_table(home.vault.read(entry.object))
    return columns(home, book, era, era[f"target_{home.rule.target}"])
