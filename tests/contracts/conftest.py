"""A fresh tournament for each test, from artefacts that are read once."""

import boa
import pytest

from tests.contracts import evm
from tests.contracts.game import STAKE, TOKEN, Game


@pytest.fixture(autouse=True)
def chain():
    """Give each test a private chain that forgets what the test did."""
    boa.env.evm.patch.chain_id = evm.PRIVATE
    with boa.env.anchor():
        yield


@pytest.fixture
def game():
    """Return a funded tournament: three models with 1,000 tokens, purses for the bonds."""
    made = Game()
    made.fund(STAKE, 10_000 * TOKEN)
    for who in ("ann", "bob", "cid"):
        made.deposit(who, 1_000 * TOKEN)
    made.deposit("operator", 1_000 * TOKEN, name="")
    made.deposit("stranger", 1_000 * TOKEN, name="")
    return made
