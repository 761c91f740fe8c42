"""No method of the node that cheats gets past the forwarder, however the call is written."""

import json

import pytest
import requests

from tasks.adapters import jsonrpc

# Every method that anvil 1.7 knows, its aliases included, besides those that the forwarder takes.
FAMILIES = {
    "anvil": """
        addBalance autoImpersonateAccount classifyTransaction dealERC20
        dropAllTransactions dropTransaction dumpState getAutomine getBlobByHash
        getBlobsByTransactionHash getGenesisTime getIntervalMining getLastBlockWallTime
        impersonateAccount impersonateSignature increaseTime loadState metadata mine
        mine_detailed nodeInfo removeBlockTimestampInterval removePoolTransactions reorg
        reset revert rollback setAutomine setBalance setBlockGasLimit
        setBlockTimestampInterval setChainId setCode setCoinbase setERC20Allowance
        setERC20Balance setIntervalMining setLoggingEnabled setMinGasPrice
        setNextBlockBaseFeePerGas setNextBlockPrevRandao setNextBlockTimestamp setNonce
        setRpcUrl setStorageAt setTime snapshot stopImpersonatingAccount
    """,
    "hardhat": """
        addBalance autoImpersonateAccount dealERC20 dropAllTransactions dropTransaction
        dumpState getAutomine impersonateAccount loadState metadata mine reset setBalance
        setCode setCoinbase setLoggingEnabled setMinGasPrice setNextBlockBaseFeePerGas
        setNonce setStorageAt stopImpersonatingAccount
    """,
    "evm": """
        increaseTime mine mine_detailed revert setAccountNonce setAutomine
        setBlockGasLimit setIntervalMining setNextBlockTimestamp setTime snapshot
    """,
    "debug": """
        accountInfoAt clearTxpool codeByHash dbGet executionWitness freeOSMemory
        getModifiedAccountsByNumber getRawBlock getRawHeader getRawReceipts
        getRawTransaction getRawTransactions traceBlock traceBlockByHash
        traceBlockByNumber traceCall traceTransaction
    """,
    "trace": """
        block blockOpcodeGas call callMany filter get rawTransaction
        replayBlockTransactions replayTransaction transaction transactionOpcodeGas
    """,
    "txpool": """
        content contentFrom inspect status
    """,
    "ots": """
        getApiLevel getBlockDetails getBlockDetailsByHash getBlockTransactions
        getContractCreator getInternalOperations getTransactionBySenderAndNonce
        getTransactionError hasCode searchTransactionsAfter searchTransactionsBefore
        traceTransaction
    """,
    "eth": """
        accounts baseFee blobBaseFee callBundle callMany coinbase config fillTransaction
        getAccount getAccountInfo getFilterChanges getFilterLogs getWork hashrate
        networkId newBlockFilter newFilter newPendingTransactionFilter pendingTransactions
        protocolVersion requestAccounts resend sendRawTransactionConditional
        sendRawTransactionSync sendTransaction sendTransactionSync sendUnsignedTransaction
        sign signRawTransaction signTransaction signTypedData signTypedData_v3
        signTypedData_v4 simulateV1 submitHashrate submitWork subscribe uninstallFilter
        unsubscribe
    """,
}
OTHERS = """
    personal_sign personal_unlockAccount personal_sendTransaction admin_addPeer
    admin_nodeInfo miner_start engine_newPayloadV3 erigon_getHeaderByNumber
    tenderly_addBalance tenderly_setBalance wallet_sendTransaction rpc_modules
"""
METHODS = [
    *(f"{family}_{name}" for family, names in FAMILIES.items() for name in names.split()),
    *OTHERS.split(),
    *sorted(jsonrpc.CONTROLS),
]

VICTIM = "0x" + "99" * 20
CHEATS: tuple[tuple[str, list], ...] = (("anvil_setBalance", [VICTIM, "0xffff"]), ("evm_mine", []))


