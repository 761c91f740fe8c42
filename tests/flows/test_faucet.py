"""The faucet of a live home: who asks is given tokens and gas, once."""

import threading

import pytest

from tasks import faucet, homes, living, modelling
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.client.owning import Place
from tasks.core.money.units import WAD
from tasks.stages.requests import LiveRequest
from tests import frozen

REQUEST = LiveRequest(simulated_ids=120, simulated_days=560, faucet=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    found = living.found(Settings(home=tmp_path_factory.mktemp("faucet") / "home"), REQUEST)
    yield found
    node = Node.attach(found)
    if node is not None:
        node.stop()


def place(home):
    chain = homes.running_chain(home, Settings())
    return Place(rpc=chain.rpc.url, tournament=chain.tournament.address, lake=str(home.lake))


def test_faucet__model_is_created__its_account_gets_tokens_and_gas_once(home, tmp_path):
    stop = threading.Event()
    serving = threading.Thread(target=faucet.serve, args=(Settings(home=home.root), stop))
    serving.start()
    try:
        facts = modelling.create(tmp_path, "mine", place(home), None)
        first = modelling.ask_faucet(tmp_path, "mine")
        again = modelling.ask_faucet(tmp_path, "mine")
    finally:
        stop.set()
        serving.join()

    chain = homes.running_chain(home, Settings())
    assert (first, again) == (True, True)
    assert chain.token.balance_of(facts.owner) == 1_000 * WAD
    assert chain.gas_wei(facts.owner) == 10**18
    assert faucet.give(Settings(home=home.root)) == 0
    assert frozen.breaches(home.root, ["home of a live", "lake/faucet", "vault/faucet/HEX"]) == []


def test_faucet__files_that_name_no_account__give_nothing(home):
    inbox = home.lake / "inbox" / "faucet"
    (inbox / "0x12").write_bytes(b"")
    (inbox / "0xZZ; rm -rf").mkdir()
    (inbox / ("0x" + "00" * 19 + "g1")).symlink_to("/etc/passwd")

    assert faucet.give(Settings(home=home.root)) == 0


def test_ask__home_without_a_faucet__is_told_so(home, tmp_path):
    modelling.create(tmp_path, "other", place(home), None)
    (home.lake / "faucet.json").rename(home.lake / "away.json")

    try:
        assert modelling.ask_faucet(tmp_path, "other") is None
        assert faucet.give(Settings(home=home.root)) == 0
    finally:
        (home.lake / "away.json").rename(home.lake / "faucet.json")
    assert Lake(home.lake).has("faucet")
