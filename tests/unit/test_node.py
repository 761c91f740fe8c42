import json
import os
import signal
import socket

import psutil
import pytest
import requests

from tasks.adapters import jsonrpc, processes
from tasks.adapters import node as nodes
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.core.errors import ChainError, HomeError, ProcessError
from tests import chains

GWEI = 10**9


def ask(url, method, *params, headers=None):
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    return requests.post(url, json=call, headers=headers, timeout=30).json()


def ask_together(url, method, *each_params):
    calls = [
        {"jsonrpc": "2.0", "id": i, "method": method, "params": [params]}
        for i, params in enumerate(each_params)
    ]
    return requests.post(url, json=calls, timeout=30).json()


def raw_transfer(home, nonce, sender="alice", value=1, **fields):
    signed = chains.signers(home)[sender].sign(
        {
            "type": 2,
            "chainId": home.facts.chain_id,
            "nonce": nonce,
            "gas": 21_000,
            "maxFeePerGas": GWEI,
            "maxPriorityFeePerGas": GWEI,
            "to": "0x" + "77" * 20,
            "value": value,
            "data": b"",
        }
        | fields
    )
    return "0x" + bytes(signed.raw_transaction).hex()


def headers_of_all_blocks(url):
    last = int(ask(url, "eth_blockNumber")["result"], 16)
    blocks = [ask(url, "eth_getBlockByNumber", hex(i), False)["result"] for i in range(last + 1)]
    return [(block["hash"], block["timestamp"], block["transactions"]) for block in blocks]


def kill_both(home):
    pids = [processes.running(home.run, name).pid for name in ("chain", "anvil")]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=10)


@pytest.fixture
def home(tmp_path):
    made = chains.make_home(tmp_path / "home")
    yield made
    processes.reap(made.run)


@pytest.mark.parametrize(
    "method",
    [
        "anvil_setBalance",
        "anvil_impersonateAccount",
        "anvil_setCode",
        "anvil_setStorageAt",
        "anvil_dumpState",
        "anvil_loadState",
        "anvil_mine",
        "anvil_reset",
        "hardhat_setBalance",
        "tenderly_setBalance",
        "evm_mine",
        "evm_increaseTime",
        "evm_setNextBlockTimestamp",
        "evm_snapshot",
        "evm_revert",
        "eth_sendTransaction",
        "eth_sendUnsignedTransaction",
        "eth_sign",
        "eth_signTransaction",
        "eth_accounts",
        "debug_traceTransaction",
        "txpool_content",
        "personal_sign",
        "erarium_advance",
        "erarium_snapshot",
        "erarium_stop",
        "ETH_CHAINID",
    ],
)
def test_forwarder__method_not_allowed__answers_32601(local_chain, method):
    before = local_chain.chain.header()

    alone = ask(local_chain.node.rpc_url, method, 1)
    wrong = ask(local_chain.node.rpc_url, method, 1, headers={jsonrpc.TOKEN_HEADER: "guess"})
    call = {"jsonrpc": "2.0", "id": 2, "method": method, "params": []}
    (batched,) = requests.post(local_chain.node.rpc_url, json=[call], timeout=30).json()

    assert {answer["error"]["code"] for answer in (alone, wrong, batched)} == {-32601}
    assert local_chain.chain.header() == before


def test_forwarder__mixed_batch__answers_each_in_its_place(local_chain):
    methods = ["eth_chainId", "evm_mine", 7, "net_version", "web3_clientVersion"]
    calls = [
        {"jsonrpc": "2.0", "id": i, "method": method, "params": []}
        for i, method in enumerate(methods)
    ]

    answers = requests.post(local_chain.node.rpc_url, data=json.dumps(calls), timeout=30).json()

    assert int(answers[0]["result"], 16) == local_chain.home.facts.chain_id
    assert ["error" in answer for answer in answers] == [False, True, True, False, False]
    assert [answer["id"] for answer in answers] == [0, 1, None, 3, 4]


