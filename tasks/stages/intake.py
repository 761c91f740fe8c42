"""Intake: open a delivered file, check it against its commitment, keep it and give a receipt."""

import os
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from tasks.adapters import keys
from tasks.adapters.intake import opening
from tasks.core.errors import LakeError, SubmissionError
from tasks.core.money.units import RoundId
from tasks.core.protocol import commitments, places, status, submissions, vault_places
from tasks.core.protocol.book import Entrant, Verdict
from tasks.core.protocol.documents.receipts import Arrival, KeptReceipt, Receipt
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.places import Place
from tasks.core.protocol.submissions import Submission
from tasks.stages.arrivals import Arrivals
from tasks.stages.entry_log import EntryLog
from tasks.stages.open_home import OpenHome

GRACE_S = 15
"""How long after the close the inbox is still looked at, for those who enter at the last second.

Source: docs/protocol.md, "Submissions".
"""

File = Path | bytes
"""A sealed file: where it lies in the inbox, or what the chain's log holds."""

_FILES = 32
"""So many files of one model are opened before the others' turn, however many it delivers."""

_Key = tuple[bytes, int]


def receive(home: OpenHome, round_id: RoundId) -> int:
    """Judge every delivered file that has no receipt yet; return how many receipts were made.

    Does nothing unless the round is open, or closed and without a book. Receipts that a killed
    run did not publish are published.
    """
    if home.chain.tournament.status(round_id) not in (status.OPEN, status.CLOSED):
        return 0
    intake = Intake(home, round_id)
    intake.look()
    return intake.judge_all()


def verdict(home: OpenHome, round_id: RoundId, entrant: Entrant) -> tuple[Verdict, Ref | None]:
    """Return what intake decided about an entrant, and where its values lie if accepted."""
    receipt = _find(home, round_id, entrant)
    if receipt is None:
        return Verdict(digest=None, salt=None, reason="no file was delivered"), None
    found = Verdict(digest=receipt.digest, salt=receipt.salt, reason=receipt.reason)
    return found, receipt.values


