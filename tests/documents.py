"""Documents of a round with nothing special in them, for tests that care about a field or two."""

from collections.abc import Mapping, Sequence

from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol.documents.book import Book, BookRow, Contents
from tasks.core.protocol.documents.opening import RoundOpening
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.documents.results import Results, ScoreRow, Scores
from tasks.core.protocol.terms import Terms
from tasks.core.rules import ScoringRule

WORD = b"\xab" * 32
REF = Ref(sha256=WORD.hex(), size=5, suffix=".npy")


def terms() -> Terms:
    return Terms(
        opens=1_000, closes=2_000, book_by=3_000, resolves=4_000, propose_by=5_000,
        threshold=Wei(WAD), smallest_stake=Wei(1_000), clip_nano=250_000_000,
        profit_clip_nano=50_000_000, key=WORD, data=WORD, id_map=WORD, scoring=WORD,
    )  # fmt: skip


def opening(
    round_id: int, n_ids: int = 4, ids_hash: bytes = WORD, scoring: ScoringRule | None = None
) -> RoundOpening:
    return RoundOpening(
        round_id=RoundId(round_id), era="0001", live=f"versions/v1/live_{round_id}/manifest",
        n_ids=n_ids, ids_hash=ids_hash, scoring=scoring or ScoringRule(), terms=terms(),
    )  # fmt: skip


def row(model: str, name: str, reason: str | None = None, at_risk: int = 10 * WAD) -> BookRow:
    kept = WORD if reason is None else None
    return BookRow(
        model=bytes.fromhex(model), owner="0xA", name=name, at_risk=Wei(at_risk), commitment=WORD,
        nonce=1, digest=kept, salt=kept, reason=reason,
    )  # fmt: skip


def book(
    round_id: int, rows: Sequence[BookRow], duplicates: Mapping[str, str] | None = None
) -> Book:
    accepted = sum(each.accepted for each in rows)
    pairs = (duplicates or {}).items()
    contents = Contents(
        predictions_sha256=WORD.hex(), n_rows=accepted, n_ids=4, meta_model_digest=WORD,
        benchmark_digest=WORD,
        duplicates={bytes.fromhex(copy): bytes.fromhex(first) for copy, first in pairs},
    )  # fmt: skip
    return Book(
        round_id=RoundId(round_id), ids_hash=WORD, rows=tuple(rows),
        contents=contents if accepted else None,
    )  # fmt: skip


def scores(
    round_id: int, nano: Mapping[str, Mapping[str, int]], blends: Mapping[str, int | None]
) -> Scores:
    """Return the scores of some models, whose ids are in hex, by name."""
    rows = [ScoreRow(model=bytes.fromhex(model), nano=mine) for model, mine in nano.items()]
    return Scores(round_id=RoundId(round_id), blends_corr_nano=blends, rows=tuple(rows))


def results(round_id: int, root: bytes = WORD, predictions: Ref | None = None) -> Results:
    return Results(
        round_id=RoundId(round_id), columns=REF, predictions=predictions, root=root,
        scores_sha256=WORD.hex(), table_sha256=WORD.hex(), targets_digest=WORD,
    )  # fmt: skip
