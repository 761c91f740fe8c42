"""The start of `play` in a home that was founded before."""

from contextlib import ExitStack, closing

import pytest

from tasks import founding, resources
from tasks.adapters.chain import signing
from tasks.adapters.chain.fees import Fees
from tasks.adapters.cluster import SerialExecutor
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.lake import Lake
from tasks.adapters.settings import Settings
from tasks.core.rules import Economy
from tasks.resources import Resources


@pytest.fixture
def at_work(ingested, tmp_path, monkeypatch):
    """Return what the tasks of a new home share, without workers."""
    home = Home.open(ingested.copy(tmp_path / "home"))
    with ExitStack() as stack:
        shared = Resources(
            home=home,
            settings=Settings(confirmations=0, fee_cap_gwei=7),
            lake=Lake(home.lake),
            vault=Lake(home.vault),
            executor=SerialExecutor(),
            journal=stack.enter_context(closing(Journal(home.journal))),
            economy=Economy(),
        )
        monkeypatch.setattr(resources, "of", lambda _: shared)
        yield shared
        for client in shared.clients.values():
            client.close()
        shared.node.stop()


def test_found__again_with_a_write_that_was_signed_and_not_sent__sends_it_first(at_work):
    founding.found.fn("home")
    desk = at_work.desk
    write, operator = desk.chain.tournament.sweep(), desk.operator

    def sign(_, nonce):
        fees = Fees(max_fee_wei=10**9, tip_wei=10**9)
        made = {"chain_id": desk.chain.chain_id, "nonce": nonce, "gas": 200_000, "fees": fees}
        return signing.first(operator, write, **made)

    (entry,) = at_work.journal.record(desk.chain.chain_id, operator.address, 0, ["left over"], sign)
    before = desk.chain.header().number

    founding.found.fn("home")

    assert desk.chain.receipt(entry.hash) is not None
    assert at_work.journal.reread(entry).state in ("mined", "reverted")
    assert at_work.desk.chain.header().number == before + 1
    assert at_work.desk.chain.cap_wei == 7 * 10**9
