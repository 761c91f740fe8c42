"""`erarium node` and `erarium verify`, and whoever reads the chain from outside."""

import json
import signal
import socket

import pytest
import requests

from tasks.adapters import processes
from tasks.adapters.home import Home
from tests import commands


def ask(url, method, *params):
    """Ask as a stranger's script would: plain JSON-RPC over HTTP."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return requests.post(url, json=body, timeout=30).json()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_node__plain_client__reads_logs_and_cannot_cheat(unbroken, number):
    port = processes.free_port()
    node = commands.start("node", "--home", unbroken, "--port", port, PYTHONUNBUFFERED="1")
    address = node.stdout.readline().split()[0]
    contract = Home.open(unbroken).facts.contracts["tournament"]

    logs = ask(address, "eth_getLogs", {"fromBlock": "0x0", "address": contract})["result"]
    reported = commands.play(unbroken)
    cheat = ask(address, "anvil_setBalance", contract, "0x1")
    clock = ask(address, "erarium_advance", 2_000_000_000)
    node.send_signal(number)
    _, errors = node.communicate(timeout=60)

    assert address == f"http://127.0.0.1:{port}"
    assert reported.returncode == 0
    assert len(logs) > 6 * len(commands.ROUNDS)
    assert "not available here" in cheat["error"]["message"]
    assert "not available here" in clock["error"]["message"]
    assert (node.returncode, errors) == (0, "")
    assert commands.processes_of(unbroken) == []


def test_node__port_that_is_taken__says_so(unbroken):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused = commands.run("node", "--home", unbroken, "--port", port)

    assert refused.returncode == 2
    assert refused.stderr == f"erarium: port {port} for the chain is taken: choose another\n"
    assert commands.processes_of(unbroken) == []


def test_verify__one_round__checks_that_one_and_exits_0(unbroken, tmp_path):
    file = tmp_path / "checks.json"

    done = commands.run("verify", "--home", unbroken, "--round", 136, "--json", file)

    *lines, summary = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(lines) >= 10
    assert [line.partition(": ")[0] for line in lines[:3]] == ["ok   chain"] * 3
    assert all(line.startswith("ok   round 136: ") for line in lines[3:])
    assert summary == f"{len(lines)} of {len(lines)} checks hold"
    checks = json.loads(file.read_bytes())
    assert checks["verified"] is True
    assert len(checks["checks"]) == len(lines)
    assert commands.processes_of(unbroken) == []


def test_verify__unknown_round__exits_1_and_names_it(unbroken):
    done = commands.run("verify", "--home", unbroken, "--round", 9)

    assert done.returncode == 1
    assert "FAIL round 9: terms: no such round on the chain" in done.stdout.splitlines()
