"""Canonical JSON and digests: one byte string for one document."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical_json(document: Mapping[str, Any]) -> bytes:
    """Encode a document as sorted, compact UTF-8 JSON ending in a newline.

    Args:
        document: strings, integers, booleans, null, lists and mappings; floats that are not
            finite are refused.

    Returns:
        The bytes; equal documents give equal bytes.

    Raises:
        ValueError: if a float is NaN or infinite.

    Source: docs/protocol.md, "Canonical JSON".
    """
    text = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode() + b"\n"


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 digest of some bytes, 64 lower-case hex digits."""
    return hashlib.sha256(content).hexdigest()


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 digest of a document's canonical JSON, 64 lower-case hex digits."""
    return sha256_hex(canonical_json(document))
