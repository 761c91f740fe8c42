"""Enter rounds: what to risk, then plan, commit and deliver, for one model or many at once."""

from collections.abc import Mapping, Sequence

from tasks.adapters import failpoints
from tasks.client import live
from tasks.client.modeller import Client, Entry
from tasks.client.plans import Plan
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import status
from tasks.core.rules import OVERLAP


def enter(
    clients: Sequence[Client],
    round_id: RoundId,
    entries: Mapping[str, Entry],
    *,
    on_chain: bool = False,
) -> list[Plan]:
    """Enter models of one machine: all plans are stored before anything is sent.

    The same entries again finish what a killed run began; other predictions, or a higher stake,
    replace an entry while the round is open.

    Args:
        clients: on one chain and lake; their transactions are sent in this order.
        round_id: an open round.
        entries: one for each client's name.
        on_chain: deliver the sealed files by transactions instead of into the inbox.

    Returns:
        The plans, in the order of the clients.

    Raises:
        SubmissionError: if predictions break a rule.
        InputError: if a stake is too small, or lower than it was, or a file too large for the
            chain.
        ChainError: if the round is not open, or the chain refuses.
    """
    if not clients:
        return []
    chain = clients[0].chain
    opened = live.read(chain, clients[0].lake, round_id)
    plans = [client.prepare(opened, entries[client.name]) for client in clients]
    orders = [client.order(plan) for client, plan in zip(clients, plans, strict=True)]
    # Delivered first: nobody can guess where, until the commitment is on the chain.
    if on_chain:
        deliveries = [client.delivery(plan) for client, plan in zip(clients, plans, strict=True)]
        chain.send_many(deliveries)
    else:
        for client, plan in zip(clients, plans, strict=True):
            client.deliver(plan)
    failpoints.reach("enter/delivered", round_id)
    chain.send_many(orders)
    return plans


def stakes(
    clients: Sequence[Client], round_id: RoundId, wanted: Mapping[str, Wei]
) -> dict[str, Wei]:
    """Return what models can put at risk in a round; one that cannot afford it is left out.

    Args:
        clients: on one chain.
        round_id: an open round.
        wanted: fixed stakes by model; the others risk min(free, (free + locked) // 6), but at
            least the round's smallest stake.

    Returns:
        Stakes by model. A model with a plan for the round keeps that plan's.
    """
    if not clients:
        return {}
    tournament = clients[0].chain.tournament
    block = clients[0].chain.header().number
    smallest = tournament.facts(round_id, block).terms.smallest_stake
    free = tournament.free_many([client.model for client in clients], block)
    locked = _locked(clients, block)
    found = {}
    for client, mine in zip(clients, free, strict=True):
        plan = client.plans.find(round_id)
        share = max(share_of(mine, locked[client.name]), smallest)
        at_risk = plan.at_risk if plan else wanted.get(client.name, Wei(share))
        if plan or at_risk <= mine:
            found[client.name] = at_risk
    return found


def share_of(free: int, locked: int) -> int:
    """Return what a model risks in a round unless its owner says otherwise, wei."""
    return min(free, (free + locked) // OVERLAP)


def stake_of(client: Client, round_id: RoundId, wanted: Wei | None = None) -> Wei:
    """Return what one model puts at risk in a round.

    Raises:
        InputError: if it cannot afford it.
    """
    fixed = {} if wanted is None else {client.name: wanted}
    found = stakes([client], round_id, fixed).get(client.name)
    if found is None:
        raise InputError(
            f"{client.name} has too little free stake for round {round_id}: deposit more, "
            "or wait until an earlier round settles"
        )
    return found


def _locked(clients: Sequence[Client], block: int) -> dict[str, int]:
    """Return what each model has locked in all the rounds that it planned to enter."""
    tournament = clients[0].chain.tournament
    models = [client.model for client in clients]
    total = {client.name: 0 for client in clients}
    for round_id in sorted({number for client in clients for number in client.plans.unfinished()}):
        amounts = tournament.locked_many(round_id, models, block)
        for client, amount in zip(clients, amounts, strict=True):
            total[client.name] += amount
        over = tournament.status(round_id, block) in (status.FINAL, status.ABANDONED)
        if over and not any(amounts):
            for client in clients:
                client.plans.finish(round_id)
    return total
