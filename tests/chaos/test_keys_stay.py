"""Private keys are nowhere but in their encrypted files: not in logs, databases, lake, results."""

import base64
import logging
import threading

import pytest

from tasks.adapters import processes
from tasks.core.money.units import WAD, Wei
from tests import chains, commands
from tests.chaos import secrets_scan

LOOK_S = 1.0


@pytest.mark.parametrize(
    "written",
    [
        lambda key: key,
        lambda key: key[::-1],
        lambda key: key.hex().encode(),
        lambda key: b"0x" + key.hex().upper().encode(),
        lambda key: str(int.from_bytes(key)).encode(),
        base64.b64encode,
        base64.urlsafe_b64encode,
        lambda key: base64.b64encode(b"a" + key + b"tail"),
        lambda key: base64.b64encode(b"ab" + key + b"tail"),
        lambda key: base64.urlsafe_b64encode(b"abc" + key),
    ],
)
def test_scan__key_that_leaked__is_found(tmp_path, written):
    keys = {"k": bytes(range(200, 232)), "other": bytes(range(32))}
    (tmp_path / "log").write_bytes(b"before " + written(keys["k"]) + b" after")

    assert secrets_scan.leaks(keys, tmp_path) == [f"{tmp_path}/log shows k"]


def test_keys__writes_on_a_local_chain__are_in_no_file_log_or_process(tmp_path, caplog):
    with chains.running(tmp_path / "home") as local, caplog.at_level(logging.DEBUG):
        keys = secrets_scan.keys_under(local.home.root)
        alice, tournament = local.signers["alice"], local.chain.tournament
        chains.send(local, local.chain.token.transfer(alice.address, Wei(WAD)))
        chains.send(local, local.chain.token.approve(tournament.address, Wei(WAD)), "alice")
        chains.send(local, tournament.deposit(alice.address, "a", Wei(WAD)), "alice")
        local.node.snapshot()
        found = (processes.running(local.home.run, name) for name in ("chain", "anvil"))
        shows = secrets_scan.of_processes(each.pid for each in found if each is not None)

    wanted = {name: secrets_scan.patterns(key) for name, key in keys.items()}
    assert len(keys) == len(chains.ACCOUNTS) + 1
    assert b"tasks.adapters.forwarder" in shows
    assert secrets_scan.shown(wanted, shows + caplog.text.encode()) == []
    assert secrets_scan.leaks(keys, tmp_path) == []


@pytest.mark.chaos
def test_keys__tournament_played_by_the_command__are_in_nothing_that_it_leaves(tmp_path):
    home, report = tmp_path / "home", tmp_path / "report.json"
    shows = []
    playing = commands.start(
        "play", "--home", home, *commands.SMALL, "--json", report, ERARIUM_LOG_LEVEL="DEBUG"
    )

    def look():
        while playing.poll() is None:
            shows.append(secrets_scan.of_processes([playing.pid]))
            ended.wait(LOOK_S)

    ended, watcher = threading.Event(), threading.Thread(target=look)
    watcher.start()
    printed = playing.communicate(timeout=280)
    ended.set()
    watcher.join()
    (tmp_path / "printed").write_text("".join(printed))
    keys = secrets_scan.keys_under(home)
    wanted = {name: secrets_scan.patterns(key) for name, key in keys.items()}

    files = sum(path.is_file() for path in tmp_path.rglob("*"))
    print(f"\n{len(keys)} secrets, {files} files, {len(shows)} looks at the processes")
    assert playing.returncode == 0
    assert len(keys) > 10
    assert secrets_scan.shown(wanted, b"".join(shows)) == []
    assert secrets_scan.leaks(keys, tmp_path) == []
    processes.reap(home / "run")
