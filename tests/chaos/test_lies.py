"""What the client says of an endpoint that is none, or lies: one line, and what to do next."""

import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from tasks.adapters.chain.reader import Reader
from tasks.adapters.chain.rpc import Rpc
from tasks.core.errors import ChainError
from tests.chaos import faults, proxy
from tests.chaos.proxy import Fault

ALWAYS = 10**6
ANSWER_S = 1.0


@pytest.fixture
def reader_behind(local_chain):
    """Make a reader of the local chain behind a fault that hits everything."""
    with ExitStack() as stack:

        def connect(fault):
            always = replace(fault, methods=frozenset(), at_least=1, within=1, run=ALWAYS)
            between = proxy.running(local_chain.node.rpc_url, [always], seed=0)
            rpc = Rpc(stack.enter_context(between).url, ANSWER_S)
            return Reader(rpc, local_chain.home.facts.chain_id)

        yield connect


def lie(change):
    """Return a fault that changes each result."""

    def act(exchange):
        return exchange.reply(
            [{**each, "result": change(each["result"])} for each in exchange.answers()]
        )

    return Fault(name="lie", act=act)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("reset_before", r"no answer from the chain at http://\S+: does it run\?"),
        ("connection_ends_early", r"no answer from the chain at http://\S+: does it run\?"),
        ("limits_requests", "answers HTTP 429: it limits requests: wait a minute and run again"),
        ("bad_gateway_before", "answers HTTP 502: run again when it is up"),
        ("html_instead_of_json", "does not answer in JSON: is it a chain's endpoint"),
        ("nested_json", "does not answer in JSON"),
        ("wrong_ids", "does not answer the eth_getBalance that it was asked"),
        ("ids_of_other_types", "does not answer the eth_getBalance that it was asked"),
        ("no_results", "does not answer the eth_getBalance that it was asked"),
        ("null_results", "the chain answers None for a balance: run again, or use another"),
        ("numbers_for_hex", "the chain answers 7 for a balance: run again, or use another"),
        ("always_an_error", "eth_getBalance: header not found"),
    ],
)
def test_read__endpoint_that_fails__is_one_line_that_says_what_to_do(
    local_chain, reader_behind, name, message
):
    reader = reader_behind(faults.REGISTRY[name])

    with pytest.raises(ChainError, match=message) as caught:
        reader.gas_wei(local_chain.deployment.token)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["hangs_before_sending", "drips_for_ever"])
def test_read__endpoint_that_never_ends__is_left_after_the_time_out(reader_behind, name):
    reader = reader_behind(faults.REGISTRY[name])
    start = time.monotonic()

    with pytest.raises(ChainError, match=r"no answer from|does not end its answer"):
        reader.now()

    assert time.monotonic() - start < 10 * ANSWER_S


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda logs: {}, "gives no list of logs"),
        (lambda logs: [*logs, logs[0]], "gives a log twice"),
        (lambda logs: [{**logs[0], "address": "0x" + "ab" * 20}], "not asked for"),
        (lambda logs: [{**logs[0], "topics": ["0x" + "ab" * 32]}], "not asked for"),
        (lambda logs: [{**logs[0], "topics": []}], "damaged log"),
        (lambda logs: [{**logs[0], "blockNumber": None}], "answers None for a log's block"),
        (lambda logs: [7], "damaged log"),
    ],
)
def test_logs__that_lie__are_refused(local_chain, reader_behind, change, message):
    token = local_chain.deployment.token
    topic = local_chain.chain.logs(token, [])[0]["topics"][0]

    with pytest.raises(ChainError, match=message):
        reader_behind(lie(change)).logs(token, [topic])


def test_header__of_another_block__is_refused(reader_behind):
    reader = reader_behind(lie(lambda block: {**block, "number": "0x7"}))

    with pytest.raises(ChainError, match="gives block 7 for 1"):
        reader.header(1)
    assert reader.header().number == 7


def test_receipt__of_another_transaction__is_refused(local_chain, reader_behind):
    tx_hash = local_chain.chain.logs(local_chain.deployment.token, [])[0]["transactionHash"]
    honest = local_chain.chain.receipt(tx_hash)
    reader = reader_behind(lie(lambda found: {**found, "transactionHash": "0x" + "ab" * 32}))

    with pytest.raises(ChainError, match=f"another receipt for {tx_hash}"):
        reader.receipt(tx_hash)
    assert honest.succeeded
