"""Propose a resolved round's root, where that was approved."""

import logging

from tasks.adapters import failpoints
from tasks.core.money.units import RoundId
from tasks.core.protocol import places, purposes, status
from tasks.stages import approving
from tasks.stages.open_home import OpenHome

logger = logging.getLogger(__name__)


def propose(home: OpenHome, round_id: RoundId) -> None:
    """Propose the root of a round's published results, unless a proposal is live or final.

    Does nothing before the results are published. A root that the arbiter ruled wrong is not
    proposed again.

    Raises:
        InputError: if a person has still to approve the table.
        ChainError: if the chain refuses.
    """
    tournament = home.chain.tournament
    results = home.lake.seek(places.results(round_id))
    if results is None or tournament.status(round_id) != status.RESOLVING:
        return
    failpoints.reach("resolve/published", round_id)
    if any(
        ruling.root == results.root and not ruling.right for ruling in tournament.ruled(round_id)
    ):
        logger.warning("round %d: our root was ruled wrong: it is not proposed again", round_id)
        return
    approving.require(home, round_id)
    write = tournament.propose(
        round_id,
        root=results.root,
        table=bytes.fromhex(results.table_sha256),
        targets=results.targets_digest,
        uri=places.results(round_id).name,
    )
    # a proposal that became void is another transaction's matter
    purpose = purposes.propose(round_id, earlier=len(tournament.proposed(round_id)))
    home.chain.send(write, home.operator, home.journal, purpose=purpose)