def post(local, body):
    """Return the answer to a body as it is; bytes are sent as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = requests.post(local.node.rpc_url, data=content, timeout=30)
    return response.json()


def call(method, params=(), **changes):
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)} | changes


def untouched(local, before):
    """Nothing was mined, given or taken, and the forwarder still answers."""
    return local.chain.header() == before and local.chain.gas_wei(VICTIM) == 0


def test_forwarder__every_method_of_the_node__is_refused_alone_and_in_a_batch(local_chain):
    before = local_chain.chain.header()
    calls = [call(method, [VICTIM, "0x1"], id=i) for i, method in enumerate(METHODS)]
    among_reads = [call("eth_chainId", id=10**6), *calls, call("eth_blockNumber", id=10**6 + 1)]

    alone = [post(local_chain, each) for each in calls]
    first, *batched, last = post(local_chain, among_reads)

    assert [each["error"]["code"] for each in alone] == [jsonrpc.NOT_ALLOWED] * len(METHODS)
    assert batched == alone
    assert "result" in first
    assert "result" in last
    assert len(set(METHODS)) == len(METHODS) > 150
    assert untouched(local_chain, before)


@pytest.mark.parametrize(("method", "params"), CHEATS)
@pytest.mark.parametrize("change", [
    str.upper, str.lower, str.title, str.swapcase,
    lambda name: name + " ", lambda name: " " + name, lambda name: name + "\0",
    lambda name: "eth_call\0" + name, lambda name: name.replace("_", "\u005f\u200b"),
])  # fmt: skip
def test_forwarder__name_written_otherwise__is_refused(local_chain, method, params, change):
    before = local_chain.chain.header()

    answer = post(local_chain, call(change(method), params))

    assert answer["error"]["code"] == jsonrpc.NOT_ALLOWED
    assert untouched(local_chain, before)


@pytest.mark.parametrize(("method", "params"), CHEATS)
@pytest.mark.parametrize("cheat_last", [True, False])
def test_forwarder__key_twice__passes_on_what_was_checked(local_chain, method, params, cheat_last):
    before = local_chain.chain.header()
    names = ["eth_chainId", method] if cheat_last else [method, "eth_chainId"]
    keys = ", ".join(f'"method": "{name}"' for name in names)
    escaped = keys.replace("method", "\\u006dethod", 1)

    for written in (keys, escaped):
        body = f'{{"jsonrpc": "2.0", "id": 1, {written}, "params": {json.dumps(params)}}}'
        answer = post(local_chain, body.encode())
        refused = answer.get("error", {}).get("code") == jsonrpc.NOT_ALLOWED
        assert refused == cheat_last

    assert untouched(local_chain, before)


@pytest.mark.parametrize("method", [*(name for name, _ in CHEATS), "eth_chainId"])
@pytest.mark.parametrize("missing", ["id", "jsonrpc", "params"])
@pytest.mark.parametrize("in_a_batch", [False, True])
def test_forwarder__call_that_lacks_a_part__cheats_and_stops_nothing(
    local_chain, method, missing, in_a_batch
):
    before = local_chain.chain.header()
    lacking = call(method)
    del lacking[missing]

    answer = post(local_chain, [lacking, call("eth_chainId", id=7)] if in_a_batch else lacking)

    first = answer[0] if in_a_batch else answer
    assert ("result" in first) == (method == "eth_chainId")
    assert not in_a_batch or answer[1]["result"] == hex(local_chain.home.facts.chain_id)
    assert untouched(local_chain, before)


@pytest.mark.parametrize("number", [None, "a", 1.5, -1, 2**70, True, [1], {"a": 1}, "x" * 10_000])
def test_forwarder__id_of_any_type__answers_with_it(local_chain, number):
    answers = post(local_chain, [call("eth_chainId", id=number), call("evm_mine", id=number)])

    assert [answer["id"] for answer in answers] == [number, number]
    assert ["result" in answer for answer in answers] == [True, False]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"id":1,"method":"eth_call","params":' + b"[" * 200_000,
        b'{"jsonrpc":"2.0","id":NaN,"method":"eth_chainId","params":[]}',
        b'[[{"jsonrpc":"2.0","id":1,"method":"evm_mine","params":[]}]]',
        b'{"jsonrpc":"2.0","id":1,"method":["evm_mine"],"params":[]}',
        b'{"jsonrpc":"2.0","id":1,"method":"evm_mine"}{"method":"evm_mine"}',
        b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":"\\ud800"}',
        b"\xff\xfe{}",
    ],
)
def test_forwarder__odd_body__is_answered_and_the_chain_goes_on(local_chain, body):
    before = local_chain.chain.header()

    answer = post(local_chain, body)

    assert "error" in (answer[0] if isinstance(answer, list) else answer)
    assert untouched(local_chain, before)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["", "/", "/anvil", "/../", "/?method=evm_mine"])
def test_forwarder__other_http_method_or_path__reaches_no_node(local_chain, method, path):
    before = local_chain.chain.header()

    response = requests.request(
        method, local_chain.node.rpc_url + path, data=json.dumps(call("evm_mine")), timeout=30
    )

    assert response.status_code in (404, 405)
    assert untouched(local_chain, before)