class Intake:
    """The intake of one round.

    A file lies in the inbox or stands in the chain's log. Whichever opens to the commitment
    counts: one in the log also after another was rejected. One in the inbox must have been seen
    there in time, one in the log cannot be late, since the log takes them only while the round is
    open.

    What is in memory only saves reading chain, vault and files again; receipts and arrivals are
    the state. So it may be killed at any moment, and run beside the step that closes the round.
    """

    def __init__(self, home: OpenHome, round_id: RoundId) -> None:
        """Use a round that was opened; nothing is read yet."""
        opened = home.lake.load(places.opening(round_id))
        self._home = home
        self._round = round_id
        self._n_ids = opened.n_ids
        self._ids_hash = opened.ids_hash
        self._last_look = home.chain.tournament.facts(round_id).terms.closes + GRACE_S
        self._log = EntryLog(home.chain, round_id)
        self._arrivals = Arrivals(home.vault, round_id)
        self._accepted: dict[_Key, bool | None] = {}
        self._tried: dict[_Key, int] = {}

    @property
    def entrants(self) -> list[Entrant]:
        """Return each model's last entry as of the last look, ascending by model."""
        return self._log.entrants

    @property
    def ended(self) -> bool:
        """Say whether the round's closing has taken over, after which only it judges."""
        return self._arrivals.ended

    def look(self) -> None:
        """Read what is new in the chain's log, and note what lies in the inbox in time.

        Raises:
            ChainError: if the chain does not answer, or was reorganised; begin with a new object.
        """
        head = self._log.read()
        self._arrivals.read()
        if head.timestamp < self._last_look:
            self._arrivals.note(self._lying())

    def judge(self, most: int | None = None) -> int:
        """Judge what was seen and has no receipt yet.

        Args:
            most: receipts to make at most, so that the next look is not long in coming.

        Returns:
            How many receipts were made.
        """
        judged = 0
        for entrant in self._log.entrants:
            if judged == most:
                break
            judged += self._judge(entrant)
        return judged

    def judge_all(self) -> int:
        """Judge all that was seen, and return how many receipts were made."""
        judged = self.judge()
        while any(self._is_waiting(entrant) for entrant in self._log.entrants):
            judged += self.judge()
        return judged

    def finish(self) -> int:
        """Look once more if it is time still, note nothing any more, and judge what is left.

        Returns:
            How many receipts were made.
        """
        self.look()
        self._arrivals.end()
        return self.judge_all()

    def _lying(self) -> Iterator[Arrival]:
        for entrant in self._log.entrants:
            arrival = (entrant.model, entrant.commitment)
            if arrival not in self._arrivals.files and os.path.lexists(self._path(entrant)):
                yield arrival

    def _path(self, entrant: Entrant) -> Path:
        inbox = places.inbox(entrant.model, self._round, entrant.commitment)
        return self._home.lake.root / inbox

    def _judge(self, entrant: Entrant) -> int:
        """Keep what an entrant's new files are worth; return whether that makes a receipt."""
        key = (entrant.model, entrant.nonce)
        if key not in self._accepted:
            self._recall(entrant)
        accepted, tried = self._accepted[key], self._tried.get(key, 0)
        arrived = (entrant.model, entrant.commitment) in self._arrivals.files
        count = self._log.count(entrant.model)
        in_inbox = [self._path(entrant)] if arrived and accepted is None else []
        if accepted or not (in_inbox or count > tried):
            return 0
        logged = islice(self._log.files(entrant.model, tried), _FILES)
        made = self._first(entrant, chain(in_inbox, logged))
        self._tried[key] = min(count, tried + _FILES)
        return self._keep(entrant, made)

    def _is_waiting(self, entrant: Entrant) -> bool:
        """Return whether files of an entrant's are left that were not opened yet."""
        key = (entrant.model, entrant.nonce)
        accepted, tried = self._accepted.get(key), self._tried.get(key, 0)
        return not accepted and self._log.count(entrant.model) > tried

    def _recall(self, entrant: Entrant) -> None:
        """Remember what an entrant's receipt says, which a killed run may not have published."""
        found = _find(self._home, self._round, entrant)
        for mends in (False, True):
            kept = self._home.vault.seek(_kept_place(self._round, entrant, mends=mends))
            if kept is not None:
                self._publish(entrant, kept, mends=mends)
        self._accepted[entrant.model, entrant.nonce] = None if found is None else found.accepted

    def _keep(self, entrant: Entrant, made: KeptReceipt) -> int:
        """Make a receipt; only an acceptance changes an earlier one."""
        key = (entrant.model, entrant.nonce)
        mends = self._accepted[key] is False
        if mends and not made.accepted:
            return 0
        try:
            self._home.vault.publish(_kept_place(self._round, entrant, mends=mends), made)
        except LakeError:
            # The round's closing came first, and the file was another one for it.
            self._recall(entrant)
            if self._accepted[key] is None:
                raise
            return 0
        self._publish(entrant, made, mends=mends)
        self._accepted[key] = made.accepted
        return 1

    def _publish(self, entrant: Entrant, kept: KeptReceipt, *, mends: bool) -> None:
        """Give the modeller a receipt, which names the digest that the operator has read."""
        receipt = Receipt(
            round_id=self._round,
            model=entrant.model,
            nonce=entrant.nonce,
            digest=kept.digest,
            reason=kept.reason,
        )
        place = places.mended_receipt if mends else places.receipt
        self._home.lake.publish(place(entrant.model, self._round, entrant.nonce), receipt)

    def _first(self, entrant: Entrant, files: Iterator[File]) -> KeptReceipt:
        """Return the receipt of the first file that opens to the commitment, else of the first."""
        first = None
        for file in files:
            kept = self._try(entrant, file)
            if kept.accepted:
                return kept
            first = first or kept
        if first is None:
            raise LakeError(f"no file of {entrant.name} is there to be judged: run again")
        return first

    def _try(self, entrant: Entrant, file: File) -> KeptReceipt:
        try:
            submission = self._open(entrant, file)
        except SubmissionError as error:
            return KeptReceipt(digest=None, salt=None, values=None, reason=str(error))
        values = self._home.vault.put(submissions.values_bytes(submission.values), ".f64")
        return KeptReceipt(
            digest=submission.digest, salt=submission.salt, values=values, reason=None
        )

    def _open(self, entrant: Entrant, sealed: File) -> Submission:
        limit = submissions.max_sealed_bytes(self._n_ids)
        content = _read(sealed, limit)
        if len(content) > limit:
            raise SubmissionError(f"the file is larger than any of {self._n_ids} predictions")
        submission = submissions.decode(keys.unseal(self._home.sealing_key, content))
        submissions.check(submission, self._round, entrant.model, self._ids_hash, self._n_ids)
        committed = commitments.commitment(
            self._home.chain.deployment.salt,
            self._round,
            entrant.model,
            entrant.owner,
            submission.salt,
            submission.digest,
        )
        if committed != entrant.commitment:
            raise SubmissionError("the file is not the one that was committed to on the chain")
        return submission


def _find(home: OpenHome, round_id: RoundId, entrant: Entrant) -> KeptReceipt | None:
    """Return the receipt that counts: the one that mends the first, if there is one."""
    mended = home.vault.seek(_kept_place(round_id, entrant, mends=True))
    return mended or home.vault.seek(_kept_place(round_id, entrant, mends=False))


def _kept_place(round_id: RoundId, entrant: Entrant, *, mends: bool) -> Place[KeptReceipt]:
    place = vault_places.mended_receipt if mends else vault_places.receipt
    return place(entrant.model, round_id, entrant.nonce)


def _read(sealed: File, limit: int) -> bytes:
    """Read a file that a stranger made, and a byte more than `limit` of one that is too large."""
    if isinstance(sealed, bytes):
        return sealed
    try:
        with os.fdopen(opening.open_plain(sealed), "rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise SubmissionError("the file cannot be read") from error
