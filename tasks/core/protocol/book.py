"""The book: what a round closed with, as the document whose digest goes on the chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.core.money.units import RoundId, Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A model's last entry into a round, as the chain's log has it."""

    model: bytes
    owner: str
    name: str
    at_risk: Wei
    commitment: bytes
    nonce: int
    block: int
    log_index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What intake made of an entrant's file: its digest and salt, or the reason against it."""

    digest: bytes | None
    salt: bytes | None
    reason: str | None

    @property
    def accepted(self) -> bool:
        """Say whether the submission is in the book's matrix."""
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The digests of what the accepted submissions made, and who copied whom."""

    predictions_sha256: str
    n_ids: int
    meta_model: bytes
    benchmark: bytes
    duplicates: Mapping[bytes, bytes]


def last_entries(entrants: Sequence[Entrant]) -> list[Entrant]:
    """Keep each model's last entry, ascending by model.

    Its place in the log is where its commitment first stood: raising a stake costs no precedence.
    """
    newest: dict[bytes, Entrant] = {}
    first: dict[tuple[bytes, bytes], Entrant] = {}
    for entrant in sorted(entrants, key=lambda entry: (entry.block, entry.log_index)):
        newest[entrant.model] = entrant
        first.setdefault((entrant.model, entrant.commitment), entrant)
    kept = []
    for model in sorted(newest):
        origin = first[model, newest[model].commitment]
        kept.append(replace(newest[model], block=origin.block, log_index=origin.log_index))
    return kept


def document(
    round_id: RoundId,
    ids_hash: bytes,
    rows: Sequence[tuple[Entrant, Verdict]],
    contents: Contents | None,
) -> dict[str, Any]:
    """Return a round's book.

    Args:
        round_id: the round.
        ids_hash: digest of the live ids.
        rows: every entrant with its verdict, ascending by model; the accepted ones, in this
            order, are the rows of the matrix.
        contents: what the accepted ones made; None where there are none.

    Source: docs/protocol.md, "Book".
    """
    accepted = [entrant for entrant, verdict in rows if verdict.accepted]
    return {
        "contents": None if contents is None else _contents(contents, len(accepted)),
        "entrants": [_row(entrant, verdict) for entrant, verdict in rows],
        "ids_hash": ids_hash.hex(),
        "round": round_id,
    }


def _row(entrant: Entrant, verdict: Verdict) -> dict[str, Any]:
    return {
        "at_risk": str(entrant.at_risk),
        "commitment": entrant.commitment.hex(),
        "digest": verdict.digest.hex() if verdict.digest else None,
        "model": entrant.model.hex(),
        "name": entrant.name,
        "nonce": entrant.nonce,
        "owner": entrant.owner,
        "reason": verdict.reason,
        "salt": verdict.salt.hex() if verdict.salt else None,
        "status": "accepted" if verdict.accepted else "rejected",
    }


def _contents(contents: Contents, n_rows: int) -> dict[str, Any]:
    return {
        "benchmark_digest": contents.benchmark.hex(),
        "duplicates": {copy.hex(): first.hex() for copy, first in contents.duplicates.items()},
        "meta_model_digest": contents.meta_model.hex(),
        "n_ids": contents.n_ids,
        "n_rows": n_rows,
        "predictions_sha256": contents.predictions_sha256,
    }
