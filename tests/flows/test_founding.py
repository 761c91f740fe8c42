"""The start of `play` in a home that was founded before."""

from contextlib import closing

import pytest

from tasks import founding, homes
from tasks.adapters.chain import signing
from tasks.adapters.chain.fees import Fees
from tasks.adapters.settings import Settings


@pytest.fixture
def values(ingested, tmp_path):
    """Return the settings of a home with its data and no chain."""
    return Settings(home=ingested.copy(tmp_path / "home"), confirmations=0, fee_cap_gwei=7)


@pytest.fixture
def site(values):
    """Hold that home, without workers."""
    with homes.hold(values, "a test") as held:
        yield held


def test_found__again_with_a_write_that_was_signed_and_not_sent__sends_it_first(site, values):
    with closing(founding.found.fn(site, values)) as played:
        home = played.home
        write, operator = home.chain.tournament.sweep(), home.operator
        chain_id, before = home.chain.chain_id, home.chain.header().number

        def sign(_, nonce):
            fees = Fees(max_fee_wei=10**9, tip_wei=10**9)
            made = {"chain_id": chain_id, "nonce": nonce, "gas": 200_000, "fees": fees}
            return signing.first(operator, write, **made)

        (entry,) = site.journal.record(chain_id, operator.address, 0, ["left over"], sign)

        again = founding.found.fn(site, values).home

        assert again.chain.receipt(entry.hash) is not None
        assert site.journal.reread(entry).state in ("mined", "reverted")
        assert again.chain.header().number == before + 1
        assert again.chain.cap_wei == 7 * 10**9
