"""Play a whole tournament by stages, without Prefect, for tests that look at its outcome."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tasks.adapters.chain.connection import Chain
from tasks.adapters.cluster import Executor, SerialExecutor
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.client.modeller import Client
from tasks.core.money.units import RoundId
from tasks.core.rules import Economy
from tasks.modellers import field, roster
from tasks.stages import (
    closing,
    dataset,
    founding,
    ingest,
    intake,
    opening,
    proposing,
    replay,
    settling,
    snapshots,
)
from tasks.stages.founding import Request
from tasks.stages.open_home import OpenHome

SMALL = Request(rounds=3, modellers=6, simulated_ids=120, simulated_days=700)


@dataclass(kw_only=True)
class Tournament:
    """A home whose chain runs, and everything that its steps need."""

    home: Home
    node: Node
    desk: OpenHome
    clients: dict[str, Client]
    specs: Sequence[roster.ModellerSpec]
    rounds: list[RoundId]

    @property
    def dataset(self) -> dict[str, Any]:
        return dataset.newest(self.desk.vault)

    def advance(self, at: int) -> None:
        if self.desk.chain.now() < at:
            self.node.advance(at)

    def enter(self, round_id: RoundId) -> None:
        root = self.desk.lake.root
        field.enter(self.specs, self.clients, self.desk.executor, root, round_id)
        intake.receive(self.desk, round_id)

    def close(self, round_id: RoundId) -> None:
        closing.close_round(self.desk, round_id)

    def settle(self, round_id: RoundId) -> None:
        settling.settle_round(self.desk, round_id)
        settling.wind_up(self.desk, round_id)

    def play(
        self,
        rounds: Sequence[RoundId] | None = None,
        done: Callable[[int], None] = lambda count: None,
    ) -> None:
        steps: dict[str, Callable[[RoundId], None]] = {
            "open": partial(opening.open_round, self.desk),
            "enter": self.enter,
            "close": self.close,
            "resolve": partial(proposing.resolve_round, self.desk),
            "settle": self.settle,
        }
        events = replay.schedule(self.dataset, self.rounds if rounds is None else rounds)
        replay.drive(events, self.advance, steps, done)


@contextmanager
def founded(
    root: Path, request: Request = SMALL, executor: Executor | None = None
) -> Iterator[Tournament]:
    """Ingest, start the chain, deploy, fund, deposit; stop the chain at the end."""
    executor = executor or SerialExecutor()
    home = founding.establish(root, request)
    lake, vault = Lake(home.lake), Lake(home.vault)
    ingest.ingest(vault, lake, request, executor, founding.data_key(home))
    data = dataset.newest(vault)
    rounds = replay.choose_rounds(data, request.rounds)
    snapshots.publish_first(lake, vault, rounds[0])
    specs = roster.roster(request.modellers, request.seed)
    owners = {spec.name: Client.address_in(home, spec.name) for spec in specs}
    founding.write_genesis(home, data["panel"]["first_date"], list(owners.values()))
    node = Node.start(home)
    try:
        economy, journal, keys = Economy(), Journal(home.journal), founding.keystore(home)
        chain = Chain.connect(node.rpc_url, founding.deploy(home, node.rpc_url, journal, economy))
        founding.grant(chain, journal, keys.signer("deployer"), economy, owners)
        clients = {spec.name: Client.open(home, spec.name, chain, lake) for spec in specs}
        for client in clients.values():
            client.deposit(economy.deposit)
        desk = founding.open_desk(home, chain, journal, executor, economy)
        yield Tournament(
            home=home, node=node, desk=desk, clients=clients, specs=specs, rounds=rounds
        )
    finally:
        node.stop()
