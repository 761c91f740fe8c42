"""Reads of a chain that no contract of ours is needed for: blocks, calls, logs, receipts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from tasks.adapters.chain import rpc
from tasks.adapters.chain.rpc import Rpc
from tasks.adapters.settings import MOST_CONFIRMATIONS
from tasks.core.errors import ChainError, InputError

Block = int | Literal["latest"]
"""The block that a read is pinned to."""

Topic = str | Sequence[str] | None
"""What a log's topic must be: this one, one of these, or any."""


class MovedError(ChainError):
    """A block is not there, not yet or not any more: what was read up to it is of no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A block's number, hash, time in seconds since 1970, and base fee a unit of gas."""

    number: int
    hash: str
    timestamp: int
    base_fee_wei: int


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
    """One endpoint of one chain.

    Attributes:
        rpc: the endpoint.
        chain_id: the chain that it must be.
        confirmations: the blocks that must lie on a transaction's before its receipt counts; 0 on
            a chain that nobody can reorganise, such as a home's own.
        seen: the latest block when that was asked for last; None before.
    """

    def __init__(self, rpc: Rpc, chain_id: int, confirmations: int = 0) -> None:
        """Use an endpoint unchecked; `reach` checks it.

        Raises:
            InputError: if there are more confirmations than blocks that a node can look back.
        """
        if not 0 <= confirmations <= MOST_CONFIRMATIONS:
            raise InputError(f"{confirmations} confirmations: 0 to {MOST_CONFIRMATIONS} can be had")
        self.rpc = rpc
        self.chain_id = chain_id
        self.confirmations = confirmations
        self.seen: Header | None = None

    @classmethod
    def reach(
        cls,
        rpc_url: str,
        chain_id: int,
        genesis_hash: str | None = None,
        timeout_s: float = 30.0,
        confirmations: int = 0,
    ) -> Self:
        """Return a reader of the chain that is meant.

        Args:
            rpc_url: any JSON-RPC endpoint.
            chain_id: the id that it must have.
            genesis_hash: the hash of its first block, where it is known.
            timeout_s: how long one answer may take.
            confirmations: the blocks that must lie on a transaction's before it counts.

        Raises:
            ChainError: if it does not answer or is another chain.
            InputError: if the confirmations are out of range.
        """
        reader = cls(Rpc(rpc_url, timeout_s), chain_id, confirmations)
        found = rpc.quantity(reader.rpc.call("eth_chainId"), "its chain id")
        if found != chain_id:
            raise ChainError(f"{reader.rpc.place} is chain {found:#x}, not {chain_id:#x}")
        first = reader.header(0).hash
        if genesis_hash not in (None, first):
            raise ChainError(
                f"{reader.rpc.place} has another first block: {first}, not {genesis_hash}"
            )
        return reader

    def now(self) -> int:
        """Return the latest block's timestamp: the only clock."""
        return self.header().timestamp

    def header(self, block: Block = "latest") -> Header:
        """Return a block's header.

        Raises:
            ChainError: if there is no such block.
        """
        header = self._header(self.rpc.call("eth_getBlockByNumber", tag(block), False), block)
        if header is None:
            raise ChainError(f"{self.rpc.place} has no block {block}")
        if block == "latest":
            self.seen = header
        return header

    def find_header(self, block: int) -> Header | None:
        """Return a block's header; None if there is no such block."""
        return self._header(self.rpc.call("eth_getBlockByNumber", tag(block), False), block)

    def _header(self, answer: Any, block: Block) -> Header | None:
        if answer is None:
            return None
        header = _header(answer)
        if block not in ("latest", header.number):
            raise ChainError(f"{self.rpc.place} gives block {header.number} for {block}")
        return header

    def call(self, to: str, data: bytes, block: Block = "latest") -> bytes:
        """Return what a contract answers to a read."""
        request = {"to": to, "data": "0x" + data.hex()}
        return rpc.data(self.rpc.call("eth_call", request, tag(block)), "a call")

    def call_many(self, to: str, data: Sequence[bytes], block: Block = "latest") -> list[bytes]:
        """Return what a contract answers to many reads."""
        requests = [[{"to": to, "data": "0x" + each.hex()}, tag(block)] for each in data]
        answers = self.rpc.batch_all("eth_call", requests)
        return [rpc.data(answer, "a call") for answer in answers]

    def code(self, address: str) -> bytes:
        """Return the code at an address; none at an account's."""
        return rpc.data(self.rpc.call("eth_getCode", address, "latest"), "a contract's code")

    def gas_wei(self, address: str) -> int:
        """Return what an account has for gas, in wei of the chain's coin."""
        return rpc.quantity(self.rpc.call("eth_getBalance", address, "latest"), "a balance")

    def nonce(self, address: str) -> int:
        """Return the number of an account's mined transactions."""
        return rpc.quantity(self.rpc.call("eth_getTransactionCount", address, "latest"), "a nonce")

    def logs(
        self,
        address: str,
        topics: Sequence[Topic],
        from_block: int = 0,
        to_block: Block = "latest",
    ) -> list[dict[str, Any]]:
        """Return a contract's raw logs in their order, each with its block's time.

        Args:
            address: the contract.
            topics: what each topic must be, or one of what it must be; None for any.
            from_block: the first block.
            to_block: the last block, itself included.
        """
        found = self.rpc.call("eth_getLogs", _filter(address, topics, from_block, to_block))
        return self._logs(found, address, topics, from_block, to_block)

    def logs_between(
        self, address: str, topics: Sequence[Topic], first: int, last: int, most_bytes: int
    ) -> tuple[Header | None, list[dict[str, Any]], Header]:
        """Return a contract's raw logs of a range, with the blocks before it and at its end.

        All of it is asked in one request: of several nodes behind one address another one may not
        have the newest blocks yet, and a reorganisation may come in between.

        Args:
            address: the contract.
            topics: what each topic must be; see `logs`.
            first: the first block.
            last: the last block, itself included; the chain must have it.
            most_bytes: how large the answer may be.

        Returns:
            The header of the block before `first`, None before block 0; logs; `last`'s header.

        Raises:
            RefusedError: if the chain refuses the range.
            LimitedError: if it limits calls.
            TooLargeError: if the answer is too large.
            MovedError: if the node does not have that block, or another one by now.
            ChainError: if the chain does not answer.
        """
        end: rpc.Call = ("eth_getBlockByNumber", [hex(last), False])
        before: rpc.Call = ("eth_getBlockByNumber", [hex(max(first - 1, 0)), False])
        asked: rpc.Call = ("eth_getLogs", [_filter(address, topics, first, last)])
        calls = [end, asked, end, before]
        answers = self.rpc.together(calls, most_bytes, patient=False)
        for answer in answers:
            if isinstance(answer, ChainError):
                raise answer
        start, stop = self._header(answers[0], last), self._header(answers[2], last)
        if start is None or stop is None or start.hash != stop.hash:
            raise MovedError(f"{self.rpc.place} has no block {last} yet, or another: run again")
        logs = self._logs(answers[1], address, topics, first, last)
        return (self._header(answers[3], first - 1) if first else None), logs, stop

    def _logs(
        self, found: Any, address: str, topics: Sequence[Topic], first: int, last: Block
    ) -> list[dict[str, Any]]:
        if not isinstance(found, list):
            raise ChainError(f"{self.rpc.place} gives no list of logs: run again, or use another")
        places = {_place(log, address, topics): log for log in found}
        if len(places) != len(found):
            raise ChainError(f"{self.rpc.place} gives a log twice: run again, or use another")
        if any(block < first or (last != "latest" and block > last) for block, _ in places):
            raise ChainError(f"{self.rpc.place} gives a log that was not asked for: use another")
        self._add_times(found)
        return [places[place] for place in sorted(places)]

    def receipt(self, tx_hash: str) -> Receipt | None:
        """Return a transaction's receipt; None while it is not mined."""
        return self.receipts([tx_hash])[0]

    def receipts(self, hashes: Sequence[str]) -> list[Receipt | None]:
        """Return the receipts of many transactions, None for those not mined."""
        found = self.rpc.batch_all("eth_getTransactionReceipt", [[tx_hash] for tx_hash in hashes])
        return [
            None if answer is None else _receipt(tx_hash, answer)
            for tx_hash, answer in zip(hashes, found, strict=True)
        ]

    def _add_times(self, logs: Sequence[dict[str, Any]]) -> None:
        # Not every node puts the block's time into its logs.
        missing = sorted({log["blockNumber"] for log in logs if not log.get("blockTimestamp")})
        blocks = self.rpc.batch("eth_getBlockByNumber", [[number, False] for number in missing])
        for number, block in zip(missing, blocks, strict=True):
            if isinstance(block, ChainError):
                raise ChainError(f"{self.rpc.place} does not give block {number}: {block}")
            header = _header(block)
            if hex(header.number) != number:
                raise ChainError(f"{self.rpc.place} gives block {header.number} for {number}")
            for log in logs:
                if log["blockNumber"] == number:
                    log["blockTimestamp"] = hex(header.timestamp)


