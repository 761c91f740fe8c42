"""Kept logs: what is asked of a node, how it may limit that, and what a file survives."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from eth_utils.address import to_checksum_address

from contracts import loader
from tasks.adapters.chain import kept_logs, log_file, log_ranges
from tasks.adapters.chain.codec import Interface
from tasks.adapters.chain.kept_logs import KeptLogs, Stream
from tasks.adapters.chain.log_ranges import Ranges
from tasks.adapters.chain.reader import Header, MovedError, Reader
from tasks.adapters.chain.rpc import Rpc
from tasks.adapters.chain.rpc_errors import RefusedError
from tasks.core.errors import ChainError
from tests import bare_nodes
from tests.bare_nodes import CHAIN_ID, GWEI
from tests.chaos import proxy
from tests.chaos.proxy import Fault, Reply

_TOKEN = Interface(loader.load("token").abi)
_ALWAYS = 10**9


@dataclass
class Spied:
    """A node behind a proxy that notes which ranges of logs were asked for, and may refuse."""

    node: bare_nodes.BareNode
    refuse: Any = None
    ranges: list[tuple[int, int]] = field(default_factory=list)
    asked: int = 0

    def act(self, exchange):
        self.asked += 1
        for call in exchange.calls:
            if call["method"] == "eth_getLogs":
                asked = call["params"][0]
                first, last = int(asked["fromBlock"], 16), int(asked["toBlock"], 16)
                error = self.refuse(self, first, last) if self.refuse else None
                if isinstance(error, Reply):
                    return error
                if error is not None:
                    answers = exchange.answers()
                    place = exchange.calls.index(call)
                    answers[place] = {"jsonrpc": "2.0", "id": call["id"], "error": error}
                    return exchange.reply(answers)
                self.ranges.append((first, last))
        return exchange.reply(exchange.answers())


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Iterator[bare_nodes.BareNode]:
    with bare_nodes.running(tmp_path_factory.mktemp("node"), GWEI) as running:
        yield running


@pytest.fixture
def token(node):
    """Return the address of a token of the test's own, and its owner."""
    return make_token(node)


@pytest.fixture(scope="module")
def still(node):
    """Return the address of a token that is not moved any more."""
    return make_token(node)[0]


def make_token(node):
    """Make a token and a few transfers of it, some blocks apart."""
    owner = bare_nodes.signer()
    arguments = _TOKEN.constructor(10**6, 10**6, 0, "0x" + "00" * 20)
    send(node, owner, loader.load("token").bytecode + arguments, None)
    receipt = node.call("eth_getBlockByNumber", hex(node.newest()), True)["transactions"][0]
    address = node.call("eth_getTransactionReceipt", receipt["hash"])["contractAddress"]
    address = to_checksum_address(address)
    for amount in (1, 2, 3):
        transfer(node, owner, address, amount)
        node.mine(8)
    return address, owner


@pytest.fixture
def spied(node, monkeypatch):
    """Spy on the node; `refuse` of it says what is refused."""
    monkeypatch.setattr(log_ranges, "_PAUSE_S", 0.001)
    monkeypatch.setattr(kept_logs, "_PAUSE_S", 0.001)
    spy = Spied(node)
    fault = Fault(name="spy", act=spy.act, within=1, run=_ALWAYS)
    with proxy.running(node.url, [fault], seed=0) as between:
        yield spy, lambda path=None: KeptLogs(Reader(Rpc(between.url, 20.0), CHAIN_ID), path)


