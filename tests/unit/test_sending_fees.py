"""What a write offers, and how one that is stuck, dropped or not paid for ends, on a real node."""

from itertools import pairwise

import pytest

from tasks.adapters import failpoints
from tasks.adapters.chain import fees, sending
from tasks.adapters.journal import Journal
from tasks.core.errors import ChainError
from tests import bare_nodes
from tests.bare_nodes import GWEI, Clock


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with bare_nodes.running(tmp_path_factory.mktemp("node"), GWEI) as running:
        yield running


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def clock(monkeypatch, node):
    """Let waiting cost no time; a node that mines nothing of itself, and is left mining."""
    made = Clock()
    made.install(monkeypatch)
    node.automine(False)
    node.base_fee(GWEI)
    yield made
    node.automine(True)


def send(node, signer, journal, *, timeout_s=120.0, cap_wei=fees.CAP_WEI):
    """Send the one write of these tests, whose purpose and content are the same."""
    write = bare_nodes.write(b"once")
    return sending.send(node.reader(), write, signer, journal, "once", timeout_s, cap_wei)


def when_attempts(journal, number, act):
    """Return what does something once the journal has that many attempts."""

    def look():
        if len(journal.entries()[0].attempts) == number:
            act()

    return look


@pytest.mark.parametrize("base_fee_wei", [0, 1, 7, GWEI, 123_456_789_012])
def test_raised__any_fees__are_up_by_an_eighth_or_more(base_fee_wei):
    before = fees.offered(base_fee_wei, 10**6 * GWEI)

    after = fees.raised(before, base_fee_wei, 10**6 * GWEI)

    assert 8 * after.max_fee_wei >= 9 * before.max_fee_wei
    assert 8 * after.tip_wei >= 9 * before.tip_wei
    assert after.max_fee_wei >= base_fee_wei + after.tip_wei


def test_raised__again_and_again__ends_at_the_cap():
    offers = [fees.offered(GWEI, 10 * GWEI)]
    while higher := fees.raised(offers[-1], GWEI, 10 * GWEI):
        offers.append(higher)

    assert all(one.max_fee_wei < other.max_fee_wei for one, other in pairwise(offers))
    assert 8 * GWEI < offers[-1].max_fee_wei <= 10 * GWEI


def test_send__chain_with_a_base_fee__offers_twice_it_and_a_tip(node, clock, journal):
    signer, base_fee = bare_nodes.signer(), node.reader().header().base_fee_wei
    clock.after = node.mine

    receipt = send(node, signer, journal)

    (attempt,) = journal.entries()[0].attempts
    assert (attempt.max_fee_wei, attempt.tip_wei) == (2 * base_fee + GWEI, GWEI)
    assert receipt.succeeded


def test_send__chain_without_a_base_fee__offers_a_fixed_fee_and_never_more(
    tmp_path, journal, monkeypatch
):
    with bare_nodes.running(tmp_path / "node", 0) as free:
        free.automine(False)
        made = Clock(after=lambda: free.mine() if made.now > 100.0 else None)
        made.install(monkeypatch)

        receipt = send(free, bare_nodes.signer(), journal)

    (attempt,) = journal.entries()[0].attempts
    assert (attempt.max_fee_wei, attempt.tip_wei) == (GWEI, GWEI)
    assert receipt.hash == attempt.hash


def test_send__base_fee_beyond_the_cap__says_what_to_raise_and_signs_nothing(node, clock, journal):
    signer = bare_nodes.signer()
    node.base_fee(400 * GWEI)

    with pytest.raises(ChainError, match=r"asks 401.000 gwei .* cap is 200.000: raise the cap"):
        send(node, signer, journal)
    assert journal.entries() == []

    clock.after = node.mine
    assert send(node, signer, journal, cap_wei=500 * GWEI).succeeded


def test_send__base_fee_rises_above_the_offer__is_replaced_on_its_nonce(node, clock, journal):
    signer = bare_nodes.signer()
    clock.actions = [lambda: node.base_fee(20 * GWEI)]
    clock.after = when_attempts(journal, 2, node.mine)

    receipt = send(node, signer, journal)

    (entry,) = journal.entries()
    first, second = entry.attempts
    assert 8 * second.max_fee_wei >= 9 * first.max_fee_wei
    assert 8 * second.tip_wei >= 9 * first.tip_wei
    assert (receipt.hash, entry.mined, entry.state) == (second.hash, second.hash, "mined")
    assert node.sent(signer.address) == [(0, b"once")]


