"""What a replay derives from its seed, so that the same seed gives the same bytes."""

from tasks.core.protocol import abi

PRIVATE_CHAINS = range(0x455200000000, 0x455300000000)
"""The chain ids of homes; on these alone may windows and bonds be zero."""


def derive(seed: int, purpose: str) -> bytes:
    """Return 32 bytes that only this seed and purpose give.

    Args:
        seed: the home's seed, uint256.
        purpose: what the bytes are for, such as `key/operator` or `deployment-salt`.

    Raises:
        InputError: if the seed does not fit.

    Source: docs/protocol.md, "Encodings".
    """
    return abi.digest(["uint256", "string"], [seed, purpose])


def chain_id(seed: int) -> int:
    """Return a home's chain id: the first private one plus the last four bytes of `chain-id`."""
    return PRIVATE_CHAINS.start + int.from_bytes(derive(seed, "chain-id")[-4:])
