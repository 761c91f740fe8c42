"""The registry: every way in which a node, or what stands before it, fails its client."""

import json
import time
from collections.abc import Callable
from typing import Any

from tests.chaos.proxy import Exchange, Fault, HungUpError, Reply, SilenceError

REGISTRY: dict[str, Fault] = {}

SEND = frozenset({"eth_sendRawTransaction"})
RECEIPT = frozenset({"eth_getTransactionReceipt"})
BLOCK_ARGUMENT = {"eth_call": 1, "eth_estimateGas": 1, "eth_getTransactionCount": 1,
                  "eth_getBlockByNumber": 0, "eth_getBalance": 1, "eth_getCode": 1}  # fmt: skip
_DELAY_S = 0.1
_LONG = 10_000

Act = Callable[[Exchange], Reply]


def _fault(methods: frozenset[str] = frozenset(), **options: Any) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        name = act.__name__.strip("_")
        REGISTRY[name] = Fault(name=name, act=act, methods=methods, **options)
        return act

    return register


@_fault()
def reset_before(exchange: Exchange) -> Reply:
    raise HungUpError


@_fault(SEND)
def reset_before_sending(exchange: Exchange) -> Reply:
    raise HungUpError


@_fault(SEND)
def reset_after_sending(exchange: Exchange) -> Reply:
    exchange.forward()
    raise HungUpError


@_fault(SEND)
def hangs_before_sending(exchange: Exchange) -> Reply:
    raise SilenceError


@_fault(SEND)
def hangs_after_sending(exchange: Exchange) -> Reply:
    exchange.forward()
    raise SilenceError


@_fault()
def drips_for_ever(exchange: Exchange) -> Reply:
    exchange.forward()
    return Reply(content=b"", missing=_LONG, drip=True)


@_fault()
def delays(exchange: Exchange) -> Reply:
    time.sleep(_DELAY_S)
    return exchange.reply(exchange.answers())


@_fault(run=3)
def limits_requests(exchange: Exchange) -> Reply:
    return Reply(content=b"slow down", status=429)


@_fault()
def bad_gateway_before(exchange: Exchange) -> Reply:
    return Reply(content=b"<html>bad gateway</html>", status=502)


@_fault(SEND)
def bad_gateway_after_sending(exchange: Exchange) -> Reply:
    exchange.forward()
    return Reply(content=b"<html>bad gateway</html>", status=502)


@_fault()
def html_instead_of_json(exchange: Exchange) -> Reply:
    exchange.forward()
    return Reply(content=b"<!doctype html><title>maintenance</title>")


@_fault()
def truncated_json(exchange: Exchange) -> Reply:
    content = exchange.reply(exchange.answers()).content
    return Reply(content=content[: exchange.rng.randrange(1, len(content))])


@_fault()
def connection_ends_early(exchange: Exchange) -> Reply:
    content = exchange.reply(exchange.answers()).content
    half = len(content) // 2
    return Reply(content=content[:half], missing=len(content) - half)


@_fault()
def nested_json(exchange: Exchange) -> Reply:
    return Reply(content=b"[" * 100_000)


@_fault()
def no_json_rpc(exchange: Exchange) -> Reply:
    exchange.forward()
    answers: list[Any] = [None, 7, "ok", [], [[]], {}, [None], {"error": "busy"}, {"error": 7}]
    return Reply(content=json.dumps(exchange.rng.choice(answers)).encode())


@_fault(run=_LONG)
def every_request_twice(exchange: Exchange) -> Reply:
    exchange.forward()
    return exchange.reply(exchange.answers())


@_fault(frozenset(BLOCK_ARGUMENT), run=6)
def stale_block(exchange: Exchange) -> Reply:
    latest = exchange.forward(
        {"jsonrpc": "2.0", "id": 0, "method": "eth_blockNumber", "params": []}
    )
    behind = hex(int(latest["result"], 16) - exchange.rng.randrange(1, 4))
    for call in exchange.calls:
        place = BLOCK_ARGUMENT.get(call["method"])
        if place is not None and call["params"][place:] and call["params"][place] == "latest":
            call["params"][place] = behind
    return exchange.reply(exchange.answers())


@_fault(frozenset({"eth_getTransactionCount"}), run=2)
def nonce_of_the_past(exchange: Exchange) -> Reply:
    answers = exchange.answers()
    for answer in answers:
        answer["result"] = hex(max(0, int(answer["result"], 16) - 1))
    return exchange.reply(answers)


@_fault(frozenset({"eth_chainId"}), within=1)
def wrong_chain_id(exchange: Exchange) -> Reply:
    return exchange.reply([_with(answer, result="0x1") for answer in exchange.answers()])


