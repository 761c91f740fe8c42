"""The first tasks of a replay: ingest the data, found the chain, hand out the first tokens."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks import artifacts, homes, progress
from tasks.adapters import failpoints
from tasks.adapters.chain import reconciling
from tasks.adapters.chain.connection import Chain
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.client.modeller import Client
from tasks.core.money.units import RoundId
from tasks.core.rules import Economy
from tasks.modellers import roster
from tasks.modellers.roster import ModellerSpec
from tasks.stages import dataset, founding, ingest, replay, snapshots
from tasks.stages.open_home import OpenHome, Site
from tasks.stages.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A founded replay: the open home, the chain's clock, and the reference modellers."""

    home: OpenHome
    node: Node
    specs: Sequence[ModellerSpec]
    clients: Mapping[str, Client]

    def close(self) -> None:
        """Close the modellers' journals and stop the chain."""
        for client in self.clients.values():
            client.close()
        self.node.stop()


def request(**arguments: Any) -> Request:
    """Return what `play` was asked for."""
    return Request(**arguments)


@contextmanager
def at_work(values: Settings, wanted: Request) -> Iterator[Site]:
    """Hold a home and its workers, and stop in the end what runs of its chain."""
    home = founding.establish(values.home, wanted)
    with homes.hold(values, "play", workers=True, progress=_long_work) as site:
        site.lake.clear_parts()
        site.vault.clear_parts()
        try:
            yield site
        finally:
            left = Node.attach(home)
            if left is not None:
                left.stop()


@task(name="ingest", task_run_name="ingest", timeout_seconds=3600, cache_policy=NO_CACHE)
def ingest_data(site: Site) -> list[RoundId]:
    """Turn prices into eras, publish the version, and return the rounds to play."""
    wanted = Request(**site.installation.facts.arguments)
    told = partial(progress.report, "build the eras")
    ingest.ingest(site.vault, site.lake, wanted, site.executor, site.keys.data, told)
    data = dataset.newest(site.vault)
    rounds = replay.choose_rounds(data, wanted.rounds)
    with progress.step("first snapshot"):
        snapshots.publish_first(site.lake, site.vault, rounds[0])
    artifacts.data_set(data)
    failpoints.reach("ingest")
    return rounds


@task(name="found", task_run_name="found the chain", timeout_seconds=600, cache_policy=NO_CACHE)
def found(site: Site, values: Settings) -> Replay:
    """Start the chain, deploy the contracts, fund the pool, let the modellers deposit."""
    installation, amounts = site.installation, Economy()
    arguments = installation.facts.arguments
    specs = roster.roster(arguments["modellers"], arguments["seed"])
    owners = {spec.name: Client.address_in(installation, spec.name) for spec in specs}
    first = dataset.newest(site.vault).panel.first_date
    founding.write_genesis(site, first, list(owners.values()))
    node = Node.start(installation, values)
    deployment = founding.deploy(site, node.rpc_url, amounts)
    chain = Chain.connect(node.rpc_url, deployment, *values.connection, logs=installation.logs)
    home = homes.resume(homes.at(site, chain))
    deployer = site.keys.signer("deployer")
    reconciling.reconcile(chain, site.journal, [deployer], cap_wei=chain.cap_wei)
    founding.grant(site, chain, amounts, owners)
    clients = {spec.name: Client.open(installation, spec.name, chain, site.lake) for spec in specs}
    for client in clients.values():
        client.deposit(amounts.deposit)
    failpoints.reach("found")
    return Replay(home=home, node=node, specs=specs, clients=clients)


def _long_work(key: str, done: int, total: int) -> None:
    """Report the batches of what takes long; a round's own batches are over in a moment."""
    if key == "benchmarks":
        progress.report("fit the benchmarks", done, total)
