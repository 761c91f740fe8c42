"""Reorgs of a real node while a write waits, and behind the journal's back."""

import pytest

from tasks.adapters import failpoints
from tasks.adapters.chain import reconciling, sending
from tasks.adapters.chain.sending import Order
from tasks.adapters.journal import Journal
from tasks.core.errors import ChainError, InputError
from tests import bare_nodes
from tests.bare_nodes import GWEI, Clock

CONTENTS = [b"one", b"two", b"three"]
DEPTHS = [1, 5, 32]
CASES = [(depth, kept) for depth in range(1, 33) for kept in (0, 1, 3)]


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with bare_nodes.running(tmp_path_factory.mktemp("node"), GWEI) as running:
        running.mine(40)
        yield running


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def clock(monkeypatch, node):
    made = Clock(after=node.mine)
    made.install(monkeypatch)
    return made


def orders(signer, journal):
    return [
        Order(write=bare_nodes.write(content), signer=signer, journal=journal, purpose=str(content))
        for content in CONTENTS
    ]


def send(node, signer, journal, confirmations=0):
    chain = node.reader(confirmations)
    return sending.send_many(chain, orders(signer, journal), timeout_s=600.0)


def bury(node, signer, depth):
    """Lay blocks on that of the last transaction, so that it is the newest but depth - 1."""
    node.wait_for(signer.address, len(CONTENTS))
    if depth > 1:
        node.mine(depth - 1)


def raws(journal, number):
    return [entry.raw for entry in journal.entries()[:number]]


def require_once(node, signer, journal, first=0):
    """Require that each write is on the chain once, where the journal says."""
    entries = [entry for entry in journal.entries() if entry.state != "replaced"]
    receipts = node.reader().receipts([entry.hash for entry in entries])
    assert [entry.state for entry in entries] == ["mined"] * len(CONTENTS)
    assert [receipt.block_hash for receipt in receipts] == [entry.block_hash for entry in entries]
    own = [content for _, content in node.sent(signer.address, first) if content in CONTENTS]
    assert sorted(own) == sorted(CONTENTS)


# How many of the three the new blocks hold.
@pytest.mark.parametrize("kept", [0, 1, 3])
@pytest.mark.parametrize("depth", DEPTHS)
def test_send__reorg_before_the_confirmations__counts_the_receipts_of_the_new_blocks(
    node, journal, clock, depth, kept
):
    signer, first = bare_nodes.signer(), node.newest() + 1
    clock.actions = [
        lambda: bury(node, signer, depth),
        lambda: node.reorg(first, raws(journal, kept)),
    ]

    receipts = send(node, signer, journal, confirmations=depth + 3)

    newest = node.reader().header().number
    assert all(newest - receipt.block >= depth + 3 for receipt in receipts)
    require_once(node, signer, journal)


@pytest.mark.parametrize("depth", DEPTHS)
def test_send__reorg_with_another_transaction_on_the_nonce__is_signed_anew_when_that_counts(
    node, journal, clock, depth
):
    signer, first = bare_nodes.signer(), node.newest() + 1
    foreign = bare_nodes.foreign(signer, 1)

    def compete():
        node.reorg(first, [*raws(journal, 1), foreign])
        assert [entry.state for entry in journal.entries()] == ["signed"] * 3

    clock.actions = [lambda: bury(node, signer, depth), compete]

    with pytest.raises(ChainError, match=r"two.*nonce 1 .* another transaction.*run again"):
        send(node, signer, journal, confirmations=depth + 3)
    send(node, signer, journal, confirmations=depth + 3)

    assert [entry.state for entry in journal.entries()] == ["mined", "replaced", "mined", "mined"]
    require_once(node, signer, journal)


def test_send__competitor_thrown_out_again__first_bytes_are_mined(node, journal, clock):
    signer, first = bare_nodes.signer(), node.newest() + 1
    foreign = bare_nodes.foreign(signer, 0)
    clock.actions = [
        lambda: bury(node, signer, 1),
        lambda: node.reorg(first, [foreign]),
        node.mine,
        lambda: node.reorg(first),
    ]

    send(node, signer, journal, confirmations=9)

    assert len(journal.entries()) == 3
    assert [nonce for nonce, _ in node.sent(signer.address)] == [0, 1, 2]
    require_once(node, signer, journal)


@pytest.mark.parametrize("kept", [0, 1, 3])
@pytest.mark.parametrize("depth", DEPTHS)
def test_reconcile__reorg_behind_the_journal__repairs_and_says_what(
    node, journal, clock, depth, kept
):
    signer, first = bare_nodes.signer(), node.newest() + 1
    send(node, signer, journal)
    bury(node, signer, depth)
    node.reorg(first, raws(journal, kept))

    before = journal.entries()

    repairs = reconciling.reconcile(node.reader(), journal, [signer])

    # A block that is made again of the same transactions is the same block.
    pairs = zip(before, journal.entries(), strict=True)
    moved = [old.purpose for old, new in pairs if old.block_hash != new.block_hash]
    assert [repair.after.purpose for repair in repairs] == moved
    assert len(moved) >= 3 - kept
    assert all("was mined in block 0x" in str(repair) for repair in repairs)
    assert reconciling.reconcile(node.reader(), journal, [signer]) == []
    require_once(node, signer, journal)