@pytest.mark.parametrize("body", ["", "{", "[]", "7"])
def test_forwarder__no_json_rpc__answers_an_error(local_chain, body):
    answer = requests.post(local_chain.node.rpc_url, data=body, timeout=30).json()

    assert answer["error"]["code"] in (jsonrpc.NOT_JSON, jsonrpc.BAD_REQUEST)


def test_advance__later_and_earlier_times__moves_only_forward(home):
    node = Node.start(home, Settings())

    assert node.advance(chains.GENESIS_TIME + 100) == chains.GENESIS_TIME + 100
    assert node.advance(chains.GENESIS_TIME + 100) == chains.GENESIS_TIME + 100
    with pytest.raises(ChainError, match="is at 1360000100 already"):
        node.advance(chains.GENESIS_TIME + 99)

    assert int(ask(node.rpc_url, "eth_blockNumber")["result"], 16) == 1


def test_blocks__transactions_after_an_advance__have_its_time_and_their_own_block(home):
    node = Node.start(home, Settings())
    node.advance(chains.GENESIS_TIME + 86_400)

    for nonce in range(3):
        ask(node.rpc_url, jsonrpc.SEND, raw_transfer(home, nonce))

    blocks = headers_of_all_blocks(node.rpc_url)
    assert [len(transactions) for _, _, transactions in blocks] == [0, 0, 1, 1, 1]
    assert {int(time, 16) for _, time, _ in blocks[1:]} == {chains.GENESIS_TIME + 86_400}


def test_kill__of_forwarder_and_node__loses_nothing_and_changes_no_block(home):
    node = Node.start(home, Settings())
    for nonce in range(5):
        ask(node.rpc_url, jsonrpc.SEND, raw_transfer(home, nonce))
        node.advance(chains.GENESIS_TIME + 1_000 * (nonce + 1))
        if nonce == 2:
            node.snapshot()
    refused = ask(node.rpc_url, jsonrpc.SEND, raw_transfer(home, 4))
    ahead = ask(node.rpc_url, jsonrpc.SEND, raw_transfer(home, 6))
    before = headers_of_all_blocks(node.rpc_url)

    kill_both(home)
    restarted = Node.start(home, Settings())

    assert "nonce too low" in refused["error"]["message"]
    assert "nonce gap" in ahead["error"]["message"]
    assert headers_of_all_blocks(restarted.rpc_url) == before
    first = before[1][2][0]
    assert ask(restarted.rpc_url, "eth_getTransactionReceipt", first)["result"]["status"] == "0x1"
    ask(restarted.rpc_url, jsonrpc.SEND, raw_transfer(home, 5))
    last = ask(restarted.rpc_url, "eth_getBlockByNumber", "latest", False)["result"]
    assert len(last["transactions"]) == 1
    assert int(last["timestamp"], 16) == chains.GENESIS_TIME + 5_000


def test_kill__after_a_nonce_too_early_and_a_snapshot__loses_no_receipt(home):
    node = Node.start(home, Settings())
    early = raw_transfer(home, 1)
    gap = ask(node.rpc_url, jsonrpc.SEND, early)
    node.snapshot()
    first = ask(node.rpc_url, jsonrpc.SEND, raw_transfer(home, 0))["result"]
    second = ask(node.rpc_url, jsonrpc.SEND, early)["result"]
    receipts = [ask(node.rpc_url, "eth_getTransactionReceipt", tx) for tx in (first, second)]
    before = headers_of_all_blocks(node.rpc_url)

    kill_both(home)
    url = Node.start(home, Settings()).rpc_url

    assert "nonce gap" in gap["error"]["message"]
    assert [transactions for _, _, transactions in before] == [[], [first], [second]]
    assert headers_of_all_blocks(url) == before
    assert [ask(url, "eth_getTransactionReceipt", tx) for tx in (first, second)] == receipts


