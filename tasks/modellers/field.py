"""The whole field of reference models enters a round, each through its own client."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.adapters.executors import Executor
from tasks.adapters.lake import Lake
from tasks.client import entering
from tasks.client.data import Dataset
from tasks.client.modeller import Client, Entry
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import places, status
from tasks.modellers import predicting
from tasks.modellers.predicting import Job
from tasks.modellers.roster import ModellerSpec

_LOGGER = logging.getLogger(__name__)


def enter(
    specs: Sequence[ModellerSpec],
    clients: Mapping[str, Client],
    executor: Executor,
    lake_root: Path,
    round_id: RoundId,
) -> None:
    """Let every model that has not entered a round predict, commit, stake and deliver.

    A copy is given its source's file and enters after the source's transaction is mined. A
    model that cannot afford its stake sits the round out.

    Args:
        specs: the models.
        clients: one for each model's name.
        executor: where the models are fitted and predict.
        lake_root: the public lake.
        round_id: the round; nothing is done unless it is open, so a repeated run passes by what
            is over.
    """
    if not clients or not _is_open(clients, round_id):
        return
    snapshot = places.live_snapshot(round_id)
    waiting = [spec for spec in specs if not clients[spec.name].has_entered(round_id)]
    fixed = {spec.name: spec.at_risk for spec in waiting if spec.at_risk is not None}
    stakes = entering.stakes([clients[spec.name] for spec in waiting], round_id, fixed)
    for spec in waiting:
        if spec.name not in stakes:
            _LOGGER.warning("%s sits round %d out: too little free stake", spec.name, round_id)
    ready = [spec for spec in waiting if spec.name in stakes]
    originals = [spec for spec in ready if spec.copies is None]
    values = _predict(originals, clients, executor, lake_root, snapshot)
    _send(originals, clients, values, stakes, lake_root, snapshot, round_id)
    copies = [spec for spec in ready if spec.copies is not None]
    given = {spec.name: clients[spec.copies or ""].submitted(round_id) for spec in copies}
    copied = {name: rows for name, rows in given.items() if rows is not None}
    able = [spec for spec in copies if spec.name in copied]
    _send(able, clients, copied, stakes, lake_root, snapshot, round_id)


def _is_open(clients: Mapping[str, Client], round_id: RoundId) -> bool:
    chain = next(iter(clients.values())).chain
    return chain.tournament.status(round_id) == status.OPEN


def _predict(
    specs: Sequence[ModellerSpec],
    clients: Mapping[str, Client],
    executor: Executor,
    lake_root: Path,
    snapshot: str,
) -> dict[str, NDArray[np.float64]]:
    jobs = [
        Job(spec=spec, lake_root=lake_root, snapshot=snapshot, folder=clients[spec.name].folder)
        for spec in specs
    ]
    rows = executor.map(predicting.predict, jobs, key=f"predict-{snapshot}")
    return {spec.name: row for spec, row in zip(specs, rows, strict=True)}


def _send(
    specs: Sequence[ModellerSpec],
    clients: Mapping[str, Client],
    values: Mapping[str, NDArray[np.float64]],
    stakes: Mapping[str, Wei],
    lake_root: Path,
    snapshot: str,
    round_id: RoundId,
) -> None:
    dataset = Dataset.open(Lake(lake_root), snapshot)
    ids = dataset.ids(dataset.live.name)
    entries = {
        spec.name: Entry(ids=ids, values=values[spec.name], at_risk=stakes[spec.name])
        for spec in specs
    }
    entering.enter([clients[spec.name] for spec in specs], round_id, entries)
