"""The contract against the vectors of docs/protocol.md, and its integers against the core's."""

from dataclasses import astuple

import boa
import pytest

from contracts import loader
from tasks.core.money.units import RoundId
from tasks.core.protocol import merkle
from tasks.core.protocol.terms import Parameters, Terms
from tests import vectors
from tests.contracts import evm
from tests.contracts.game import NOBODY, UNLIMITED
from tests.vectors import unhex

OPEN_ARITHMETIC = """
from contracts import payouts

@external
@pure
def factor(total: uint256, threshold: uint256, available: uint256, clip: uint256) -> uint256:
    return payouts._factor(total, threshold, available, clip)

@external
@pure
def reserve(total: uint256, factor: uint256, clip: uint256) -> uint256:
    return payouts._reserve(total, factor, clip)

@external
@pure
def amounts(at_risk: uint256, factor: uint256, rate: int256) -> (uint256, uint256):
    return payouts._amounts(at_risk, factor, rate)

@external
@pure
def leaf(round: uint64, model: bytes32, return_nano: int256, profit_nano: int256) -> bytes32:
    return payouts._leaf(round, model, return_nano, profit_nano)

@external
@pure
def root(leaf: bytes32, proof: DynArray[bytes32, 32]) -> bytes32:
    return payouts._root(leaf, proof)
"""


@pytest.fixture(scope="module")
def arithmetic():
    """Return the arithmetic module behind external functions."""
    return boa.loads(OPEN_ARITHMETIC)


@pytest.mark.parametrize("vector", vectors.load()["model_id"])
def test_model_of__vector__matches(game, vector):
    assert game.tournament.model_of(vector["owner"], vector["name"]) == unhex(vector["id"])


def test_config_and_heads__vectors__match():
    config, heads = vectors.load()["config"][0], vectors.load()["heads"][0]
    commitment = vectors.load()["commitment"][0]
    operator, terms = config["operator"], Terms.from_document(config["terms"])
    boa.env.timestamp = terms.opens
    token = evm.deploy(loader.load("token"), *(10**24, 10**24, 0, NOBODY), sender=operator)
    parameters = Parameters.from_document(config["parameters"])
    tournament = evm.deploy(
        loader.load("tournament"),
        token.address,
        NOBODY,
        operator,
        operator,
        b"s" * 32,
        astuple(parameters),
    )
    token.approve(tournament.address, UNLIMITED, sender=operator)
    tournament.deposit(operator, "", 10**20, sender=operator)
    tournament.deposit(operator, "ann", 10**20, sender=operator)

    tournament.open_round(config["round"], astuple(terms), sender=operator)

    assert tournament.round_facts(config["round"]).config == unhex(config["digest"])
    assert commitment["staker"] == operator
    for entry in heads["entries"]:
        at_risk, sealed = int(entry["at_risk"]), unhex(entry["commitment"])
        tournament.enter(heads["round"], "ann", at_risk, sealed, entry["nonce"], sender=operator)
        assert tournament.round_facts(heads["round"]).head == unhex(entry["head"])


@pytest.mark.parametrize("vector", vectors.load()["table"])
def test_leaf_and_root__vector__match(arithmetic, vector):
    for row, leaf in zip(vector["rows"], vector["leaves"], strict=True):
        made = arithmetic.leaf(
            vector["round"], unhex(row["model"]), row["return_nano"], row["profit_nano"]
        )
        assert made == unhex(leaf)
    for index, proof in vector["proofs"].items():
        nodes = [unhex(node) for node in proof]
        leaf = unhex(vector["leaves"][int(index)])
        assert arithmetic.root(leaf, nodes) == unhex(vector["root"])


@pytest.mark.parametrize("vector", vectors.load()["payout_and_burn"])
def test_payout_and_burn__vector__match(arithmetic, vector):
    at_risk, factor, rate = (int(vector[k]) for k in ("at_risk", "factor_wad", "rate_nano"))

    wanted = int(vector["payout"]), int(vector["burn"])
    assert arithmetic.amounts(at_risk, factor, rate) == wanted


@pytest.mark.parametrize("vector", vectors.load()["factor_and_reserve"])
def test_factor_and_reserve__vector__match(arithmetic, vector):
    total, clip = int(vector["total"]), vector["clip_nano"]
    threshold = total if vector["threshold"] is None else int(vector["threshold"])

    factor = arithmetic.factor(total, threshold, int(vector["available"]), clip)

    assert factor == int(vector["factor_wad"])
    assert arithmetic.reserve(total, factor, clip) == int(vector["reserve"])


@pytest.mark.parametrize("n_leaves", [1, 2, 3, 6, 7, 13, 33])
def test_proofs__any_shape_of_tree__lead_to_the_contracts_root(arithmetic, n_leaves):
    leaves = [merkle.leaf(RoundId(1), bytes([n]) * 32, n, -n) for n in range(n_leaves)]
    tree = merkle.Tree(leaves)

    for index, leaf in enumerate(leaves):
        assert arithmetic.root(leaf, tree.proof(index)) == tree.root
