"""Bring the stakes of a round home that is abandoned, or whose time to claim is over."""

from tasks.adapters.chain.connection import Chain
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.core.errors import ChainError
from tasks.core.money.units import RoundId
from tasks.core.protocol import batches, purposes


def book_abandonment(chain: Chain, signer: Signer, journal: Journal, round_id: RoundId) -> None:
    """Book what facts and time have decided, unless that is done.

    Raises:
        ChainError: if the chain refuses, and nobody else came first.
    """
    tournament = chain.tournament
    if tournament.facts(round_id).abandoned:
        return
    try:
        write = tournament.abandon(round_id)
        chain.send(write, signer, journal, purpose=purposes.abandon(round_id))
    except ChainError:
        # Somebody else may have come first, which is as good.
        if not tournament.facts(round_id).abandoned:
            raise


def release_all(chain: Chain, signer: Signer, journal: Journal, round_id: RoundId) -> None:
    """Release every stake that is still locked in a round; the contract passes over others' work.

    Raises:
        ChainError: if the chain refuses.
    """
    tournament = chain.tournament
    models = sorted({entry.model for entry in tournament.entered(round_id)})
    locked = tournament.locked_many(round_id, models)
    waiting = [model for model, amount in zip(models, locked, strict=True) if amount > 0]
    for number, batch in enumerate(batches.of(waiting)):
        write = tournament.release_many(round_id, batch)
        purpose = purposes.release(round_id, number, batch[0].hex())
        chain.send(write, signer, journal, purpose=purpose)
