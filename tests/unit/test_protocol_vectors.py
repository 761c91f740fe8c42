"""Every encoding against the vectors of docs/protocol.md."""

import numpy as np
import pytest

from tasks.adapters.keys import Signer
from tasks.core.money import payouts, scores
from tasks.core.money.units import Wei
from tasks.core.protocol import (
    canonical,
    commitments,
    derive,
    heads,
    identity,
    merkle,
    typed_data,
)
from tasks.core.protocol.terms import Parameters, Terms, config_digest
from tasks.core.protocol.typed_data import Enter, Permit, Signature, TokenDomain, TournamentDomain
from tests import vectors
from tests.vectors import unhex


def _all(name):
    return pytest.mark.parametrize("vector", vectors.load()[name])


@_all("canonical_json")
def test_canonical_json__vector__matches(vector):
    content = canonical.canonical_json(vector["document"])

    assert content == unhex(vector["bytes"])
    assert canonical.sha256_hex(content) == vector["sha256"].removeprefix("0x")


@_all("ids_hash")
def test_ids_hash__vector__matches(vector):
    assert commitments.ids_hash(vector["ids"]) == unhex(vector["digest"])


@_all("content_digest")
def test_content_digest__vector__matches(vector):
    predictions = np.array(vector["predictions"], dtype=np.float64)

    digest = commitments.content_digest(commitments.ids_hash(vector["ids"]), predictions)

    assert digest == unhex(vector["digest"])


@_all("id_map_digest")
def test_id_map_digest__vector__matches(vector):
    digest = commitments.id_map_digest(unhex(vector["salt"]), vector["assets"])

    assert digest == unhex(vector["digest"])


@_all("model_id")
def test_model_id__vector__matches(vector):
    assert identity.model_id(vector["owner"], vector["name"]) == unhex(vector["id"])


@_all("commitment")
def test_commitment__vector__matches(vector):
    made = commitments.commitment(
        unhex(vector["deployment_salt"]),
        vector["round"],
        unhex(vector["model"]),
        vector["staker"],
        unhex(vector["salt"]),
        unhex(vector["digest"]),
    )

    assert made == unhex(vector["commitment"])


@_all("config")
def test_config_digest__vector__matches(vector):
    parameters = Parameters.from_document(vector["parameters"])
    terms = Terms.from_document(vector["terms"])

    digest = config_digest(vector["round"], vector["operator"], parameters, terms)

    assert digest == unhex(vector["digest"])
    assert parameters.to_document() == vector["parameters"]
    assert terms.to_document() == vector["terms"]


def _signature(vector):
    return Signature(v=vector["v"], r=unhex(vector["r"]), s=unhex(vector["s"]))


@_all("enter_digest")
def test_enter_digest__vector__matches(vector):
    salt = unhex(vector["deployment_salt"])
    domain = TournamentDomain(chain_id=vector["chain_id"], contract=vector["contract"], salt=salt)
    model = identity.model_id(vector["owner"], vector["name"])
    message = Enter(
        round_id=vector["round"],
        config=unhex(vector["config"]),
        model=model,
        at_risk=Wei(int(vector["at_risk"])),
        commitment=unhex(vector["commitment"]),
        nonce=vector["nonce"],
        deadline=vector["deadline"],
    )

    digest = typed_data.enter_digest(domain, message)

    assert domain.separator() == unhex(vector["domain_separator"])
    assert (model, digest) == (unhex(vector["model"]), unhex(vector["digest"]))
    assert Signer(unhex(vector["key"])).sign_digest(digest) == _signature(vector)
    assert Signer(unhex(vector["key"])).address == vector["owner"]


@_all("permit_digest")
def test_permit_digest__vector__matches(vector):
    domain = TokenDomain(chain_id=vector["chain_id"], contract=vector["contract"])
    message = Permit(
        owner=vector["owner"],
        spender=vector["spender"],
        amount=Wei(int(vector["amount"])),
        nonce=vector["nonce"],
        deadline=vector["deadline"],
    )

    digest = typed_data.permit_digest(domain, message)

    assert domain.separator() == unhex(vector["domain_separator"])
    assert digest == unhex(vector["digest"])
    assert Signer(unhex(vector["key"])).sign_digest(digest) == _signature(vector)


@_all("table")
def test_merkle__vector__matches(vector):
    leaves = [
        merkle.leaf(vector["round"], unhex(r["model"]), r["return_nano"], r["profit_nano"])
        for r in vector["rows"]
    ]

    assert leaves == [unhex(leaf) for leaf in vector["leaves"]]
    assert merkle.root(leaves) == unhex(vector["root"])
    for index, proof in vector["proofs"].items():
        assert merkle.proof(leaves, int(index)) == [unhex(node) for node in proof]


@_all("heads")
def test_heads__vector__matches(vector):
    head = heads.EMPTY
    for entry in vector["entries"]:
        head = heads.extend(
            head,
            vector["round"],
            unhex(entry["model"]),
            Wei(int(entry["at_risk"])),
            unhex(entry["commitment"]),
            entry["nonce"],
        )
        assert head == unhex(entry["head"])


@_all("derive")
def test_derive__vector__matches(vector):
    assert derive.derive(vector["seed"], vector["purpose"]) == unhex(vector["bytes"])


@_all("chain_id")
def test_chain_id__vector__matches(vector):
    assert derive.chain_id(vector["seed"]) == vector["chain_id"]


@_all("score_nano")
def test_score_nano__vector__matches(vector):
    assert scores.score_nano(vector["score"]) == vector["nano"]


@_all("return_nano")
def test_return_nano__vector__matches(vector):
    made = payouts.return_nano(
        vector["multipliers_nano"], vector["scores_nano"], vector["clip_nano"]
    )

    assert made == vector["return_nano"]


@_all("payout_and_burn")
def test_payout_and_burn__vector__match(vector):
    at_risk, factor, rate = (
        Wei(int(vector["at_risk"])),
        int(vector["factor_wad"]),
        vector["rate_nano"],
    )

    assert payouts.payout(at_risk, factor, rate) == int(vector["payout"])
    assert payouts.burn(at_risk, factor, rate) == int(vector["burn"])


@_all("factor_and_reserve")
def test_factor_and_reserve__vector__match(vector):
    total, clip = Wei(int(vector["total"])), vector["clip_nano"]
    threshold = None if vector["threshold"] is None else Wei(int(vector["threshold"]))
    available = payouts.available(
        Wei(int(vector["pool"])),
        vector["round_share_bps"],
        Wei(int(vector["week_base"])),
        vector["week_share_bps"],
        Wei(int(vector["week_reserved"])),
    )

    factor = payouts.factor(total, available, clip, threshold)

    assert available == int(vector["available"])
    assert factor == int(vector["factor_wad"])
    assert payouts.reserve(total, factor, clip) == int(vector["reserve"])


@_all("proposal_bond")
def test_proposal_bond__vector__matches(vector):
    bond = payouts.proposal_bond(
        Wei(int(vector["total"])),
        Wei(int(vector["reserves"])),
        vector["bond_bps"],
        Wei(int(vector["bond_floor"])),
    )

    assert bond == int(vector["bond"])
