"""The forwarder's language: which JSON-RPC calls there are, and its refusals."""

import re
from collections.abc import Mapping
from typing import Any, Literal

TOKEN_HEADER = "X-Erarium-Token"  # noqa: S105 - the header's name, not a token
SEND = "eth_sendRawTransaction"
READS = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_createAccessList",
        "eth_estimateGas",
        "eth_feeHistory",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "eth_getBlockTransactionCountByHash",
        "eth_getBlockTransactionCountByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getProof",
        "eth_getStorageAt",
        "eth_getTransactionByBlockHashAndIndex",
        "eth_getTransactionByBlockNumberAndIndex",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_maxPriorityFeePerGas",
        "eth_syncing",
        "net_listening",
        "net_version",
        "web3_clientVersion",
        "web3_sha3",
    }
)
"""What anybody may ask the node. No filters and subscriptions, which hold state in it; nothing
that signs, impersonates, mines or sets."""

CONTROLS = frozenset({"erarium_advance", "erarium_snapshot", "erarium_stop"})
"""What the home's driver alone may ask the forwarder."""

NOT_JSON = -32700
BAD_REQUEST = -32600
NOT_ALLOWED = -32601
BAD_PARAMS = -32602
INTERNAL = -32603

Sort = Literal["read", "send", "control", "refused", "malformed"]

_MAX_HEX = 2 * 256 * 2**10
_HEX = re.compile(r"0x([0-9a-fA-F]{2})+")


def sort(call: object) -> Sort:
    """Return what the forwarder does with a call."""
    method = call.get("method") if isinstance(call, dict) else None
    if not isinstance(method, str):
        return "malformed"
    if method in READS:
        return "read"
    if method == SEND:
        return "send"
    return "control" if method in CONTROLS else "refused"


def raw_transaction(call: Mapping[str, Any]) -> str | None:
    """Return the raw transaction that a call sends; None if it has none."""
    params = call.get("params")
    if isinstance(params, list) and len(params) == 1 and isinstance(params[0], str):
        raw = params[0]
        if len(raw) <= _MAX_HEX and _HEX.fullmatch(raw):
            return raw
    return None


def read_call(number: int, call: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the node is asked for a read: its method and parameters, and nothing else."""
    params = call.get("params") or []
    return {"jsonrpc": "2.0", "id": number, "method": call["method"], "params": params}


def result(call_id: object, value: object) -> dict[str, Any]:
    """Return an answer."""
    return {"jsonrpc": "2.0", "id": call_id, "result": value}


def error(call_id: object, code: int, message: str) -> dict[str, Any]:
    """Return an answer that is an error."""
    return {"jsonrpc": "2.0", "id": call_id, "error": {"code": code, "message": message}}


def failure(call: Any, message: str) -> dict[str, Any]:
    """Return the answer to a call that could not be served."""
    return error(call.get("id") if isinstance(call, dict) else None, INTERNAL, message)


def refusal(call: Any) -> dict[str, Any]:
    """Return the answer to a call that is not passed on."""
    if sort(call) == "malformed":
        return error(None, BAD_REQUEST, "not a JSON-RPC call")
    return error(call.get("id"), NOT_ALLOWED, f"method {call['method']} is not available here")
