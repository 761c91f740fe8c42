"""Close a round: assemble the accepted submissions into the book and record it on the chain."""

from collections.abc import Sequence

from tasks.adapters import failpoints, matrices, tables
from tasks.core.money.units import RoundId
from tasks.core.protocol import (
    book,
    canonical,
    commitments,
    places,
    purposes,
    status,
    submissions,
    vault_places,
)
from tasks.core.protocol.book import Entrant, Verdict
from tasks.core.protocol.documents.book import Book, Contents
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.documents.vault import KeptBook
from tasks.core.scoring import duplicates, meta_model
from tasks.stages import dataset, intake, scoring
from tasks.stages.intake import Intake
from tasks.stages.open_home import OpenHome

Row = tuple[Entrant, Verdict]


def close_round(home: OpenHome, round_id: RoundId) -> None:
    """Publish a closed round's book and record its digest.

    Does nothing while the round is open, when the book is recorded, or when the contract has
    abandoned the round, for want of entries or of a book in time. The document is published
    before the chain is told, and a restart in between records that one.
    """
    tournament = home.chain.tournament
    if tournament.status(round_id) != status.CLOSED:
        return
    place = places.book(round_id)
    if home.lake.seek(place) is None:
        home.lake.publish(place, _assemble(home, round_id))
    failpoints.reach("close/published", round_id)
    digest = canonical.sha256_hex(home.lake.document_bytes(place) or b"")
    write = tournament.record_book(round_id, bytes.fromhex(digest), place.name)
    home.chain.send(write, home.operator, home.journal, purpose=purposes.book(round_id))


def _assemble(home: OpenHome, round_id: RoundId) -> Book:
    opened = home.lake.load(places.opening(round_id))
    received = Intake(home, round_id)
    received.finish()
    judged = [(each, *intake.verdict(home, round_id, each)) for each in received.entrants]
    rows = [(entrant, verdict) for entrant, verdict, _ in judged]
    values = [ref for _, _, ref in judged if ref is not None]
    contents = None
    if values:
        predictions = _matrix(home, opened.n_ids, values)
        contents = _contents(home, round_id, opened.ids_hash, predictions, rows)
    return Book(
        round_id=round_id,
        ids_hash=opened.ids_hash,
        rows=tuple(book.row(entrant, verdict) for entrant, verdict in rows),
        contents=contents,
    )


def _matrix(home: OpenHome, n_ids: int, values: Sequence[Ref]) -> Ref:
    """Store the accepted predictions as one matrix, of which one row at a time is in memory."""
    stored = (submissions.values_from(home.vault.read(ref)) for ref in values)
    return home.vault.put_chunks(matrices.npy_chunks(stored, len(values), n_ids), ".npy")


def _contents(
    home: OpenHome,
    round_id: RoundId,
    ids_hash: bytes,
    predictions: Ref,
    rows: Sequence[Row],
) -> Contents:
    accepted = [(entrant, verdict) for entrant, verdict in rows if verdict.accepted]
    weights = meta_model.stake_weights([entrant.at_risk for entrant, _ in accepted])
    path = home.vault.path(predictions)
    blend = scoring.blend_matrix(home.executor, path, weights, key=f"blend-{round_id}")
    table = tables.read_table(home.vault.read(_era_ref(home, round_id)))
    benchmark = table["benchmark"].to_numpy()
    meta_ref = home.vault.put(submissions.values_bytes(blend), ".f64")
    kept = KeptBook(meta_model=meta_ref, predictions=predictions)
    home.vault.publish(vault_places.book(round_id), kept)
    matrix = matrices.open_matrix(path)
    precedence = [(entrant.block, entrant.log_index) for entrant, _ in accepted]
    digests = [(verdict.digest or b"").hex() for _, verdict in accepted]
    of_ranks = scoring.rank_digests(home.executor, path, key=f"ranks-{round_id}")
    copies = duplicates.earlier_models(matrix, digests, precedence, of_ranks)
    models = [entrant.model for entrant, _ in accepted]
    return Contents(
        predictions_sha256=predictions.sha256,
        n_rows=len(accepted),
        n_ids=matrix.shape[1],
        meta_model_digest=commitments.content_digest(ids_hash, blend),
        benchmark_digest=commitments.content_digest(ids_hash, benchmark),
        duplicates={models[i]: models[j] for i, j in copies.items()},
    )


def _era_ref(home: OpenHome, round_id: RoundId) -> Ref:
    return dataset.era_entry(home.vault, round_id).object
