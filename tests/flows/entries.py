"""Entries made by hand: sound ones, and the ways in which one goes wrong."""

import dataclasses
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import keys
from tasks.client import entering, live
from tasks.client.modeller import Client, Entry
from tasks.client.plans import Plan
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import commitments, places, submissions
from tests.tournaments import Tournament

AT_RISK = Wei(150 * WAD)


def values(client: Client, round_id: RoundId, n_ids: int) -> NDArray[np.float64]:
    """Return predictions of chance, of a model's own in each round."""
    seed = int.from_bytes(client.model[:8]) + round_id
    return np.random.default_rng(seed).random(n_ids)


def entry(client: Client, round_id: RoundId, at_risk: Wei = AT_RISK) -> Entry:
    opened = live.read(client.chain, client.lake, round_id)
    predictions = values(client, round_id, len(opened.ids))
    return Entry(ids=opened.ids, values=predictions, at_risk=at_risk)


def enter(tournament: Tournament, round_id: RoundId, names: Iterable[str]) -> None:
    """Enter models as they should."""
    clients = [tournament.clients[name] for name in names]
    entries = {client.name: entry(client, round_id) for client in clients}
    entering.enter(clients, round_id, entries)


def commit(client: Client, plan: Plan) -> None:
    """Send a plan's transaction and deliver nothing."""
    client.chain.send_many([client.order(plan)])


def prepare(client: Client, round_id: RoundId) -> Plan:
    opened = live.read(client.chain, client.lake, round_id)
    return client.prepare(opened, entry(client, round_id))


def prepare_unchecked(client: Client, round_id: RoundId, predictions: NDArray[np.float64]) -> Plan:
    """Return a stored plan of predictions that the client itself would refuse."""
    opened = live.read(client.chain, client.lake, round_id)
    plan = prepare(client, round_id)
    submission = dataclasses.replace(client.plans.submission(plan), values=predictions)
    commitment = commitments.commitment(
        client.chain.deployment.salt,
        round_id,
        client.model,
        client.signer.address,
        submission.salt,
        submission.digest,
    )
    plan = dataclasses.replace(plan, commitment=commitment, digest=submission.digest)
    sealed = keys.seal(opened.terms.key, submissions.encode(submission))
    return client.plans.store(plan, submission, sealed)


def put(client: Client, plan: Plan, content: bytes) -> None:
    """Lay other bytes where a plan's sealed file is expected."""
    path = client.lake.root / places.inbox(client.model, plan.round_id, plan.commitment)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def sealed(client: Client, plan: Plan) -> bytes:
    """Return the sealed file of a plan, as its owner stored it."""
    path = client.folder / "rounds" / f"{plan.round_id}-{plan.nonce}.sealed"
    return path.read_bytes()