# The log has the whole batch before the node refuses its first: the second then waits for a
# nonce that nobody used, and must not be mined with the next.
def test_kill__after_a_batch_whose_first_is_refused__changes_no_block(home):
    node = Node.start(home, Settings())
    poor, after = ask_together(
        node.rpc_url, jsonrpc.SEND, raw_transfer(home, 0, value=10**20), raw_transfer(home, 1)
    )
    node.snapshot()
    good = ask_together(
        node.rpc_url, jsonrpc.SEND, raw_transfer(home, 0), raw_transfer(home, 1, value=2)
    )
    before = headers_of_all_blocks(node.rpc_url)

    kill_both(home)
    for path in home.node.glob("snapshot-*.json"):
        content = path.read_bytes()
        path.unlink()
    from_log = Node.start(home, Settings())
    assert headers_of_all_blocks(from_log.rpc_url) == before
    kill_both(home)
    path.write_bytes(content)

    assert headers_of_all_blocks(Node.start(home, Settings()).rpc_url) == before
    assert "Insufficient funds" in poor["error"]["message"]
    assert "did not mine" in after["error"]["message"]
    mined = [transactions for _, _, transactions in before]
    assert mined == [[], [], *[[answer["result"]] for answer in good]]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (lambda home: raw_transfer(home, 0, chainId=1), "is for chain 1, this is "),
        (lambda home: raw_transfer(home, 1), "nonce gap"),
        (lambda home: raw_transfer(home, 0)[:-2], "cannot be decoded"),
        (lambda home: "0x02ff", "cannot be decoded"),
        (lambda home: "0xf8", "not a transaction of type 1 or 2"),
        (lambda home: "0x", "not one hex string"),
    ],
)
def test_send__not_for_this_chain_or_not_next__is_refused_and_not_logged(home, raw, message):
    node = Node.start(home, Settings())

    answer = ask(node.rpc_url, jsonrpc.SEND, raw(home))

    assert message in answer["error"]["message"]
    assert (home.node / "log").read_bytes() == b""
    assert "result" in ask(node.rpc_url, jsonrpc.SEND, raw_transfer(home, 0))


def test_send__same_again__is_refused_as_used_and_its_receipt_stays(home):
    node = Node.start(home, Settings())
    raw = raw_transfer(home, 0)
    first, again = ask_together(node.rpc_url, jsonrpc.SEND, raw, raw)
    logged = (home.node / "log").read_bytes()

    later = ask(node.rpc_url, jsonrpc.SEND, raw)

    assert all("nonce too low" in each["error"]["message"] for each in (again, later))
    assert (home.node / "log").read_bytes() == logged
    receipt = ask(node.rpc_url, "eth_getTransactionReceipt", first["result"])["result"]
    assert receipt["status"] == "0x1"


def test_restart__from_snapshot_or_from_the_log_alone__gives_the_same_blocks(home):
    node = Node.start(home, Settings())
    for nonce in range(4):
        ask(node.rpc_url, jsonrpc.SEND, raw_transfer(home, nonce))
    before = headers_of_all_blocks(node.rpc_url)
    node.stop()
    assert list(home.node.glob("snapshot-*.json"))

    from_snapshot = Node.start(home, Settings())
    assert headers_of_all_blocks(from_snapshot.rpc_url) == before
    ask(from_snapshot.rpc_url, jsonrpc.SEND, raw_transfer(home, 4))
    after = headers_of_all_blocks(from_snapshot.rpc_url)
    from_snapshot.stop()
    for path in home.node.glob("snapshot-*.json"):
        path.unlink()

    assert headers_of_all_blocks(Node.start(home, Settings()).rpc_url) == after


def test_restart__damaged_snapshot__is_rebuilt_from_the_log(home):
    node = Node.start(home, Settings())
    ask(node.rpc_url, jsonrpc.SEND, raw_transfer(home, 0))
    before = headers_of_all_blocks(node.rpc_url)
    node.stop()
    (path,) = home.node.glob("snapshot-*.json")
    path.write_bytes(path.read_bytes()[:-40])

    assert headers_of_all_blocks(Node.start(home, Settings()).rpc_url) == before


