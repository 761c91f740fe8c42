"""Intake: open a delivered file, check it against its commitment, keep it and give a receipt."""

import os
from collections.abc import Callable, Sequence
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

File = Path | bytes
"""A sealed file: where it lies in the inbox, or what the chain's log holds."""


def receive(desk: Desk, round_id: RoundId) -> int:
    """Judge every delivered file that has no receipt yet; return how many receipts were made.

    A file lies in the inbox or stands in the chain's log. Whichever opens to the commitment
    counts: one in the log also after another was rejected. Only while the round is open: what
    comes into the inbox later is late, and what has no receipt at the close was not delivered
    there. Receipts that a killed run did not publish are published.
    """
    if desk.chain.tournament.status(round_id) != status.OPEN:
        return 0
    return _judge_all(desk, round_id, in_inbox=True)


def receive_logged(desk: Desk, round_id: RoundId) -> int:
    """Judge, at the close, what the chain's log holds and nobody looked at in time.

    The log takes deliveries only while the round is open, so none of them is late.

    Returns:
        How many receipts were made.
    """
    return _judge_all(desk, round_id, in_inbox=False)


def _judge_all(desk: Desk, round_id: RoundId, *, in_inbox: bool) -> int:
    entrants = book.last_entries(desk.chain.tournament.entered(round_id))
    # Read after the entries: who delivers before he enters is seen with his file.
    logged: dict[bytes, list[File]] = {entrant.model: [] for entrant in entrants}
    for event in desk.chain.tournament.delivered(round_id):
        if event.model in logged:
            logged[event.model].append(event.sealed)
    judged = 0
    for entrant in entrants:
        found, files = _find(desk, round_id, entrant), logged[entrant.model]
        if found is None and in_inbox:
            files = _in_inbox(desk, round_id, entrant) + files
        if found is None or found["reason"] is not None:
            judged += _judge(desk, round_id, entrant, files, mends=found is not None)
        _publish(desk, round_id, entrant)
    return judged


def _in_inbox(desk: Desk, round_id: RoundId, entrant: Entrant) -> list[File]:
    path = desk.lake.root / places.inbox(entrant.model, round_id, entrant.commitment)
    return [path] if os.path.lexists(path) else []


def verdict(desk: Desk, round_id: RoundId, entrant: Entrant) -> tuple[Verdict, Ref | None]:
    """Return what intake decided about an entrant, and where its values lie if accepted."""
    receipt = _find(desk, round_id, entrant)
    if receipt is None:
        return Verdict(digest=None, salt=None, reason="no file was delivered"), None
    if receipt["reason"] is not None:
        return Verdict(digest=None, salt=None, reason=receipt["reason"]), None
    accepted = Verdict(
        digest=bytes.fromhex(receipt["digest"]), salt=bytes.fromhex(receipt["salt"]), reason=None
    )
    return accepted, Ref.from_json(receipt["values"])


def _judge(
    desk: Desk, round_id: RoundId, entrant: Entrant, files: Sequence[File], *, mends: bool
) -> int:
    """Keep what some files are worth; return whether that makes a receipt, as 0 or 1.

    Args:
        desk: the operator's.
        round_id: the round.
        entrant: whose files they are.
        files: those not looked at yet.
        mends: the entrant has a receipt that rejects another file; only an acceptance changes it.
    """
    made = _first(desk, round_id, entrant, files)
    if made is None or (mends and made["reason"] is not None):
        return 0
    place = places.mended_receipt if mends else places.receipt
    desk.vault.publish(_name(place, round_id, entrant), made)
    return 1


def _first(
    desk: Desk, round_id: RoundId, entrant: Entrant, files: Sequence[File]
) -> dict[str, Any] | None:
    """Return the receipt of the first file that opens to the commitment, else of the first."""
    first = None
    for file in files:
        private = _try(desk, round_id, entrant, file)
        if private["reason"] is None:
            return private
        first = first or private
    return first


def _try(desk: Desk, round_id: RoundId, entrant: Entrant, file: File) -> dict[str, Any]:
    try:
        submission = _open(desk, round_id, entrant, file)
    except SubmissionError as error:
        return {"digest": None, "reason": str(error), "salt": None, "values": None}
    values = desk.vault.put(submissions.values_bytes(submission.values), ".f64")
    return {
        "digest": submission.digest.hex(),
        "reason": None,
        "salt": submission.salt.hex(),
        "values": values.to_json(),
    }


def _find(desk: Desk, round_id: RoundId, entrant: Entrant) -> dict[str, Any] | None:
    """Return the receipt that counts: the one that mends the first, if there is one."""
    mended = desk.vault.find(_name(places.mended_receipt, round_id, entrant))
    return mended or desk.vault.find(_name(places.receipt, round_id, entrant))


def _publish(desk: Desk, round_id: RoundId, entrant: Entrant) -> None:
    """Give the modeller his receipts; they name the digest that the operator has read."""
    for place in (places.receipt, places.mended_receipt):
        name = _name(place, round_id, entrant)
        private = desk.vault.find(name)
        if private is not None:
            public = {"digest": private["digest"], "reason": private["reason"]}
            public |= {"model": entrant.model.hex(), "nonce": entrant.nonce, "round": round_id}
            desk.lake.publish(name, public)


def _read(sealed: File, limit: int) -> bytes:
    """Read a file that a stranger made, and a byte more than `limit` of one that is too large."""
    if isinstance(sealed, bytes):
        return sealed
    try:
        with os.fdopen(opening.open_plain(sealed), "rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise SubmissionError("the file cannot be read") from error


def _open(desk: Desk, round_id: RoundId, entrant: Entrant, sealed: File) -> Submission:
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


def _name(place: Callable[..., str], round_id: RoundId, entrant: Entrant) -> str:
    return place(entrant.model, round_id, entrant.nonce)
