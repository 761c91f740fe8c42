"""What a stranger does with a round whose operator is gone: every stake goes home."""

from tasks.adapters.chain import releasing
from tasks.adapters.chain.connection import Chain
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import dates, status


def abandon(chain: Chain, signer: Signer, journal: Journal, round_id: RoundId) -> None:
    """Book a round's abandonment and release every stake of it, in batches.

    Stakes go to their models' free stake, reserves to their pools, bonds as the rules decide.
    What is done already, by this caller or another, is left out.

    Args:
        chain: of the tournament.
        signer: any account that can pay the gas.
        journal: the caller's own.
        round_id: the round.

    Raises:
        InputError: if there is no such round, or it is not abandoned; the message says when.
        ChainError: if the chain refuses.
    """
    tournament = chain.tournament
    state = tournament.status(round_id)
    if state == status.NONE:
        raise InputError(dates.not_there(round_id))
    if state != status.ABANDONED:
        facts = tournament.facts(round_id)
        raise InputError(dates.not_abandoned(round_id, state, facts, chain.now()))
    releasing.book_abandonment(chain, signer, journal, round_id)
    releasing.release_all(chain, signer, journal, round_id)
