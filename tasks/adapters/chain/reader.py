"""Reads of a chain that no contract of ours is needed for: blocks, calls, logs, receipts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from tasks.adapters.chain.rpc import Rpc
from tasks.core.errors import ChainError

Block = int | Literal["latest"]
"""The block that a read is pinned to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A block's number, hash and time in seconds since 1970."""

    number: int
    hash: str
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a mined transaction did."""

    hash: str
    block: int
    block_hash: str
    succeeded: bool
    gas_used: int
    fee_wei: int
    contract: str | None
    logs: Sequence[dict[str, Any]]


class Reader:
    """One endpoint of one chain."""

    def __init__(self, rpc: Rpc, chain_id: int) -> None:
        """Use an endpoint unchecked; `reach` checks it."""
        self.rpc = rpc
        self.chain_id = chain_id

    @classmethod
    def reach(
        cls, rpc_url: str, chain_id: int, genesis_hash: str | None = None, timeout_s: float = 30.0
    ) -> Self:
        """Return a reader of the chain that is meant.

        Args:
            rpc_url: any JSON-RPC endpoint.
            chain_id: the id that it must have.
            genesis_hash: the hash of its first block, where it is known.
            timeout_s: how long one answer may take.

        Raises:
            ChainError: if it does not answer or is another chain.
        """
        reader = cls(Rpc(rpc_url, timeout_s), chain_id)
        found = int(reader.rpc.call("eth_chainId"), 16)
        if found != chain_id:
            raise ChainError(f"{rpc_url} is chain {found:#x}, not {chain_id:#x}")
        first = reader.header(0).hash
        if genesis_hash not in (None, first):
            raise ChainError(f"{rpc_url} has another first block: {first}, not {genesis_hash}")
        return reader

    def now(self) -> int:
        """Return the latest block's timestamp: the only clock."""
        return self.header().timestamp

    def header(self, block: Block = "latest") -> Header:
        """Return a block's header.

        Raises:
            ChainError: if there is no such block.
        """
        found = self.rpc.call("eth_getBlockByNumber", _tag(block), False)
        if found is None:
            raise ChainError(f"{self.rpc.url} has no block {block}")
        return Header(
            number=int(found["number"], 16),
            hash=found["hash"],
            timestamp=int(found["timestamp"], 16),
        )

    def call(self, to: str, data: bytes, block: Block = "latest") -> bytes:
        """Return what a contract answers to a read."""
        request = {"to": to, "data": "0x" + data.hex()}
        return bytes.fromhex(self.rpc.call("eth_call", request, _tag(block))[2:])

    def call_many(self, to: str, data: Sequence[bytes], block: Block = "latest") -> list[bytes]:
        """Return what a contract answers to many reads."""
        requests = [[{"to": to, "data": "0x" + each.hex()}, _tag(block)] for each in data]
        answers = self.rpc.batch("eth_call", requests)
        for answer in answers:
            if isinstance(answer, ChainError):
                raise answer
        return [bytes.fromhex(answer[2:]) for answer in answers]

    def code(self, address: str) -> bytes:
        """Return the code at an address; none at an account's."""
        return bytes.fromhex(self.rpc.call("eth_getCode", address, "latest")[2:])

    def gas_wei(self, address: str) -> int:
        """Return what an account has for gas, in wei of the chain's coin."""
        return int(self.rpc.call("eth_getBalance", address, "latest"), 16)

    def nonce(self, address: str) -> int:
        """Return the number of an account's mined transactions."""
        return int(self.rpc.call("eth_getTransactionCount", address, "latest"), 16)

    def logs(
        self,
        address: str,
        topics: Sequence[str | None],
        from_block: int = 0,
        to_block: Block = "latest",
    ) -> list[dict[str, Any]]:
        """Return a contract's raw logs in their order, each with its block's time.

        Args:
            address: the contract.
            topics: what each topic must be; None for any.
            from_block: the first block.
            to_block: the last block, itself included.
        """
        found: list[dict[str, Any]] = self.rpc.call(
            "eth_getLogs",
            {
                "address": address,
                "topics": list(topics),
                "fromBlock": hex(from_block),
                "toBlock": _tag(to_block),
            },
        )
        self._add_times(found)
        return sorted(
            found, key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16))
        )

    def receipt(self, tx_hash: str) -> Receipt | None:
        """Return a transaction's receipt; None while it is not mined."""
        return self.receipts([tx_hash])[0]

    def receipts(self, hashes: Sequence[str]) -> list[Receipt | None]:
        """Return the receipts of many transactions, None for those not mined."""
        found = self.rpc.batch("eth_getTransactionReceipt", [[tx_hash] for tx_hash in hashes])
        for answer in found:
            if isinstance(answer, ChainError):
                raise answer
        return [None if answer is None else _receipt(answer) for answer in found]

    def _add_times(self, logs: Sequence[dict[str, Any]]) -> None:
        # Not every node puts the block's time into its logs.
        missing = sorted({log["blockNumber"] for log in logs if not log.get("blockTimestamp")})
        blocks = self.rpc.batch("eth_getBlockByNumber", [[number, False] for number in missing])
        for number, block in zip(missing, blocks, strict=True):
            if not isinstance(block, dict):
                raise ChainError(f"{self.rpc.url} does not give block {number}: {block}")
            for log in logs:
                if log["blockNumber"] == number:
                    log["blockTimestamp"] = block["timestamp"]


def _receipt(answer: dict[str, Any]) -> Receipt:
    gas_used = int(answer["gasUsed"], 16)
    return Receipt(
        hash=answer["transactionHash"],
        block=int(answer["blockNumber"], 16),
        block_hash=answer["blockHash"],
        succeeded=answer["status"] == "0x1",
        gas_used=gas_used,
        fee_wei=gas_used * int(answer["effectiveGasPrice"], 16),
        contract=answer.get("contractAddress"),
        logs=answer["logs"],
    )


def _tag(block: Block) -> str:
    return block if isinstance(block, str) else hex(block)