@pytest.mark.parametrize("depth", DEPTHS)
def test_reconcile__another_transaction_on_the_nonce__frees_the_purpose(
    node, journal, clock, depth
):
    signer, first = bare_nodes.signer(), node.newest() + 1
    send(node, signer, journal)
    bury(node, signer, depth)
    node.reorg(first, [bare_nodes.foreign(signer, 0)])

    repairs = reconciling.reconcile(node.reader(), journal, [signer])
    send(node, signer, journal)

    assert [repair.after.state for repair in repairs] == ["replaced", "mined", "mined"]
    require_once(node, signer, journal)


def test_reconcile__outsider_thrown_out_when_it_counted__uses_up_his_nonce(node, journal, clock):
    signer, first = bare_nodes.signer(), node.newest() + 1
    foreign = bare_nodes.foreign(signer, 0)
    send(node, signer, journal)
    node.reorg(first, [foreign])
    with pytest.raises(ChainError, match="run again to sign it anew"):
        send(node, signer, journal)
    send(node, signer, journal)
    node.reorg(first)

    with pytest.raises(ChainError, match=r"nothing has nonce 0 of .* run again, which uses it up"):
        send(node, signer, journal)
    reconciling.reconcile(node.reader(), journal, [signer])
    send(node, signer, journal)

    kept = [entry for entry in journal.entries() if entry.state != "replaced"]
    assert [entry.purpose for entry in kept] == [*map(str, [b"two", b"three", b"one"]), "use up/0"]
    assert [entry.state for entry in kept] == ["mined"] * 4
    sent = [(0, b""), (1, b"two"), (2, b"three"), (3, b"one")]
    assert node.sent(signer.address, first) == sent


def test_reconcile__nothing_amiss__changes_nothing(node, journal, clock):
    signer, other = bare_nodes.signer(), bare_nodes.signer()
    send(node, signer, journal)
    before = journal.entries()

    assert reconciling.reconcile(node.reader(), journal, [signer, other]) == []
    assert journal.entries() == before


def test_reconcile__signed_but_never_sent__is_sent(node, journal, clock, monkeypatch):
    signer = bare_nodes.signer()
    die(monkeypatch, "signed", lambda: send(node, signer, journal))

    repairs = reconciling.reconcile(node.reader(), journal, [signer])

    assert len(repairs) == 3
    assert str(repairs[0]).endswith(f"is mined in block {journal.entries()[0].block_hash[:10]}")
    assert "was signed" in str(repairs[0])
    require_once(node, signer, journal)


def test_send__thrown_out_behind_the_journal__comes_before_the_next(node, journal, clock):
    signer = bare_nodes.signer()
    send(node, signer, journal)
    node.reorg(node.newest() - 1)

    sending.send(node.reader(), bare_nodes.write(b"four"), signer, journal, "four")

    sent = [(0, b"one"), (1, b"two"), (2, b"three"), (3, b"four")]
    assert node.sent(signer.address) == sent


def test_send__killed_as_it_sends_again__is_repaired_by_the_next(node, journal, clock, monkeypatch):
    signer, first = bare_nodes.signer(), node.newest() + 1
    send(node, signer, journal)
    node.reorg(first)

    die(monkeypatch, "reopened", lambda: send(node, signer, journal))
    send(node, signer, journal)

    require_once(node, signer, journal)


def test_send__node_that_hides_a_receipt__never_signs_anew(node, journal, clock, monkeypatch):
    signer = bare_nodes.signer()
    send(node, signer, journal)
    for entry in journal.entries():
        journal.mark(entry, "signed")
    hiding = node.reader()
    monkeypatch.setattr(hiding, "receipts", lambda hashes: [None] * len(hashes))

    with pytest.raises(ChainError, match="no receipt"):
        sending.send_many(hiding, orders(signer, journal), timeout_s=5.0)
    send(node, signer, journal)

    require_once(node, signer, journal)


@pytest.mark.parametrize("confirmations", [-1, 64])
def test_reader__confirmations_that_no_node_can_check__are_refused(node, confirmations):
    with pytest.raises(InputError, match="0 to 63"):
        node.reader(confirmations)


@pytest.mark.chaos
def test_send__reorgs_of_every_depth__write_once(node, tmp_path, clock):
    """Run every depth with none, some and all included again, and with a competitor."""
    ended = {"as signed": 0, "signed anew": 0}
    for number, (depth, kept) in enumerate(CASES):
        signer, journal = bare_nodes.signer(), Journal(tmp_path / f"{number}.sqlite")
        first = node.newest() + 1
        foreign = [bare_nodes.foreign(signer, kept)] if number % 2 and kept < 3 else []
        _replay(node, signer, journal, clock, depth, kept, foreign)
        require_once(node, signer, journal, first)
        ended["signed anew" if len(journal.entries()) > 3 else "as signed"] += 1
        journal.close()

    assert min(ended.values()) > 0
    print(f"{2 * len(CASES)} reorgs of 1 to 32 blocks and more: {ended}, 0 lost, 0 doubled")


def _replay(node, signer, journal, clock, depth, kept, foreign):
    """Reorganise while it waits, then behind the journal's back."""
    first = node.newest() + 1
    clock.actions = [
        lambda: bury(node, signer, depth),
        lambda: node.reorg(first, [*raws(journal, kept), *foreign]),
    ]
    if foreign:
        with pytest.raises(ChainError, match="run again to sign it anew"):
            send(node, signer, journal, confirmations=depth + 3)
    send(node, signer, journal, confirmations=depth + 3)
    node.reorg(first, [*raws(journal, kept), *foreign] if foreign else [])
    reconciling.reconcile(node.reader(), journal, [signer])
    send(node, signer, journal)


def die(monkeypatch, point, run):
    def reach(name, *details):
        if name == point:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(failpoints, "reach", reach)
        with pytest.raises(KeyboardInterrupt):
            run()