def test_restart__snapshot_of_another_chain__is_rebuilt_from_the_log(home, tmp_path):
    other = chains.make_home(tmp_path / "other", seed=1)
    stranger = Node.start(other, Settings())
    ask(stranger.rpc_url, jsonrpc.SEND, raw_transfer(other, 0, value=2))
    stranger.stop()
    node = Node.start(home, Settings())
    ask(node.rpc_url, jsonrpc.SEND, raw_transfer(home, 0))
    before = headers_of_all_blocks(node.rpc_url)
    node.stop()
    (ours,), (theirs,) = (list(each.node.glob("snapshot-*.json")) for each in (home, other))
    content = json.loads(ours.read_bytes())
    foreign = json.loads(theirs.read_bytes())
    content |= {"state": foreign["state"], "sha256": foreign["sha256"]}
    ours.write_text(json.dumps(content))

    assert headers_of_all_blocks(Node.start(home, Settings()).rpc_url) == before


def test_kill__of_the_forwarder_alone__leaves_no_node(home):
    Node.start(home, Settings())
    anvil = psutil.Process(processes.running(home.run, "anvil").pid)

    os.kill(processes.running(home.run, "chain").pid, signal.SIGKILL)

    psutil.wait_procs([anvil], timeout=10)
    assert processes.running(home.run, "anvil") is None


def test_kill__of_the_node_alone__ends_the_forwarder_and_the_next_start_works(home):
    node = Node.start(home, Settings())
    os.kill(processes.running(home.run, "anvil").pid, signal.SIGKILL)

    answer = ask(node.rpc_url, "eth_chainId")

    assert "does not answer" in answer["error"]["message"]
    psutil.wait_procs([psutil.Process(node._process.pid)], timeout=10)
    assert "result" in ask(Node.start(home, Settings()).rpc_url, "eth_chainId")


def test_start__running_chain__is_attached_to(home):
    node = Node.start(home, Settings())

    assert Node.start(home, Settings()).rpc_url == node.rpc_url
    assert Node.attach(home).rpc_url == node.rpc_url
    node.stop()
    assert Node.attach(home) is None


def test_start__busy_port__is_an_error_and_a_free_one_is_used(home):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        busy = listener.getsockname()[1]
        with pytest.raises(ProcessError, match=f"port {busy} for the chain is taken"):
            Node.start(home, Settings(), port=busy)

    free = processes.free_port()

    assert Node.start(home, Settings(), port=free).rpc_url == f"http://127.0.0.1:{free}"


def test_start__no_node_program__is_one_line(home, monkeypatch, tmp_path):
    monkeypatch.setenv("ERARIUM_ANVIL", str(tmp_path / "anvil"))

    with pytest.raises(ChainError, match="anvil is missing: run `make setup`") as caught:
        Node.start(home, Settings())

    assert "\n" not in str(caught.value)


def test_start__node_that_fails__is_one_line(home, monkeypatch, tmp_path):
    program = tmp_path / "anvil"
    program.write_text("#!/bin/sh\necho broken node >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("ERARIUM_ANVIL", str(program))

    with pytest.raises(ChainError, match=r"does not start: .*broken node") as caught:
        Node.start(home, Settings())

    assert "\n" not in str(caught.value)


def test_control_file__running_chain__is_private(home):
    Node.start(home, Settings())

    assert (home.node / "control").stat().st_mode & 0o077 == 0


def test_write_genesis__other_accounts__is_refused(home):
    addresses = [signer.address for signer in chains.signers(home).values()]
    nodes.write_genesis(home, chains.GENESIS_TIME, addresses)

    with pytest.raises(HomeError, match="another genesis"):
        nodes.write_genesis(home, chains.GENESIS_TIME, addresses[1:])


def test_genesis__two_seeds__have_different_first_blocks(home, tmp_path, local_chain):
    other = chains.make_home(tmp_path / "other", seed=1)

    first = ask(Node.start(home, Settings()).rpc_url, "eth_getBlockByNumber", "0x0", False)[
        "result"
    ]
    stranger = Node.start(other, Settings())
    second = ask(stranger.rpc_url, "eth_getBlockByNumber", "0x0", False)["result"]
    stranger.stop()

    assert first["hash"] == local_chain.deployment.genesis_hash
    assert first["hash"] != second["hash"]
