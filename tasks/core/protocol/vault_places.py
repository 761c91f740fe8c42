"""Where an operator keeps what nobody else reads, and of which kind each document is."""

from tasks.core.money.units import RoundId
from tasks.core.protocol import places
from tasks.core.protocol.documents.gifts import Gift, Given
from tasks.core.protocol.documents.receipts import ArrivalNote, KeptReceipt
from tasks.core.protocol.documents.vault import DataSet, KeptBook, LivePace
from tasks.core.protocol.places import Place

PACE = Place("pace", LivePace)
"""How a live home's market moves."""


def dataset(number: int) -> Place[DataSet]:
    """Return the data set as it was after it had grown so many times, from 1."""
    return Place(f"dataset/{number:06d}", DataSet)


def book(round_id: RoundId) -> Place[KeptBook]:
    """Return where the objects of a round's book lie."""
    return Place(f"rounds/{round_id}/book", KeptBook)


def arrivals(round_id: RoundId, number: int) -> Place[ArrivalNote]:
    """Return the n-th note of the files that lay in a round's inbox in time, from 1."""
    return Place(f"arrivals/{round_id}/{number:06d}", ArrivalNote)


def receipt(model: bytes, round_id: RoundId, nonce: int) -> Place[KeptReceipt]:
    """Return the operator's part of `places.receipt`."""
    return Place(places.receipt_name(model, round_id, nonce), KeptReceipt)


def mended_receipt(model: bytes, round_id: RoundId, nonce: int) -> Place[KeptReceipt]:
    """Return the operator's part of `places.mended_receipt`."""
    return Place(f"{places.receipt_name(model, round_id, nonce)}-mended", KeptReceipt)


def grant(address: str, label: str) -> Place[Gift]:
    """Return what an account is granted under a label."""
    return Place(f"grants/{address.lower()}-{label}", Gift)


def given(address: str) -> Place[Given]:
    """Return that the faucet has given to an account."""
    return Place(f"faucet/{address.lower()}", Given)
