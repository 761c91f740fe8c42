"""The first tasks of a replay: ingest the data, found the chain, hand out the first tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from prefect import task

from tasks import artifacts, progress, resources
from tasks.adapters import failpoints
from tasks.adapters.chain import reconciling
from tasks.adapters.chain.connection import Chain
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.client.modeller import Client
from tasks.core.money.units import RoundId
from tasks.modellers import roster
from tasks.stages import dataset, founding, ingest, replay, snapshots
from tasks.stages.founding import Request


def request(**arguments: Any) -> Request:
    """Return what `play` was asked for."""
    return Request(**arguments)


@contextmanager
def at_work(home: str, wanted: Request) -> Iterator[None]:
    """Hold a home, its workers and, once it is founded, its chain."""
    established = founding.establish(Path(home), wanted)
    with resources.at_work(established, Settings()):
        yield


@task(name="ingest", task_run_name="ingest", timeout_seconds=3600)
def ingest_data(home: str) -> list[RoundId]:
    """Turn prices into eras, publish the version, and return the rounds to play."""
    r = resources.of(home)
    wanted = Request(**r.home.facts.arguments)
    told = partial(progress.report, "build the eras")
    ingest.ingest(r.vault, r.lake, wanted, r.executor, founding.data_key(r.home), told)
    data = dataset.newest(r.vault)
    rounds = replay.choose_rounds(data, wanted.rounds)
    with progress.step("first snapshot"):
        snapshots.publish_first(r.lake, r.vault, rounds[0])
    artifacts.data_set(data)
    failpoints.reach("ingest")
    return rounds


@task(name="found", task_run_name="found the chain", timeout_seconds=600)
def found(home: str) -> None:
    """Start the chain, deploy the contracts, fund the pool, let the modellers deposit."""
    r = resources.of(home)
    arguments = r.home.facts.arguments
    r.specs = roster.roster(arguments["modellers"], arguments["seed"])
    owners = {spec.name: Client.address_in(r.home, spec.name) for spec in r.specs}
    first = dataset.newest(r.vault)["panel"]["first_date"]
    founding.write_genesis(r.home, first, list(owners.values()))
    r.node = Node.start(r.home)
    deployment = founding.deploy(r.home, r.node.rpc_url, r.journal, r.economy)
    chain = Chain.connect(r.node.rpc_url, deployment, *r.settings.connection)
    mode = founding.mode_of(r.home)
    r.desk = founding.open_desk(r.home, chain, r.journal, r.executor, r.economy, mode)
    deployer = founding.keystore(r.home).signer("deployer")
    reconciling.reconcile(chain, r.journal, [deployer], cap_wei=chain.cap_wei)
    founding.grant(chain, r.journal, deployer, r.economy, owners)
    r.clients = {spec.name: Client.open(r.home, spec.name, chain, r.lake) for spec in r.specs}
    for client in r.clients.values():
        client.deposit(r.economy.deposit)
    failpoints.reach("found")