def send(node, owner, data, to):
    nonce = node.reader().nonce(owner.address)
    fields = {"type": 2, "chainId": CHAIN_ID, "nonce": nonce, "gas": 3_000_000, "data": data}
    fields |= {"maxFeePerGas": 100 * GWEI, "maxPriorityFeePerGas": GWEI, "value": 0}
    signed = owner.sign(fields if to is None else {**fields, "to": to})
    node.call("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())
    node.wait_for(owner.address, nonce + 1)


def transfer(node, owner, address, amount):
    send(node, owner, _TOKEN.call("transfer", bare_nodes.NOBODY, amount), address)


def amounts(kept, address, **bounds):
    logs = kept.read(Stream(address=address), **bounds)
    return [int.from_bytes(log.data) for log in logs]


def test_read__again__asks_for_new_blocks_alone(node, token, spied, tmp_path):
    (address, owner), (spy, keep) = token, spied
    path = tmp_path / "logs.sqlite"
    first = amounts(keep(path), address)
    newest = node.newest()
    spy.ranges.clear()
    transfer(node, owner, address, 4)

    again = amounts(keep(path), address)

    assert first == [10**6, 1, 2, 3]
    assert again == [10**6, 1, 2, 3, 4]
    assert spy.ranges == [(newest + 1, newest + 1)]


def test_read__pinned_to_an_earlier_block__asks_nothing_more(still, spied):
    address, (spy, keep) = still, spied
    kept = keep()
    stood = kept.read(Stream(address=address))
    asked = spy.asked

    pinned = amounts(kept, address, to_block=stood[1].block)
    later = amounts(kept, address, from_block=stood[1].block + 1, to_block=stood[2].block)

    assert pinned == [10**6, 1]
    assert later == [2]
    assert spy.asked == asked


def test_read__logs_after_a_reorganisation__are_those_of_the_new_blocks(
    node, token, spied, tmp_path
):
    (address, owner), (_, keep) = token, spied
    path = tmp_path / "logs.sqlite"
    kept = keep(path)
    amounts(kept, address)
    transfer(node, owner, address, 4)
    before = amounts(kept, address)
    node.reorg(node.newest())
    transfer(node, owner, address, 5)

    after = [amounts(kept, address), amounts(keep(path), address)]

    assert before == [10**6, 1, 2, 3, 4]
    assert after == [[10**6, 1, 2, 3, 5]] * 2


def span_of(most):
    def refuse(_, first, last):
        if last - first + 1 > most:
            return {"code": -32000, "message": f"query exceeds max block range {most}"}
        return None

    return refuse


def limit_exceeded(_, first, last):
    return {"code": -32005, "message": "limit exceeded"} if last - first >= 20 else None


def by_status(_, first, last):
    return Reply(content=b"{}", status=400) if last - first >= 20 else None


class Busy:
    """Refuses every second request for its rate."""

    def __init__(self, answer):
        self.answer, self.turns = answer, 0

    def __call__(self, *_):
        self.turns += 1
        return self.answer if self.turns % 2 else None


@pytest.mark.parametrize(
    "refuse",
    [
        span_of(20),
        limit_exceeded,
        by_status,
        Busy(Reply(content=b"{}", status=429)),
        Busy(Reply(content=b'{"id": null, "error": {"code": 429, "message": "slower"}}')),
        Busy({"code": 429, "message": "too many requests"}),
        Busy({"code": -32005, "message": "limit exceeded"}),
    ],
    ids=["20 blocks", "limit", "HTTP 400", "HTTP 429", "all of it", "rate", "limit as a rate"],
)
def test_read__node_that_limits_calls__gives_the_same(still, spied, refuse):
    address, (spy, keep) = still, spied
    spy.refuse = refuse

    found = amounts(keep(), address)

    assert found == [10**6, 1, 2, 3]
    assert [first for first, _ in spy.ranges[1:]] == [last + 1 for _, last in spy.ranges[:-1]]


def test_read__answers_that_are_too_large__are_asked_for_in_pieces(still, spied):
    address, (spy, keep) = still, spied
    kept = keep()
    kept._ranges = Ranges(kept._reader, 8_000)

    found = amounts(kept, address)

    assert found == [10**6, 1, 2, 3]
    assert len(spy.ranges) > 2


def test_read__single_block_that_is_refused__is_an_error(still, spied):
    address, (spy, keep) = still, spied
    spy.refuse = span_of(0)

    with pytest.raises(ChainError, match="exceeds max block range"):
        amounts(keep(), address)


def overwritten(path):
    path.write_bytes(b"no database" * 1_000)


def altered(statement):
    def change(path):
        with sqlite3.connect(path) as database:
            database.execute(statement)
        database.close()

    return change


@pytest.mark.parametrize(
    "damage",
    [
        overwritten,
        altered("UPDATE logs SET data = zeroblob(32)"),
        altered("DELETE FROM logs WHERE log_index = 0"),
        altered("DELETE FROM cursors"),
        altered("DROP TABLE logs"),
        altered("PRAGMA user_version = 99"),
        altered("UPDATE chain SET id = '0x1'"),
        lambda path: path.unlink(),
    ],
    ids=["no database", "data", "a log", "cursors", "table", "layout", "chain", "no file"],
)
def test_read__damaged_file__is_read_anew(still, spied, tmp_path, damage):
    address, (spy, keep) = still, spied
    path = tmp_path / "logs.sqlite"
    kept = keep(path)
    amounts(kept, address)
    kept.close()
    damage(path)
    spy.ranges.clear()

    found = [amounts(keep(path), address), amounts(keep(path), address)]

    assert found == [[10**6, 1, 2, 3]] * 2
    assert spy.ranges[0][0] == 0
    assert len([each for each in spy.ranges if each[0] == 0]) == 1


def test_read__file_that_another_process_writes__is_read_on_by_both(node, token, spied, tmp_path):
    (address, owner), (spy, keep) = token, spied
    first, second = keep(tmp_path / "logs.sqlite"), keep(tmp_path / "logs.sqlite")
    found = []

    for amount, one in ((4, first), (5, second), (6, first)):
        transfer(node, owner, address, amount)
        found.append(amounts(one, address))

    assert found[-1] == [10**6, 1, 2, 3, 4, 5, 6]
    assert amounts(second, address) == found[-1]
    assert len(spy.ranges) == len(set(spy.ranges))


@pytest.mark.parametrize("case", ["no folder", "a folder", "held"])
def test_read__file_that_cannot_be_used__is_done_without(still, spied, tmp_path, monkeypatch, case):
    monkeypatch.setattr(log_file, "_WAIT_S", 0.01)
    address, (_, keep) = still, spied
    path = tmp_path / ("none/logs.sqlite" if case == "no folder" else "logs.sqlite")
    with ExitStack() as stack:
        if case == "a folder":
            path.mkdir()
        if case == "held":
            amounts(keep(path), address)
            holder = sqlite3.connect(path, isolation_level=None)
            stack.callback(holder.close)
            holder.execute("BEGIN IMMEDIATE")
            holder.execute("DELETE FROM cursors")
            holder.execute("DELETE FROM logs")
        kept = keep(path)

        found = amounts(kept, address)

    assert found == [10**6, 1, 2, 3]


def test_read__node_that_has_no_such_block_yet__is_an_error(still, spied):
    address, (_, keep) = still, spied
    kept = keep()

    with pytest.raises(MovedError, match=r"has no block \d+ yet"):
        kept.read(Stream(address=address), to_block=99_999_999)


def test_stream__without_data__keeps_where_logs_stand(still, spied):
    address, (_, keep) = still, spied

    bare = keep().read(Stream(address=address, with_data=False))
    whole = keep().read(Stream(address=address))

    assert [log.data for log in bare] == [b""] * 4
    assert [replace(log, data=b"") for log in whole] == bare


def test_unkept__range__is_yielded_and_not_kept(still, spied):
    address, (spy, keep) = still, spied
    kept, stream = keep(), Stream(address=address)
    last = spy.node.newest()

    found = [list(kept.unkept(stream, [None], 0, last)) for _ in range(2)]

    assert [len(each) for each in found] == [4, 4]
    assert spy.ranges[-1] == spy.ranges[len(spy.ranges) // 2 - 1]


class Limiting(Reader):
    """A node of many empty blocks that gives the logs of at most so many at once."""

    def __init__(self, most):
        self.most, self.refused, self.spans = most, 0, []

    def logs_between(self, address, topics, first, last, most_bytes):
        if last - first + 1 > self.most:
            self.refused += 1
            raise RefusedError(f"query exceeds max block range {self.most}")
        self.spans.append(last - first + 1)
        return None, [], Header(number=last, hash="0x", timestamp=0, base_fee_wei=0)


def test_ranges__at_most_10000_blocks_a_call__settle_below_it_and_try_more_now_and_then():
    node = Limiting(10_000)

    read = list(Ranges(node).read("0x", [], 0, 999_999))

    assert sum(node.spans) == 1_000_000
    assert read[-1].last.number == 999_999
    assert max(node.spans) == 8_192
    assert node.refused <= 1 + len(node.spans) // 16
