"""The contracts take the signatures that docs/protocol.md prints."""

from dataclasses import astuple

import boa
import pytest

from contracts import loader
from tasks.core.protocol.terms import Parameters, Terms
from tests import vectors
from tests.contracts import evm
from tests.contracts.tokens import NOBODY
from tests.vectors import unhex

_ENTER, _PERMIT = vectors.load()["enter_digest"][0], vectors.load()["permit_digest"][0]
_CONFIG = vectors.load()["config"][0]
_PERMITTED = int(_PERMIT["amount"])


def signature(vector):
    return vector["v"], unhex(vector["r"]), unhex(vector["s"])


@pytest.fixture
def contracts():
    """Deploy both where the vectors have them, open the round and give the owner his tokens."""
    operator, terms = _CONFIG["operator"], Terms.from_document(_CONFIG["terms"])
    boa.env.timestamp = terms.opens
    token = evm.deploy(loader.load("token"), 10**24, 10**24, 0, NOBODY, sender=operator)
    fixed = (operator, operator, unhex(_ENTER["deployment_salt"]))
    parameters = astuple(Parameters.from_document(_CONFIG["parameters"]))
    tournament = evm.deploy(
        loader.load("tournament"), token.address, NOBODY, *fixed, parameters, sender=operator
    )
    token.approve(tournament.address, 10**20, sender=operator)
    tournament.deposit(operator, "", 10**20, sender=operator)
    tournament.open_round(_CONFIG["round"], astuple(terms), sender=operator)
    token.transfer(_PERMIT["owner"], _PERMITTED, sender=operator)
    return token, tournament


def deposit(tournament):
    owner = _PERMIT["owner"]
    signed = signature(_PERMIT)
    tournament.deposit_with_permit(
        owner, "ann", _PERMITTED, _PERMIT["deadline"], *signed, sender=owner
    )


def test_domains__of_both_contracts__are_the_vectors(contracts):
    token, tournament = contracts

    assert (token.address, tournament.address) == (_PERMIT["contract"], _ENTER["contract"])
    assert token.DOMAIN_SEPARATOR() == unhex(_PERMIT["domain_separator"])
    assert tournament.domain_separator() == unhex(_ENTER["domain_separator"])


def test_permit__vector__pays_for_a_deposit(contracts):
    token, tournament = contracts

    deposit(tournament)

    assert tournament.free(unhex(_ENTER["model"])) == _PERMITTED
    assert token.balanceOf(_PERMIT["owner"]) == 0


def test_enter_many__vector__enters_the_model(contracts):
    _, tournament = contracts
    deposit(tournament)
    amounts = (int(_ENTER["at_risk"]), unhex(_ENTER["commitment"]))
    entry = (_ENTER["owner"], _ENTER["name"], *amounts, _ENTER["nonce"], _ENTER["deadline"])

    tournament.enter_many(
        _ENTER["round"], [(*entry, *signature(_ENTER))], sender=_CONFIG["operator"]
    )

    (event,) = tournament.logs
    assert (event.event, event.model, event.nonce) == ("Entered", unhex(_ENTER["model"]), 7)
    assert tournament.locked(_ENTER["round"], event.model) == int(_ENTER["at_risk"])
