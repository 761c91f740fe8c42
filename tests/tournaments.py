"""Play a whole tournament by stages, without Prefect, for tests that look at its outcome."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tasks import homes
from tasks.adapters.chain.connection import Chain
from tasks.adapters.executors import Executor
from tasks.adapters.home import Home
from tasks.adapters.keys import Signer
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.client.modeller import Client
from tasks.core.money.units import RoundId
from tasks.core.protocol.documents.vault import DataSet
from tasks.core.rules import Economy
from tasks.modellers import field, roster
from tasks.modellers.roster import ModellerSpec
from tasks.stages import (
    closing,
    dataset,
    founding,
    ingest,
    intake,
    opening,
    proposing,
    replay,
    resolving,
    settling,
    snapshots,
)
from tasks.stages.open_home import Keys, OpenHome
from tasks.stages.requests import Request

SMALL = Request(rounds=3, modellers=6, simulated_ids=120, simulated_days=700)


class KeysWith(Keys):
    """The keys of a home, some of whose roles are somebody else's."""

    def __init__(self, home: OpenHome, **signers: Signer) -> None:
        super().__init__(home.installation, None)
        self._signers |= signers


@dataclass(kw_only=True)
class Tournament:
    """An open home whose chain runs, and everything that its steps need."""

    node: Node
    opened: OpenHome
    clients: dict[str, Client]
    specs: Sequence[ModellerSpec]
    rounds: list[RoundId]

    @property
    def home(self) -> Home:
        return self.opened.installation

    @property
    def values(self) -> Settings:
        return Settings(home=self.home.root)

    @property
    def dataset(self) -> DataSet:
        return dataset.newest(self.opened.vault)

    def advance(self, at: int) -> None:
        if self.opened.chain.now() < at:
            self.node.advance(at)

    def enter(self, round_id: RoundId) -> None:
        root = self.opened.lake.root
        field.enter(self.specs, self.clients, self.opened.executor, root, round_id)
        intake.receive(self.opened, round_id)

    def close(self, round_id: RoundId) -> None:
        closing.close_round(self.opened, round_id)

    def settle(self, round_id: RoundId) -> None:
        settling.settle_round(self.opened, round_id)
        settling.wind_up(self.opened, round_id)

    def play(
        self,
        rounds: Sequence[RoundId] | None = None,
        done: Callable[[int], None] = lambda count: None,
    ) -> None:
        steps: dict[str, Callable[[RoundId], None]] = {
            "open": partial(opening.open_round, self.opened),
            "enter": self.enter,
            "close": self.close,
            "resolve": partial(resolve, self.opened),
            "settle": self.settle,
        }
        events = replay.schedule(self.dataset, self.rounds if rounds is None else rounds)
        replay.drive(events, self.advance, steps, done)


def resolve(home: OpenHome, round_id: RoundId) -> None:
    """Publish a round's results and propose its root, as a replay does at one time."""
    resolving.publish_results(home, round_id)
    proposing.propose(home, round_id)


@contextmanager
def founded(
    root: Path, request: Request = SMALL, executor: Executor | None = None
) -> Iterator[Tournament]:
    """Ingest, start the chain, deploy, fund, deposit; stop the chain at the end."""
    values, installation = Settings(home=root), founding.establish(root, request)
    with homes.hold(values, "a test") as held:
        site = held if executor is None else dataclasses.replace(held, executor=executor)
        ingest.ingest(site.vault, site.lake, request, site.executor, site.keys.data)
        data = dataset.newest(site.vault)
        rounds = replay.choose_rounds(data, request.rounds)
        snapshots.publish_first(site.lake, site.vault, rounds[0])
        specs = roster.roster(request.modellers, request.seed)
        owners = {spec.name: Client.address_in(installation, spec.name) for spec in specs}
        founding.write_genesis(site, data.panel.first_date, list(owners.values()))
        node = Node.start(site.installation, values)
        try:
            deployment = founding.deploy(site, node.rpc_url, Economy())
            opened = homes.resume(homes.at(site, Chain.connect(node.rpc_url, deployment)))
            founding.grant(site, opened.chain, opened.economy, owners)
            clients = _clients(opened, specs)
            yield Tournament(node=node, opened=opened, clients=clients, specs=specs, rounds=rounds)
        finally:
            node.stop()


def _clients(home: OpenHome, specs: Sequence[ModellerSpec]) -> dict[str, Client]:
    clients = {
        spec.name: Client.open(home.installation, spec.name, home.chain, home.lake)
        for spec in specs
    }
    for client in clients.values():
        client.deposit(home.economy.deposit)
    return clients
