"""The environment: values in bounds are taken and handed on, others are one line."""

import pytest

from tasks.adapters import settings
from tasks.adapters.chain import fees
from tasks.adapters.chain.connection import Chain
from tasks.adapters.settings import Settings
from tasks.core.errors import ChainError, InputError
from tasks.core.money.units import Wei
from tests import chains


def test_settings__nothing_said__count_a_receipt_at_once_and_cap_as_before(monkeypatch):
    for name in ("CONFIRMATIONS", "FEE_CAP_GWEI", "RPC_TIMEOUT_S"):
        monkeypatch.delenv(f"ERARIUM_{name}", raising=False)

    assert Settings().connection == (30.0, 0, fees.CAP_WEI)


def test_settings__said__are_a_childs_too(monkeypatch, tmp_path):
    monkeypatch.setenv("ERARIUM_CONFIRMATIONS", "12")
    monkeypatch.setenv("ERARIUM_FEE_CAP_GWEI", "3")
    found = Settings()

    environment = settings.child_environment(found, tmp_path)

    assert found.connection[1:] == (12, 3 * 10**9)
    assert environment["ERARIUM_CONFIRMATIONS"] == "12"
    assert environment["ERARIUM_FEE_CAP_GWEI"] == "3"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONFIRMATIONS", "-1"),
        ("CONFIRMATIONS", "64"),
        ("CONFIRMATIONS", "soon"),
        ("FEE_CAP_GWEI", "0"),
        ("FEE_CAP_GWEI", "0.5"),
        ("RPC_TIMEOUT_S", "0"),
    ],
)
def test_settings__out_of_bounds__are_one_line_that_names_the_variable(monkeypatch, name, value):
    monkeypatch.setenv(f"ERARIUM_{name}", value)

    with pytest.raises(InputError, match=f"ERARIUM_{name} is '{value}': input should be") as caught:
        Settings()

    assert "\n" not in str(caught.value)


def test_connect__cap_below_what_the_chain_asks__sends_nothing(local_chain):
    capped = Chain.connect(local_chain.node.rpc_url, local_chain.deployment, 30.0, 0, 10**9 - 1)
    write = capped.token.transfer(local_chain.signers["bob"].address, Wei(1))
    before = capped.header().number

    with pytest.raises(ChainError, match=r"cap is 1.000: raise the cap \(ERARIUM_FEE_CAP_GWEI\)"):
        capped.send(write, local_chain.signers["deployer"], local_chain.journal, chains.purpose())

    assert capped.header().number == before