def test_send__first_attempt_mined_after_all__decides(node, clock, journal):
    signer = bare_nodes.signer()

    def mine_the_first():
        first, second = journal.entries()[0].attempts
        node.call("anvil_dropTransaction", second.hash)
        node.call("eth_sendRawTransaction", "0x" + first.raw.hex())
        node.mine()

    clock.after = when_attempts(journal, 2, mine_the_first)

    receipt = send(node, signer, journal)

    (entry,) = journal.entries()
    assert receipt.hash == entry.hash == entry.attempts[0].hash
    assert send(node, signer, journal) == receipt
    assert node.sent(signer.address) == [(0, b"once")]


def test_send__stuck_at_the_cap__says_what_to_raise_and_goes_on_there(node, clock, journal):
    signer = bare_nodes.signer()
    clock.actions = [lambda: node.base_fee(20 * GWEI)]

    with pytest.raises(ChainError, match=r"no receipt for once .* cap of 4.000: raise the cap"):
        send(node, signer, journal, cap_wei=4 * GWEI)
    offered = [attempt.max_fee_wei for attempt in journal.entries()[0].attempts]
    node.automine(True)
    receipt = send(node, signer, journal)

    assert max(offered) <= 4 * GWEI
    assert receipt.hash == journal.entries()[0].attempts[-1].hash
    assert node.sent(signer.address) == [(0, b"once")]


def test_send__dropped_from_the_pool__is_sent_again_as_the_same_bytes(node, clock, journal):
    signer = bare_nodes.signer()
    drops = [lambda: node.call("anvil_dropAllTransactions")] * 3
    clock.actions = [*drops, lambda: None, node.mine]

    receipt = send(node, signer, journal)

    assert [attempt.hash for attempt in journal.entries()[0].attempts] == [receipt.hash]
    assert node.sent(signer.address) == [(0, b"once")]


def test_send__account_without_money__says_what_it_needs_and_goes_on_with_it(node, clock, journal):
    signer = bare_nodes.poor_signer()

    with pytest.raises(ChainError, match=rf"{signer.address} has 0 wei .* send it \d+ wei"):
        send(node, signer, journal)
    node.call("anvil_setBalance", signer.address, hex(10**18))
    clock.after = node.mine
    receipt = send(node, signer, journal)

    assert [attempt.hash for attempt in journal.entries()[0].attempts] == [receipt.hash]


@pytest.mark.parametrize("number", [1, 2])
def test_send__nonce_used_elsewhere_beside_every_attempt__is_signed_anew(
    node, clock, journal, number
):
    signer = bare_nodes.signer()
    foreign = "0x" + bare_nodes.foreign(signer, 0).hex()

    def use_elsewhere():
        node.call("anvil_dropAllTransactions")
        node.call("eth_sendRawTransaction", foreign)
        node.mine()

    clock.after = when_attempts(journal, number, use_elsewhere)

    with pytest.raises(ChainError, match=r"nonce 0 .* another transaction, 0x.*; run again"):
        send(node, signer, journal)
    clock.after = node.mine
    send(node, signer, journal)

    assert [entry.state for entry in journal.entries()] == ["replaced", "mined"]
    assert node.sent(signer.address) == [(0, b"foreign"), (1, b"once")]


@pytest.mark.parametrize("point", ["signed", "sent", "mined", "noted", "raised"])
def test_send__killed_at_a_failpoint_and_repeated__writes_once(
    node, clock, journal, monkeypatch, point
):
    signer = bare_nodes.signer()
    clock.after = when_attempts(journal, 2, node.mine)
    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "reach", die_at(point))
        with pytest.raises(KeyboardInterrupt):
            send(node, signer, journal)

    clock.after = node.mine
    receipt = send(node, signer, journal)

    (entry,) = journal.entries()
    assert (entry.state, entry.mined) == ("mined", receipt.hash)
    assert node.sent(signer.address) == [(0, b"once")]


def die_at(point):
    def reach(name, *details):
        if name == point:
            raise KeyboardInterrupt

    return reach
