"""Homes, accounts and contracts of test chains; the fixtures are in conftest.py."""

import itertools
from dataclasses import dataclass
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
from tasks.core.money.units import WAD, Wei
from tasks.core.protocol import derive
from tasks.core.protocol.terms import Parameters

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
        owner=accounts["deployer"].address,
        operator=accounts["operator"].address,
        salt=derive.derive(0, "deployment-salt"),
        parameters=parameters(accounts["keeper"].address),
    )


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
