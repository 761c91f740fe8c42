"""Intake: open a delivered file, check it against its commitment, keep it and give a receipt."""

import os
from pathlib import Path
from typing import Any

from tasks.adapters import keys
from tasks.adapters.intake import opening
from tasks.adapters.lake import Ref
from tasks.core.errors import SubmissionError
from tasks.core.money.units import RoundId
from tasks.core.protocol import book, commitments, places, status, submissions
from tasks.core.protocol.book import Entrant, Verdict
from tasks.core.protocol.submissions import Submission
from tasks.stages.desk import Desk


def receive(desk: Desk, round_id: RoundId) -> int:
    """Judge every delivered file that has no receipt yet; return how many were judged.

    Only while the round is open: what arrives later is late, and what has no receipt at the
    close was not delivered. Receipts that a killed run did not publish are published.
    """
    if desk.chain.tournament.status(round_id) != status.OPEN:
        return 0
    judged = 0
    for entrant in book.last_entries(desk.chain.tournament.entered(round_id)):
        found = desk.vault.find(_name(round_id, entrant))
        place = places.inbox(entrant.model, round_id, entrant.commitment)
        if found is None and os.path.lexists(desk.lake.root / place):
            found = _judge(desk, round_id, entrant, desk.lake.root / place)
            judged += 1
        if found is not None:
            _publish(desk, round_id, entrant, found)
    return judged


def verdict(desk: Desk, round_id: RoundId, entrant: Entrant) -> tuple[Verdict, Ref | None]:
    """Return what intake decided about an entrant, and where its values lie if accepted."""
    receipt = desk.vault.find(_name(round_id, entrant))
    if receipt is None:
        return Verdict(digest=None, salt=None, reason="no file was delivered"), None
    if receipt["reason"] is not None:
        return Verdict(digest=None, salt=None, reason=receipt["reason"]), None
    accepted = Verdict(
        digest=bytes.fromhex(receipt["digest"]), salt=bytes.fromhex(receipt["salt"]), reason=None
    )
    return accepted, Ref.from_json(receipt["values"])


def _judge(desk: Desk, round_id: RoundId, entrant: Entrant, sealed: Path) -> dict[str, Any]:
    private: dict[str, Any]
    try:
        submission = _open(desk, round_id, entrant, sealed)
    except SubmissionError as error:
        private = {"digest": None, "reason": str(error), "salt": None, "values": None}
    else:
        values = desk.vault.put(submissions.values_bytes(submission.values), ".f64")
        private = {
            "digest": submission.digest.hex(),
            "reason": None,
            "salt": submission.salt.hex(),
            "values": values.to_json(),
        }
    desk.vault.publish(_name(round_id, entrant), private)
    return private


def _publish(desk: Desk, round_id: RoundId, entrant: Entrant, private: dict[str, Any]) -> None:
    """Give the modeller his receipt; it names the digest that the operator has read."""
    public = {"digest": private["digest"], "nonce": entrant.nonce, "reason": private["reason"]}
    receipt = public | {"model": entrant.model.hex(), "round": round_id}
    desk.lake.publish(_name(round_id, entrant), receipt)


def _read(sealed: Path, limit: int) -> bytes:
    """Read a file that a stranger made, and a byte more than `limit` of one that is too large."""
    try:
        with os.fdopen(opening.open_plain(sealed), "rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise SubmissionError("the file cannot be read") from error


def _open(desk: Desk, round_id: RoundId, entrant: Entrant, sealed: Path) -> Submission:
    opened = desk.lake.document(f"rounds/{round_id}/open")
    limit = submissions.max_sealed_bytes(opened["n_ids"])
    content = _read(sealed, limit)
    if len(content) > limit:
        raise SubmissionError(f"the file is larger than any of {opened['n_ids']} predictions")
    submission = submissions.decode(keys.unseal(desk.sealing_key, content))
    ids_hash = bytes.fromhex(opened["ids_hash"])
    submissions.check(submission, round_id, entrant.model, ids_hash, opened["n_ids"])
    committed = commitments.commitment(
        desk.chain.deployment.salt,
        round_id,
        entrant.model,
        entrant.owner,
        submission.salt,
        submission.digest,
    )
    if committed != entrant.commitment:
        raise SubmissionError("the file is not the one that was committed to on the chain")
    return submission


def _name(round_id: RoundId, entrant: Entrant) -> str:
    return places.receipt(entrant.model, round_id, entrant.nonce)
