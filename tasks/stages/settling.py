"""Settle a round: pay and burn by its leaves, sweep the burns, release what nobody settled."""

import logging

from tasks.adapters import failpoints
from tasks.adapters.chain import releasing
from tasks.core.money.units import RoundId
from tasks.core.protocol import batches, status
from tasks.core.protocol.table import Table
from tasks.stages.desk import Desk

logger = logging.getLogger(__name__)


def settle_round(desk: Desk, round_id: RoundId) -> None:
    """Settle every leaf of a final round that is still locked, then sweep what was burned.

    Safe beside anybody who settles his own leaf: the contract skips it. Does nothing once the
    time to claim is over, when leaves are settled no more and `wind_up` gives the stakes back.
    """
    tournament = desk.chain.tournament
    if tournament.status(round_id) != status.FINAL or _claim_is_over(desk, round_id):
        return
    table = Table.from_document(desk.lake.document(f"rounds/{round_id}/table"))
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
        first = leaves[0].model.hex()
        purpose = f"settle/{round_id}/{number}/{first}"
        desk.chain.send(write, desk.keeper, desk.journal, purpose=purpose)
    failpoints.reach("settle/paid", round_id)
    sweep(desk)


def sweep(desk: Desk) -> None:
    """Burn what settled rounds left to burn, if there is anything."""
    tournament = desk.chain.tournament
    if tournament.burnable() > 0:
        # burns come again and again, so each sweep is a transaction's matter of its own
        purpose = f"sweep/{len(tournament.swept())}"
        desk.chain.send(tournament.sweep(), desk.keeper, desk.journal, purpose=purpose)


def wind_up(desk: Desk, round_id: RoundId) -> None:
    """Give back the stakes of an abandoned round, or of one whose time to claim has passed.

    What else was left to burn, as an operator's duty bond, is swept.
    """
    by = (desk.chain, desk.keeper, desk.journal, round_id)
    if desk.chain.tournament.status(round_id) == status.ABANDONED:
        releasing.book_abandonment(*by)
    elif not _claim_is_over(desk, round_id):
        return
    releasing.release_all(*by)
    sweep(desk)


def _claim_is_over(desk: Desk, round_id: RoundId) -> bool:
    facts = desk.chain.tournament.facts(round_id)
    final_at = desk.chain.tournament.final_at(round_id)
    return final_at > 0 and desk.chain.now() >= final_at + facts.parameters.claim
