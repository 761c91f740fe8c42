"""Homes, accounts and contracts of test chains; the fixtures are in conftest.py."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from tasks.adapters import node as nodes
from tasks.adapters.chain import deploying
from tasks.adapters.chain.connection import Chain, Deployment
from tasks.adapters.chain.reader import Receipt
from tasks.adapters.chain.writes import Write
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Keystore, Signer
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import derive
from tasks.core.protocol.events import Delivered
from tasks.core.protocol.terms import Parameters, Terms

numbers = itertools.count(1)
"""Numbers of rounds and purposes, each given once in a session."""

GENESIS_TIME = 1_360_000_000
ACCOUNTS = ("deployer", "operator", "keeper", "alice", "bob", "carol")
SUPPLY = Wei(1_000_000 * WAD)


@dataclass(frozen=True, kw_only=True)
class LocalChain:
    """A running chain with the contracts on it, and the keys of its accounts."""

    home: Home
    node: Node
    deployment: Deployment
    chain: Chain
    journal: Journal
    signers: dict[str, Signer]


def make_home(root: Path, seed: int = 0) -> Home:
    """Make a replay home whose chain funds every account."""
    home = Home.create(root, "replay", seed, derive.chain_id(seed), {})
    nodes.write_genesis(home, GENESIS_TIME, [each.address for each in signers(home).values()])
    return home


def keystore(home: Home) -> Keystore:
    return Keystore(folder=home.keys, kind="replay", seed=home.facts.seed)


def signers(home: Home) -> dict[str, Signer]:
    return {name: keystore(home).signer(name) for name in ACCOUNTS}


def parameters(arbiter: str) -> Parameters:
    return Parameters(
        arbiter=arbiter,
        exclusive=0,
        challenge=0,
        ruling=0,
        claim=3_600,
        bond_bps=0,
        bond_floor=Wei(0),
        duty_bond=Wei(0),
        round_share_bps=2_000,
        week_share_bps=4_000,
    )


def plan(home: Home) -> deploying.Plan:
    accounts = signers(home)
    return deploying.Plan(
        supply=SUPPLY,
        cap=Wei(2 * SUPPLY),
        yearly_bps=200,
        minter=accounts["deployer"].address,
        owner=accounts["deployer"].address,
        operator=accounts["operator"].address,
        salt=derive.derive(0, "deployment-salt"),
        parameters=parameters(accounts["keeper"].address),
    )


def terms(opens: int, **changes: Any) -> Terms:
    """Return terms of a round that takes entries for an hour; `changes` are some of them."""
    usual = Terms(
        opens=opens,
        closes=opens + 3_600,
        book_by=opens + 7_200,
        resolves=opens + 86_400,
        propose_by=opens + 2 * 86_400,
        threshold=Wei(2_000 * WAD),
        smallest_stake=Wei(WAD),
        clip_nano=250_000_000,
        profit_clip_nano=50_000_000,
        key=b"\1" * 32,
        data=b"\2" * 32,
        id_map=b"\3" * 32,
        scoring=b"\4" * 32,
    )
    return replace(usual, **changes)


def open_round(local: LocalChain, **changes: Any) -> RoundId:
    """Open a round that takes entries from now on; `changes` are terms."""
    round_id, opens = RoundId(next(numbers)), local.chain.now() + 60
    write = local.chain.tournament.open_round(round_id, terms(opens, **changes))
    send(local, write, "operator")
    local.node.advance(opens)
    return round_id


def delivered(chain: Chain, round_id: RoundId, *models: bytes) -> list[Delivered]:
    """Return the files that stand in the log for some models."""
    last = chain.header().number
    return list(chain.tournament.delivered(round_id, models, 0, last))


@contextmanager
def running(root: Path, **changes: Any) -> Iterator[LocalChain]:
    """Run a chain with the contracts on it, also again; `changes` are parameters of its rounds."""
    home = Home.open(root) if Home.exists(root) else make_home(root)
    accounts = signers(home)
    first = plan(home)
    first = replace(first, parameters=replace(first.parameters, **changes))
    node, journal = Node.start(home, Settings()), Journal(home.journal)
    try:
        deployment = deploying.deploy(
            node.rpc_url, home.facts.chain_id, accounts["deployer"], journal, first
        )
        home.set_chain(deployment.genesis_hash, deployment.contracts())
        yield LocalChain(
            home=home,
            node=node,
            deployment=deployment,
            chain=Chain.connect(node.rpc_url, deployment),
            journal=journal,
            signers=accounts,
        )
    finally:
        journal.close()
        node.stop()


def purpose() -> str:
    """Return a purpose that no other test has."""
    return f"test/{next(numbers)}"


def send(
    local: LocalChain, write: Write, sender: str = "deployer", name: str | None = None
) -> Receipt:
    name = name or purpose()
    return local.chain.send(write, local.signers[sender], local.journal, name)


def kill_at_http_request(patched: pytest.MonkeyPatch, number: int) -> None:
    """Stop the process, as it were, before its request of that number, counted from 1."""
    sent = itertools.count(1)
    post = requests.Session.post

    def dying(*arguments: Any, **options: Any) -> requests.Response:
        if next(sent) >= number:
            raise KeyboardInterrupt
        return post(*arguments, **options)

    patched.setattr(requests.Session, "post", dying)


def stop_at_every_request(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> int:
    """Do something again until it is done, stopped before its 1st, 2nd, ... request; count."""
    for number in itertools.count(1):
        with monkeypatch.context() as patched:
            kill_at_http_request(patched, number)
            with suppress(KeyboardInterrupt):
                act()
                return number - 1
    raise RuntimeError("counting never ends")