@_fault(frozenset({"eth_getBlockByNumber"}), within=1)
def another_genesis(exchange: Exchange) -> Reply:
    answers = exchange.answers()
    for answer in answers:
        answer["result"]["hash"] = "0x" + "ab" * 32
    return exchange.reply(answers)


@_fault(frozenset({"eth_getCode"}), within=1)
def no_contract(exchange: Exchange) -> Reply:
    return exchange.reply([_with(answer, result="0x") for answer in exchange.answers()])


@_fault(RECEIPT, run=2)
def null_receipts_then_real(exchange: Exchange) -> Reply:
    return exchange.reply([_with(answer, result=None) for answer in exchange.answers()])


@_fault(RECEIPT, within=1, run=12)
def null_receipts_for_a_while(exchange: Exchange) -> Reply:
    return exchange.reply([_with(answer, result=None) for answer in exchange.answers()])


@_fault(RECEIPT, within=3, run=2)
def receipt_of_another(exchange: Exchange) -> Reply:
    answers = exchange.answers()
    former = exchange.memory.get("receipt", exchange.memory)
    for answer in answers:
        if answer["result"] is not None:
            former, answer["result"] = answer["result"], former
    exchange.memory["receipt"] = former
    return exchange.reply(answers)


@_fault()
def null_results(exchange: Exchange) -> Reply:
    return exchange.reply([_with(answer, result=None) for answer in exchange.answers()])


@_fault()
def no_results(exchange: Exchange) -> Reply:
    kept = ("id", "jsonrpc")
    return exchange.reply([{key: each[key] for key in kept} for each in exchange.answers()])


@_fault()
def numbers_for_hex(exchange: Exchange) -> Reply:
    return exchange.reply([_with(answer, result=7) for answer in exchange.answers()])


@_fault()
def always_an_error(exchange: Exchange) -> Reply:
    error = {"code": -32000, "message": "header\nnot\nfound", "data": "0x08c379a0" + "ff" * 64}
    return exchange.reply(
        [{"jsonrpc": "2.0", "id": call["id"], "error": error} for call in exchange.calls]
    )


def _sent_but_refused(exchange: Exchange, message: str) -> Reply:
    exchange.forward()
    return _refused(exchange, message)


def _refused(exchange: Exchange, message: str) -> Reply:
    error = {"code": -32000, "message": message}
    return exchange.reply(
        [{"jsonrpc": "2.0", "id": call["id"], "error": error} for call in exchange.calls]
    )


@_fault(SEND, run=2)
def sent_but_nonce_too_low(exchange: Exchange) -> Reply:
    return _sent_but_refused(exchange, "nonce too low")


@_fault(SEND, run=2)
def sent_but_already_known(exchange: Exchange) -> Reply:
    return _sent_but_refused(exchange, "already known")


@_fault(SEND, run=2)
def sent_but_underpriced(exchange: Exchange) -> Reply:
    return _sent_but_refused(exchange, "replacement transaction underpriced")


@_fault(SEND)
def refused_for_a_while(exchange: Exchange) -> Reply:
    return _refused(exchange, "txpool is full")


@_fault(SEND)
def accepted_and_dropped(exchange: Exchange) -> Reply:
    return exchange.reply(
        [
            {"jsonrpc": "2.0", "id": call["id"], "result": "0x" + "cd" * 32}
            for call in exchange.calls
        ]
    )


@_fault(at_least=2, run=2)
def batch_out_of_order(exchange: Exchange) -> Reply:
    return exchange.reply(exchange.answers()[::-1])


@_fault(at_least=2)
def batch_lacks_an_answer(exchange: Exchange) -> Reply:
    answers = exchange.answers()
    del answers[exchange.rng.randrange(len(answers))]
    return exchange.reply(answers)


@_fault(at_least=2)
def batch_answers_one_twice(exchange: Exchange) -> Reply:
    answers = exchange.answers()
    return exchange.reply([answers[0], *answers[:-1]])


@_fault(at_least=2)
def batch_has_one_too_many(exchange: Exchange) -> Reply:
    answers = exchange.answers()
    return exchange.reply([*answers, _with(answers[0], id=10**9)])


@_fault(at_least=2)
def batches_not_taken(exchange: Exchange) -> Reply:
    error = {"code": -32600, "message": "batch requests are disabled"}
    return Reply(content=json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode())


@_fault()
def wrong_ids(exchange: Exchange) -> Reply:
    return exchange.reply([_with(each, id=each["id"] + 1) for each in exchange.answers()])


@_fault()
def ids_of_other_types(exchange: Exchange) -> Reply:
    odd: list[Any] = [None, True, "1", [1], {}]
    wrong = exchange.rng.choice(odd)
    return exchange.reply([_with(each, id=wrong) for each in exchange.answers()])


def _with(answer: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**answer, **changes}
