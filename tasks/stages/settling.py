"""Settle a round: pay and burn by its leaves, sweep the burns, release what nobody settled."""

import logging

from tasks.adapters import failpoints
from tasks.adapters.chain import releasing
from tasks.core.money.units import RoundId
from tasks.core.protocol import batches, places, purposes, status
from tasks.stages.open_home import OpenHome

logger = logging.getLogger(__name__)


def settle_round(home: OpenHome, round_id: RoundId) -> None:
    """Settle every leaf of a final round that is still locked, then sweep what was burned.

    Safe beside anybody who settles his own leaf: the contract skips it. Does nothing once the
    time to claim is over, when leaves are settled no more and `wind_up` gives the stakes back.
    """
    tournament = home.chain.tournament
    if tournament.status(round_id) != status.FINAL or _claim_is_over(home, round_id):
        return
    table = home.lake.load(places.table(round_id))
    tree = table.tree()
    if tree.root != tournament.facts(round_id).proposal.root:
        logger.warning("round %d has a root that is not ours: its leaves stay unsettled", round_id)
        return
    locked = tournament.locked_many(round_id, [row.model for row in table.rows])
    open_rows = [i for i, amount in enumerate(locked) if amount > 0]
    for number, batch in enumerate(batches.of(open_rows)):
        leaves = [table.rows[i] for i in batch]
        proofs = [tree.proof(i) for i in batch]
        write = tournament.settle_many(round_id, leaves, proofs)
        purpose = purposes.settle(round_id, number, leaves[0].model.hex())
        home.chain.send(write, home.keeper, home.journal, purpose=purpose)
    failpoints.reach("settle/paid", round_id)
    sweep(home)


def sweep(home: OpenHome) -> None:
    """Burn what settled rounds left to burn, if there is anything."""
    tournament = home.chain.tournament
    if tournament.burnable() > 0:
        # burns come again and again, so each sweep is a transaction's matter of its own
        purpose = purposes.sweep(len(tournament.swept()))
        home.chain.send(tournament.sweep(), home.keeper, home.journal, purpose=purpose)


def wind_up(home: OpenHome, round_id: RoundId) -> None:
    """Give back the stakes of an abandoned round, or of one whose time to claim has passed.

    What else was left to burn, as an operator's duty bond, is swept.
    """
    by = (home.chain, home.keeper, home.journal, round_id)
    if home.chain.tournament.status(round_id) == status.ABANDONED:
        releasing.book_abandonment(*by)
    elif not _claim_is_over(home, round_id):
        return
    releasing.release_all(*by)
    sweep(home)


def _claim_is_over(home: OpenHome, round_id: RoundId) -> bool:
    facts = home.chain.tournament.facts(round_id)
    final_at = home.chain.tournament.final_at(round_id)
    return final_at > 0 and home.chain.now() >= final_at + facts.parameters.claim
