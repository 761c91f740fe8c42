"""A submission's canonical form, the rules it must meet, and the file that is sealed."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.core.errors import SubmissionError
from tasks.core.money.units import RoundId
from tasks.core.protocol import alignment, canonical, commitments
from tasks.core.protocol.alignment import Alignment, LiveIds

MAX_HEADER_BYTES = 1_024
MAX_LOGGED_BYTES = 65_536
"""Most of a sealed file that the contract takes for its log."""

_SEAL_BYTES = 48
_VALUE_BYTES = 8
_HEX_32 = re.compile(r"[0-9a-f]{64}")
_HEADER = {"round", "model", "salt", "n_ids", "ids_hash", "digest"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Submission:
    """One model's predictions for one round, in the order of the sorted live ids."""

    round_id: RoundId
    model: bytes
    salt: bytes
    ids_hash: bytes
    values: NDArray[np.float64]

    @property
    def digest(self) -> bytes:
        """Return the digest of the content, which the commitment covers."""
        return commitments.content_digest(self.ids_hash, self.values)


def canonical_values(
    live_ids: Sequence[str], ids: Sequence[str], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return predictions in the order of the sorted live ids, after checking every rule.

    Args:
        live_ids: the round's ids, in any order.
        ids: the file's ids, in any order.
        values: a prediction for each of `ids`, shape (n_ids,).

    Raises:
        SubmissionError: if an id is missing, not live or there twice, or a value breaks a rule.
        InputError: if the live ids are not ids, each once.

    Source: docs/protocol.md, "Submissions".
    """
    rows = Alignment(LiveIds.of(live_ids))
    try:
        names = pa.array(ids, pa.string())
    except (pa.ArrowException, TypeError, UnicodeEncodeError) as error:
        raise SubmissionError("an id is no text: ids are strings, as in the live file") from error
    if names.null_count:
        raise SubmissionError(f"{names.null_count} ids are missing")
    rows.add(names, np.asarray(values, dtype=np.float64))
    aligned = rows.finish()
    alignment.check_values(aligned)
    return aligned


def check(
    submission: Submission, round_id: RoundId, model: bytes, ids_hash: bytes, n_ids: int
) -> None:
    """Check that a submission is one of this model for this round, and meets the rules.

    Args:
        submission: as decoded.
        round_id: the round it must be for.
        model: the model it must be of.
        ids_hash: the hash of the round's live ids.
        n_ids: how many live ids there are; the hash alone does not bind how many values follow.

    Raises:
        SubmissionError: if not; the message says what to mend.
    """
    if submission.round_id != round_id:
        raise SubmissionError(f"the file is for round {submission.round_id}, not {round_id}")
    if submission.model != model:
        raise SubmissionError(f"the file is of another model, {submission.model.hex()}")
    if submission.ids_hash != ids_hash:
        raise SubmissionError("the file has other ids than the round's live ones")
    if submission.values.shape != (n_ids,):
        raise SubmissionError(f"the file has {submission.values.size} predictions, not {n_ids}")
    alignment.check_values(submission.values)


def max_sealed_bytes(n_ids: int) -> int:
    """Return the size that no valid sealed file passes."""
    return MAX_HEADER_BYTES + _VALUE_BYTES * n_ids + _SEAL_BYTES


def values_bytes(values: NDArray[np.float64]) -> bytes:
    """Return values as little-endian float64."""
    return values.astype("<f8").tobytes()


def values_from(content: bytes) -> NDArray[np.float64]:
    """Return the values in little-endian float64 bytes.

    Raises:
        SubmissionError: if a value is cut off.
    """
    if len(content) % _VALUE_BYTES:
        raise SubmissionError(f"{len(content)} bytes are not a whole number of predictions")
    return np.frombuffer(content, dtype="<f8").astype(np.float64)


def encode(submission: Submission) -> bytes:
    """Return the file that is sealed: one line of canonical JSON, then the values.

    Source: docs/protocol.md, "Submissions".
    """
    header = {
        "digest": submission.digest.hex(),
        "ids_hash": submission.ids_hash.hex(),
        "model": submission.model.hex(),
        "n_ids": submission.values.size,
        "round": submission.round_id,
        "salt": submission.salt.hex(),
    }
    return canonical.canonical_json(header) + values_bytes(submission.values)


def decode(content: bytes) -> Submission:
    """Read an opened file; nothing in it is trusted.

    Raises:
        SubmissionError: if it is not exactly what `encode` makes.
    """
    line, newline, body = content.partition(b"\n")
    if not newline or len(line) >= MAX_HEADER_BYTES:
        raise SubmissionError(f"the file has no header line within {MAX_HEADER_BYTES} bytes")
    header = _header(line + newline)
    if len(body) != _VALUE_BYTES * header["n_ids"]:
        raise SubmissionError(
            f"the file has {len(body)} bytes of predictions, its header says {header['n_ids']} ids"
        )
    submission = Submission(
        round_id=RoundId(header["round"]),
        model=bytes.fromhex(header["model"]),
        salt=bytes.fromhex(header["salt"]),
        ids_hash=bytes.fromhex(header["ids_hash"]),
        values=values_from(body),
    )
    if submission.digest.hex() != header["digest"]:
        raise SubmissionError("the file's digest is not that of its predictions")
    return submission


def _header(line: bytes) -> dict[str, Any]:
    try:
        header: Any = json.loads(line)
        plain = isinstance(header, dict) and canonical.canonical_json(header) == line
    # A header of nothing but brackets exhausts the parser's stack before it is refused.
    except (ValueError, RecursionError) as error:
        raise SubmissionError("the file's header is not JSON") from error
    if not plain or set(header) != _HEADER:
        raise SubmissionError(f"the file's header is not canonical JSON of {sorted(_HEADER)}")
    for name in ("round", "n_ids"):
        if type(header[name]) is not int or not 0 <= header[name] < 2**64:
            raise SubmissionError(f"the file's {name} is not a number from 0 to 2^64 - 1")
    for name in ("model", "salt", "ids_hash", "digest"):
        if not (isinstance(header[name], str) and _HEX_32.fullmatch(header[name])):
            raise SubmissionError(f"the file's {name} is not 64 hex digits")
    return dict(header)
