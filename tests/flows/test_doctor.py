"""`erarium chain doctor`: what journals, lake and chain say of the same tournament."""

import json
import shutil
from dataclasses import replace

import psutil
import pytest

from tasks.adapters import processes
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.rpc import Rpc
from tasks.adapters.home import Home
from tasks.adapters.journal import Attempt, Journal
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.core.money.units import WAD
from tasks.stages import doctor
from tests import chains
from tests.flows import homes
from tests.in_process import call


def journals(played):
    return {"home": Journal(played.stopped / "journal.sqlite").entries()}


def examine(played, lake=None, changed=None):
    tournament = played.tournament
    found = {"home": changed} if changed is not None else journals(played)
    return doctor.examine(tournament.opened.chain, lake or tournament.opened.lake, lambda: found)


def unknown(tx_hash):
    """Return the fields of a journal's entry whose one attempt the chain does not know."""
    attempt = Attempt(hash=tx_hash, raw=b"", max_fee_wei=1, tip_wei=1)
    return {"attempts": (attempt,), "mined": None}


def files(root):
    """Return every file of a home but what SQLite and the running chain keep beside theirs."""
    kept = {path for path in root.rglob("*") if path.is_file()}
    return {
        path: path.read_bytes()
        for path in sorted(kept)
        if path.suffix not in (".sqlite-wal", ".sqlite-shm") and "run" not in path.parts
    }


def test_doctor__sound_home__one_line_and_nothing_changes(played, tmp_path, monkeypatch, capsys):
    root, file = played.tournament.home.root, tmp_path / "doctor.json"
    sent = homes.transactions(played.tournament)

    # whoever works in the home holds its lock, which the doctor does not take
    with played.tournament.home.lock("play"):
        before = files(root)
        code, printed = call(monkeypatch, capsys, "chain", "doctor", "--home", root, "--json", file)
        after = files(root)

    assert (code, printed.err) == (0, "")
    (line,) = printed.out.splitlines()
    assert line.startswith("consistent: block ")
    assert ", 3 rounds, " in line
    document = json.loads(file.read_bytes())
    assert document["consistent"] is True
    assert (document["differences"], document["waiting"]) == ([], [])
    assert document["transactions_by_hand"] == 0
    assert after == before
    assert homes.transactions(played.tournament) == sent


@pytest.mark.parametrize(
    ("state", "other", "line"),
    [
        ("mined", "0x" + "12" * 32, "journal mined, chain not mined"),
        ("reverted", None, "journal reverted, chain mined"),
        ("replaced", None, "journal not mined, chain mined"),
    ],
)
def test_doctor__journal_that_says_otherwise__is_named(played, state, other, line):
    entries = journals(played)["home"]
    wrong = replace(entries[3], state=state, **({} if other is None else unknown(other)))

    found = examine(played, changed=[*entries[:3], wrong, *entries[4:]])

    assert [each.line() for each in found.differences] == [
        f"home, {wrong.purpose} ({wrong.hash}): {line}"
    ]


def test_doctor__signed_and_not_sent_or_sent_by_hand__is_no_difference_but_is_said(played):
    entries = journals(played)["home"]
    waiting = replace(
        entries[-1], purpose="open/999", nonce=9_999, state="signed", **unknown("0x" + "12" * 32)
    )

    found = examine(played, changed=[*entries[:-1], waiting])

    (line,) = found.lines()
    assert "1 more by the same keys that no journal has" in line
    assert "1 signed and not mined yet, which their command sends when it runs again" in line
    assert line.endswith("(home, open/999)")


@pytest.mark.parametrize("name", ["book", "results", "table"])
def test_doctor__lake_that_says_otherwise__is_named(played, tmp_path, name):
    lake, round_id = Lake(tmp_path / "lake"), played.rounds[1]
    shutil.copytree(played.stopped / "lake" / "rounds", lake.root / "rounds")
    path = lake.root / "rounds" / str(round_id) / f"{name}.json"
    gone = path.read_text()
    path.unlink()

    missing = examine(played, lake)
    path.write_text(gone.replace("a", "b"))
    changed = examine(played, lake)

    subjects = {
        "book": ["book"],
        "results": ["root", "table", "targets"],
        "table": ["table file"],
    }[name]
    named = [f"round {round_id}, {subject}" for subject in subjects]
    assert [each.subject for each in missing.differences] == named
    assert {each.subject for each in changed.differences} == set(named)


@pytest.fixture
def cheated(played, tmp_path):
    """Return a copy of the played home whose node gave the stake pool one wei more."""
    root = shutil.copytree(played.stopped, tmp_path / "home")
    home = Home.open(root)
    node = Node.start(home, Settings())
    try:
        address = home.facts.contracts["tournament"]
        process = psutil.Process(processes.running(home.run, "anvil").pid).cmdline()
        rpc = Rpc(f"http://127.0.0.1:{process[process.index('--port') + 1]}")
        pool = played.tournament.opened.chain.tournament.pool(0)
        slots = [hex(number) for number in range(200)]
        words = rpc.batch("eth_getStorageAt", [[address, slot, "latest"] for slot in slots])
        slot = next(s for s, word in zip(slots, words, strict=True) if int(word, 16) == pool)
        rpc.call("anvil_setStorageAt", address, slot, f"0x{pool + 1:064x}")
        yield home
    finally:
        node.stop()
        processes.reap(home.run)


def test_doctor__contract_with_a_wei_too_much__says_where_and_how_much(
    cheated, played, monkeypatch, capsys
):
    pool = played.tournament.opened.chain.tournament.pool(0)

    code, printed = call(monkeypatch, capsys, "chain", "doctor", "--home", cheated.root)

    assert code == 1, printed.err
    assert printed.out.splitlines() == [
        "what rounds hold: log 0, contract no answer (eth_call: execution reverted)",
        f"stake pool: log {pool}, contract {pool + 1} wei (difference +1 wei)",
    ]


def test_doctor__tokens_sent_past_the_functions__are_a_donation(fresh):
    chain, journal = fresh.opened.chain, fresh.opened.journal
    deployer = fresh.opened.keys.signer("deployer")
    gift = chain.token.transfer(chain.tournament.address, WAD)
    chain.send(gift, deployer, journal, purpose=chains.purpose())

    found = doctor.examine(chain, fresh.opened.lake, lambda: {"home": journal.entries()})

    assert found.differences == []
    assert isinstance(chain, Chain)


def test_doctor__home_without_a_chain__says_what_to_do(ingested, monkeypatch, capsys):
    code, printed = call(monkeypatch, capsys, "chain", "doctor", "--home", ingested.root)

    assert code == 2
    assert printed.err == (
        "erarium: this home's contracts are not deployed yet: run `erarium play`\n"
    )