def _filter(address: str, topics: Sequence[Topic], first: int, last: Block) -> dict[str, Any]:
    return {
        "address": address,
        "topics": [
            each if each is None or isinstance(each, str) else list(each) for each in topics
        ],
        "fromBlock": hex(first),
        "toBlock": tag(last),
    }


def _header(answer: Any) -> Header:
    try:
        return Header(
            number=rpc.quantity(answer["number"], "a block's number"),
            hash=str(answer["hash"]),
            timestamp=rpc.quantity(answer["timestamp"], "a block's time"),
            base_fee_wei=rpc.quantity(answer.get("baseFeePerGas", "0x0"), "a base fee"),
        )
    except (KeyError, TypeError) as error:
        raise ChainError(
            "the chain answers no block's header: run again, or use another"
        ) from error


def _place(log: Any, address: str, topics: Sequence[Topic]) -> tuple[int, int]:
    """Return a log's block and index in it, once it is seen to be one of those asked for."""
    try:
        fits = all(
            log["topics"][number] in ([asked] if isinstance(asked, str) else asked)
            for number, asked in enumerate(topics)
            if asked is not None
        )
        if log["address"].lower() != address.lower() or not fits:
            raise ChainError("the chain answers a log that was not asked for: use another endpoint")
        rpc.data(log["data"], "a log's data")
        return (
            rpc.quantity(log["blockNumber"], "a log's block"),
            rpc.quantity(log["logIndex"], "a log's index"),
        )
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ChainError("the chain answers a damaged log: run again, or use another") from error


def _receipt(tx_hash: str, answer: Any) -> Receipt:
    try:
        if answer["transactionHash"] != tx_hash:
            raise ChainError(f"the chain answers another receipt for {tx_hash}: run again")
        gas_used = rpc.quantity(answer["gasUsed"], "the gas used")
        return Receipt(
            hash=tx_hash,
            block=rpc.quantity(answer["blockNumber"], "a receipt's block"),
            block_hash=str(answer["blockHash"]),
            succeeded=rpc.quantity(answer["status"], "a receipt's status") == 1,
            gas_used=gas_used,
            fee_wei=gas_used * rpc.quantity(answer["effectiveGasPrice"], "the gas price"),
            contract=answer.get("contractAddress"),
            logs=answer["logs"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ChainError(f"the chain answers no receipt for {tx_hash}: run again") from error


def tag(block: Block) -> str:
    """Return a block as JSON-RPC names it."""
    return block if isinstance(block, str) else hex(block)
