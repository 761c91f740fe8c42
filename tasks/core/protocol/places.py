"""Where things lie in the lake: names that operator, modellers and verifiers must share."""

from tasks.core.money.units import RoundId

VERSION = "v1"
"""The only data version so far."""

FIRST, LAST = "s0001", "s0002"
"""A replay's two snapshots with single files: at its beginning and at its end."""

FAUCET = "faucet"
"""The document of a home that gives tokens and gas away: how much, in wei."""

FAUCET_INBOX = "inbox/faucet"
"""Where an account asks for them: a file below the lake's root, named by its address."""


def manifest(snapshot: str) -> str:
    """Return the document of a data snapshot."""
    return f"versions/{VERSION}/{snapshot}/manifest"


def snapshot(number: int) -> str:
    """Return the name of a home's n-th snapshot with single files, from 1."""
    return f"s{number:04d}"


def live_snapshot(round_id: RoundId) -> str:
    """Return the name of the snapshot that a round's modellers work with."""
    return f"live_{round_id}"


def opened(round_id: RoundId) -> str:
    """Return the document that names a matrix which was published after its results."""
    return f"rounds/{round_id}/opened"


def inbox(model: bytes, round_id: RoundId, commitment: bytes) -> str:
    """Return where a modeller delivers a sealed file, a path below the lake's root.

    Nobody can guess a commitment, so nobody can lay another file there before the delivery.
    """
    return f"inbox/{model.hex()}/{round_id}/{commitment.hex()}.sealed"


def receipt(model: bytes, round_id: RoundId, nonce: int) -> str:
    """Return the document that says what intake made of an entry's first file."""
    return f"receipts/{round_id}/{model.hex()}-{nonce}"


def mended_receipt(model: bytes, round_id: RoundId, nonce: int) -> str:
    """Return the document that accepts an entry after `receipt` had rejected its first file."""
    return f"{receipt(model, round_id, nonce)}-mended"
