"""Where documents lie, and of which kind each is: names that whoever reads a lake must share.

What an operator keeps for himself has its names in `vault_places`.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from tasks.core.money.units import RoundId
from tasks.core.protocol.documents.book import Book
from tasks.core.protocol.documents.fields import Document
from tasks.core.protocol.documents.gifts import Gift
from tasks.core.protocol.documents.opening import Disclosure, RoundOpening
from tasks.core.protocol.documents.receipts import Receipt
from tasks.core.protocol.documents.results import Approval, DayScores, Results, Scores
from tasks.core.protocol.documents.snapshots import Manifest, Version
from tasks.core.protocol.table import Table

VERSION = "v1"
"""The only data version so far."""

FAUCET_INBOX = "inbox/faucet"
"""Where an account asks the faucet: a file below the lake's root, named by its address."""

D_co = TypeVar("D_co", bound=Document, covariant=True)


@dataclass(frozen=True, slots=True)
class Place(Generic[D_co]):
    """A document's name, below the root of its store and without a suffix, and its kind."""

    name: str
    kind: type[D_co]

    def __str__(self) -> str:
        return self.name


FAUCET = Place("faucet", Gift)
"""What a home that gives tokens and gas away gives to each account that asks."""

DATA_VERSION = Place(f"versions/{VERSION}/version", Version)
"""What is fixed for the life of the data's version."""

FIRST, LAST = "s0001", "s0002"
"""A replay's two snapshots with single files: at its beginning and at its end."""


def snapshot(number: int) -> str:
    """Return the name of a home's n-th snapshot with single files, from 1."""
    return f"s{number:04d}"


def live_snapshot(round_id: RoundId) -> str:
    """Return the name of the snapshot that a round's modellers work with."""
    return f"live_{round_id}"


def folder(snapshot: str) -> str:
    """Return the folder of a snapshot, in which its single files lie, below the lake's root."""
    return f"versions/{VERSION}/{snapshot}"


def manifest(snapshot: str) -> Place[Manifest]:
    """Return what a snapshot consists of."""
    return Place(f"{folder(snapshot)}/manifest", Manifest)


def opening(round_id: RoundId) -> Place[RoundOpening]:
    """Return what a round was opened with."""
    return Place(f"rounds/{round_id}/open", RoundOpening)


def book(round_id: RoundId) -> Place[Book]:
    """Return what a round closed with."""
    return Place(f"rounds/{round_id}/book", Book)


def day_scores(round_id: RoundId, days: int) -> Place[DayScores]:
    """Return a round's scores by the return over some days, of at most 99."""
    return Place(f"rounds/{round_id}/days/{days:02d}", DayScores)


def scores(round_id: RoundId) -> Place[Scores]:
    """Return a round's final scores."""
    return Place(f"rounds/{round_id}/scores", Scores)


def table(round_id: RoundId) -> Place[Table]:
    """Return the rows that a round's root commits to."""
    return Place(f"rounds/{round_id}/table", Table)


def results(round_id: RoundId) -> Place[Results]:
    """Return what a round resolved to."""
    return Place(f"rounds/{round_id}/results", Results)


def approval(round_id: RoundId) -> Place[Approval]:
    """Return a person's approval of a round's table."""
    return Place(f"rounds/{round_id}/approval", Approval)


def disclosure(round_id: RoundId) -> Place[Disclosure]:
    """Return what names a matrix that was published after its results."""
    return Place(f"rounds/{round_id}/opened", Disclosure)


def receipt(model: bytes, round_id: RoundId, nonce: int) -> Place[Receipt]:
    """Return what intake made of an entry's first file."""
    return Place(receipt_name(model, round_id, nonce), Receipt)


def mended_receipt(model: bytes, round_id: RoundId, nonce: int) -> Place[Receipt]:
    """Return what accepts an entry after `receipt` had rejected its first file."""
    return Place(f"{receipt_name(model, round_id, nonce)}-mended", Receipt)


def receipt_name(model: bytes, round_id: RoundId, nonce: int) -> str:
    """Return the name that an entry's receipt has in the lake and in the vault."""
    return f"receipts/{round_id}/{model.hex()}-{nonce}"


def inbox(model: bytes, round_id: RoundId, commitment: bytes) -> str:
    """Return where a modeller delivers a sealed file, a path below the lake's root.

    Nobody can guess a commitment, so nobody can lay another file there before the delivery.
    """
    return f"inbox/{model.hex()}/{round_id}/{commitment.hex()}.sealed"
