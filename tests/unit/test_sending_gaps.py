"""A node that answers too high a nonce: what was signed under it is done once all the same."""

import re
import subprocess
from pathlib import Path

import pytest

from tasks.adapters.chain import reconciling, sending
from tasks.adapters.journal import Journal
from tasks.core.errors import ChainError
from tests import bare_nodes
from tests.bare_nodes import GWEI, Clock

OPERATING = Path(__file__).resolve().parents[2] / "docs" / "operating.md"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with bare_nodes.running(tmp_path_factory.mktemp("node"), GWEI) as running:
        yield running


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journal.sqlite")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def clock(monkeypatch, node):
    made = Clock(after=node.mine)
    made.install(monkeypatch)
    return made


def send(chain, signer, journal):
    return sending.send(chain, bare_nodes.write(b"once"), signer, journal, "once", timeout_s=60.0)


def liar(node, ahead):
    """Return a reader whose node adds so much to the first nonce that it is asked for."""
    chain, lies = node.reader(), iter([True])
    batch = chain.rpc.batch

    def lying(method, params):
        answers = batch(method, params)
        if method != "eth_getTransactionCount" or not next(lies, False):
            return answers
        return [hex(int(answer, 16) + ahead) for answer in answers]

    chain.rpc.batch = lying
    return chain


@pytest.mark.parametrize("ahead", [1, 5, 32])
def test_reconcile__nonce_that_was_too_high__is_reached_and_its_write_done_once(
    node, journal, ahead
):
    signer = bare_nodes.signer()
    with pytest.raises(ChainError, match=f"nothing has nonce 0 .* comes before its {ahead}: run"):
        send(liar(node, ahead), signer, journal)

    repairs = reconciling.reconcile(node.reader(), journal, [signer])
    send(node.reader(), signer, journal)

    assert [(each.after.purpose, each.after.state) for each in repairs] == [("once", "mined")]
    sent = [(nonce, b"") for nonce in range(ahead)] + [(ahead, b"once")]
    assert node.sent(signer.address) == sent


def test_reconcile__somebodys_transactions_wait_below__signs_none_of_its_own(node, journal):
    signer = bare_nodes.signer()
    with pytest.raises(ChainError, match="nothing has nonce 0"):
        send(liar(node, 2), signer, journal)
    node.automine(False)
    for nonce in (0, 1):
        raw = bare_nodes.foreign(signer, nonce, b"by hand")
        node.call("eth_sendRawTransaction", "0x" + raw.hex())

    reconciling.reconcile(node.reader(), journal, [signer])
    node.automine(True)

    assert [entry.purpose for entry in journal.entries()] == ["once"]
    assert node.sent(signer.address) == [(0, b"by hand"), (1, b"by hand"), (2, b"once")]


def test_reconcile__nonce_out_of_reach__the_runbooks_command_frees_the_purpose(
    node, journal, tmp_path
):
    signer = bare_nodes.signer()
    with pytest.raises(ChainError, match="no receipt for once"):
        send(liar(node, 10**6), signer, journal)
    with pytest.raises(
        ChainError, match=r"once has nonce 1000000 of .* next is 0: .* see .A nonce that"
    ):
        reconciling.reconcile(node.reader(), journal, [signer])

    words = {"JOURNAL": tmp_path / "journal.sqlite", "SENDER": signer.address, "NEXT": 0}
    text = OPERATING.read_text().partition("### A nonce that is out of reach")[2]
    command = re.search(r"```\n(.*?)```", text, re.DOTALL)[1]
    for word, value in words.items():
        command = command.replace(f" {word}", f" {value}", 1)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    send(node.reader(), signer, journal)

    assert done.stdout == "1 struck off\n"
    assert node.sent(signer.address) == [(0, b"once")]
