"""Digests of submissions: what an entry commits to before anyone can read it."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from eth_hash.auto import keccak
from numpy.typing import NDArray

from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import abi, canonical

_CONTENT = b"erarium/content/1\n"
_ID_MAP = b"erarium/id-map/1\n"
_DOMAIN = keccak(b"erarium/commitment/1")
_CANONICAL_NAN = np.uint64(0x7FF8000000000000)


def ids_hash(ids: Sequence[str]) -> bytes:
    """Return the SHA-256 of the ids, sorted by their UTF-8 bytes and joined by newlines.

    Raises:
        InputError: if there is none, one occurs twice, or one is empty or holds a newline.

    Source: docs/protocol.md, "Encodings".
    """
    encoded = sorted(entry.encode() for entry in ids)
    if not encoded:
        raise InputError("no ids to hash")
    if len(set(encoded)) != len(encoded):
        raise InputError("an id occurs twice")
    if any(not entry or b"\n" in entry for entry in encoded):
        raise InputError("an id is empty or holds a newline")
    return hashlib.sha256(b"\n".join(encoded)).digest()


def content_digest(hash_of_ids: bytes, predictions: NDArray[np.float64]) -> bytes:
    """Return the digest of a submission's canonical content, whatever file it came in.

    Args:
        hash_of_ids: `ids_hash` of the round's live ids, 32 bytes.
        predictions: one a live id, in the order of the sorted ids, shape (n_ids,); any NaN is
            written as 0x7ff8000000000000.

    Raises:
        InputError: if the hash has not 32 bytes or the predictions are not one row of float64.

    Source: docs/protocol.md, "Encodings".
    """
    if len(hash_of_ids) != 32:
        raise InputError(f"the ids' hash has {len(hash_of_ids)} bytes, not 32")
    if predictions.ndim != 1 or predictions.dtype != np.float64:
        raise InputError(
            f"predictions are {predictions.dtype} of shape {predictions.shape}, not float64 (n,)"
        )
    bits = predictions.astype("<f8").view("<u8")
    bits[np.isnan(predictions)] = _CANONICAL_NAN
    return hashlib.sha256(_CONTENT + hash_of_ids + bits.tobytes()).digest()


def commitment(
    deployment_salt: bytes, round_id: RoundId, model: bytes, staker: str, salt: bytes, digest: bytes
) -> bytes:
    """Return what `enter` publishes for a submission.

    Args:
        deployment_salt: the contract's SALT.
        round_id: the round.
        model: the model's id.
        staker: the model's owner, who enters it.
        salt: 32 random bytes of the modeller's, so that the content cannot be guessed.
        digest: `content_digest` of the submission.

    Raises:
        InputError: if a part does not fit its type.

    Source: docs/protocol.md, "Encodings".
    """
    return abi.digest(
        ["bytes32", "bytes32", "uint64", "bytes32", "address", "bytes32", "bytes32"],
        [_DOMAIN, deployment_salt, round_id, model, staker, salt, digest],
    )


def id_map_digest(salt: bytes, assets: Mapping[str, str]) -> bytes:
    """Return the salted hash of a round's id-to-asset map, published before it can matter.

    Args:
        salt: 32 secret bytes, opened with the map.
        assets: the asset of each id.

    Raises:
        InputError: if the salt has not 32 bytes.

    Source: docs/protocol.md, "Encodings".
    """
    if len(salt) != 32:
        raise InputError(f"the map's salt has {len(salt)} bytes, not 32")
    return hashlib.sha256(_ID_MAP + salt + canonical.canonical_json(assets)).digest()
