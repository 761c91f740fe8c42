"""The hash chain over a round's entries, so that a hidden or invented entry shows."""

from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import abi

EMPTY = bytes(32)
"""The head of a round without an entry."""


def extend(
    head: bytes, round_id: RoundId, model: bytes, at_risk: Wei, commitment: bytes, nonce: int
) -> bytes:
    """Return the head after one more entry.

    Args:
        head: the head before, `EMPTY` for the first entry.
        round_id: the round.
        model: the model's id.
        at_risk: the model's whole lock in the round after the entry.
        commitment: the entry's commitment.
        nonce: the entry's nonce.

    Source: docs/protocol.md, "Encodings".
    """
    return abi.digest(
        ["bytes32", "uint64", "bytes32", "uint256", "bytes32", "uint64"],
        [head, round_id, model, at_risk, commitment, nonce],
    )
