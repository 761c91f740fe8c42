"""Sum each round's payouts and burns from a chain's log: chain_sums.py HOST:PORT TOURNAMENT."""

import http.client
import json
import sys


def call(method, *params):
    node = http.client.HTTPConnection(sys.argv[1], timeout=60)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    node.request("POST", "/", body, {"Content-Type": "application/json"})
    return json.load(node.getresponse())["result"]


event = b"Settled(uint64,bytes32,int256,int256,uint256,uint256)"
topics = [call("web3_sha3", "0x" + event.hex())]
sums: dict[int, tuple[int, int]] = {}
for log in call("eth_getLogs", {"address": sys.argv[2], "topics": topics, "fromBlock": "0x0"}):
    paid, burned = sums.get(int(log["topics"][1], 16), (0, 0))
    data = bytes.fromhex(log["data"][2:])
    payout, burn = int.from_bytes(data[-64:-32]), int.from_bytes(data[-32:])
    sums[int(log["topics"][1], 16)] = (paid + payout, burned + burn)
print(json.dumps({key: [str(wei) for wei in amounts] for key, amounts in sums.items()}))
