"""An open round as a modeller should see it: what the lake says, checked against the chain."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake
from tasks.client.data import Dataset
from tasks.core.errors import ChainError, LakeError
from tasks.core.money.units import RoundId
from tasks.core.protocol import commitments, places, status
from tasks.core.protocol.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRound:
    """An open round: its ids in order, their hash, and its terms by the chain."""

    round_id: RoundId
    ids: Sequence[str]
    ids_hash: bytes
    terms: Terms


def read(chain: Chain, lake: Lake, round_id: RoundId) -> LiveRound:
    """Return an open round.

    Raises:
        ChainError: if it is not open.
        LakeError: if the operator published another live era than it opened the round with.
    """
    state = chain.tournament.status(round_id)
    if state != status.OPEN:
        raise ChainError(f"round {round_id} takes no entries: its status is {status.NAMES[state]}")
    terms = chain.tournament.facts(round_id).terms
    require_published(lake, round_id, terms)
    name = places.live_snapshot(round_id)
    dataset = Dataset.open(lake, name)
    ids = dataset.ids(dataset.live.name)
    ids_hash = commitments.ids_hash(ids)
    return LiveRound(round_id=round_id, ids=ids, ids_hash=ids_hash, terms=terms)


def require_published(lake: Lake, round_id: RoundId, terms: Terms) -> None:
    """Check that a lake's live era is the one that a round was opened over.

    Raises:
        LakeError: if it is another, or not there.
    """
    eras = lake.load(places.manifest(places.live_snapshot(round_id))).eras
    if not eras or eras[-1].json_digest() != terms.data:
        raise LakeError(f"round {round_id} was opened over other data than the lake's live era")
