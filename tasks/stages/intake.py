"""Intake: open a delivered file, check it against its commitment, keep it and give a receipt."""

from pathlib import Path
from typing import Any

from tasks.adapters import keys
from tasks.adapters.lake import Ref
from tasks.core.errors import SubmissionError
from tasks.core.money.units import RoundId
from tasks.core.protocol import book, commitments, submissions
from tasks.core.protocol.book import Entrant, Verdict
from tasks.core.protocol.submissions import Submission
from tasks.stages.desk import Desk


def inbox_path(model: bytes, round_id: RoundId, nonce: int) -> str:
    """Return where a modeller delivers a sealed file, below the lake's root."""
    return f"inbox/{model.hex()}/{round_id}/{nonce}.sealed"


def receive(desk: Desk, round_id: RoundId) -> int:
    """Judge every delivered file that has no receipt yet; return how many were judged.

    A file that is not there yet gets no receipt; the close decides about it.
    """
    judged = 0
    for entrant in book.last_entries(desk.chain.tournament.entered(round_id)):
        if desk.vault.find(_name(round_id, entrant)) is not None:
            continue
        path = desk.lake.root / inbox_path(entrant.model, round_id, entrant.nonce)
        if path.is_file():
            _judge(desk, round_id, entrant, path)
            judged += 1
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


def _judge(desk: Desk, round_id: RoundId, entrant: Entrant, sealed: Path) -> None:
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
    name = _name(round_id, entrant)
    desk.vault.publish(name, private)
    public = {"digest": private["digest"], "nonce": entrant.nonce, "reason": private["reason"]}
    desk.lake.publish(name, public | {"model": entrant.model.hex(), "round": round_id})


def _open(desk: Desk, round_id: RoundId, entrant: Entrant, sealed: Path) -> Submission:
    opened = desk.lake.document(f"rounds/{round_id}/open")
    if sealed.stat().st_size > submissions.max_sealed_bytes(opened["n_ids"]):
        raise SubmissionError(f"the file is larger than any of {opened['n_ids']} predictions")
    submission = submissions.decode(keys.unseal(desk.sealing_key, sealed.read_bytes()))
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
    return f"receipts/{round_id}/{entrant.model.hex()}-{entrant.nonce}"
