"""A node without our forwarder: with a base fee, reorgs and a pool that tests command."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tasks.adapters import processes
from tasks.adapters.chain import watching
from tasks.adapters.chain.reader import Reader
from tasks.adapters.chain.rpc import Rpc
from tasks.adapters.chain.writes import Write
from tasks.adapters.keys import Signer
from tasks.adapters.settings import Settings
from tasks.core.errors import ChainError

CHAIN_ID = 31_337
GWEI = 10**9
NOBODY = "0x" + "77" * 20

_ACCOUNTS = 200
_numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class BareNode:
    """A running node, at whose port everything is allowed."""

    url: str
    rpc: Rpc

    def reader(self, confirmations: int = 0) -> Reader:
        return Reader.reach(self.url, CHAIN_ID, confirmations=confirmations)

    def call(self, method: str, *params: Any) -> Any:
        return self.rpc.call(method, *params)

    def automine(self, on: bool) -> None:
        self.call("evm_setAutomine", on)

    def mine(self, blocks: int = 1) -> None:
        self.call("anvil_mine", hex(blocks))

    def newest(self) -> int:
        return int(self.call("eth_blockNumber"), 16)

    def reorg(self, first: int, raws: Sequence[bytes] = ()) -> None:
        """Replace the blocks from one on by others, the first of which holds these transactions."""
        pairs = [["0x" + raw.hex(), 0] for raw in raws]
        self.call("anvil_reorg", self.newest() - first + 1, pairs)

    def wait_for(self, sender: str, transactions: int) -> None:
        """Wait until an account has that many mined: automine comes after the answer."""
        deadline = time.monotonic() + 30
        while self.reader().nonce(sender) < transactions:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{sender} has too few transactions")
            time.sleep(0.01)

    def base_fee(self, wei: int) -> None:
        """Set the base fee of the next block, and mine it without a transaction."""
        self.call("anvil_dropAllTransactions")
        self.call("anvil_setNextBlockBaseFeePerGas", hex(wei))
        self.mine()

    def sent(self, sender: str, first: int = 0) -> list[tuple[int, bytes]]:
        """Return nonce and data of an account's transactions from a block on, in their order."""
        asked = [[hex(number), True] for number in range(first, self.newest() + 1)]
        blocks = self.rpc.batch("eth_getBlockByNumber", asked)
        return [
            (int(each["nonce"], 16), bytes.fromhex(each["input"][2:]))
            for block in blocks
            for each in block["transactions"]
            if each["from"].lower() == sender.lower()
        ]


def signer() -> Signer:
    """Return an account with money that no other test has."""
    return _signer(next(_numbers))


def poor_signer() -> Signer:
    return _signer(_ACCOUNTS + next(_numbers))


def write(content: bytes) -> Write:
    return Write(to=NOBODY, data=content, what=f"write {content!r}")


def foreign(account: Signer, nonce: int, content: bytes = b"foreign") -> bytes:
    """Return a transaction that the account's owner signed elsewhere."""
    fields = {"type": 2, "chainId": CHAIN_ID, "nonce": nonce, "gas": 100_000, "to": NOBODY}
    fees = {"maxFeePerGas": 100 * GWEI, "maxPriorityFeePerGas": 50 * GWEI}
    signed = account.sign({**fields, **fees, "value": 0, "data": content})
    return bytes(signed.raw_transaction)


@dataclass
class Clock:
    """A clock that moves by sleeping, and does something of the test's at each sleep.

    What comes is done in order, then `after` each time.
    """

    actions: list[Callable[[], Any]] = field(default_factory=list)
    after: Callable[[], Any] = lambda: None
    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        action = self.actions.pop(0) if self.actions else self.after
        action()

    def install(self, patched: pytest.MonkeyPatch) -> None:
        patched.setattr(watching, "time", self)


@contextmanager
def running(folder: Path, base_fee_wei: int) -> Iterator[BareNode]:
    """Run a node whose chain funds 200 accounts, and mines each transaction at once."""
    folder.mkdir(parents=True, exist_ok=True)
    accounts = [_signer(number).address for number in range(1, _ACCOUNTS)]
    genesis = {
        "config": {"chainId": CHAIN_ID},
        "timestamp": hex(1_360_000_000),
        "gasLimit": hex(30_000_000),
        "baseFeePerGas": hex(base_fee_wei),
        "difficulty": "0x0",
        "alloc": {address: {"balance": hex(10**19)} for address in accounts},
    }
    (folder / "genesis.json").write_text(json.dumps(genesis))
    port = processes.free_port()
    argv = [
        *(str(Settings().anvil), "--quiet", "--host", "127.0.0.1", "--port", str(port)),
        *("--accounts", "0", "--init", str(folder / "genesis.json"), "--hardfork", "prague"),
        *("--block-base-fee-per-gas", str(base_fee_wei), "--no-cors"),
    ]
    process = subprocess.Popen(argv)
    try:
        node = BareNode(url=f"http://127.0.0.1:{port}", rpc=Rpc(f"http://127.0.0.1:{port}"))
        _wait(node)
        yield node
    finally:
        process.kill()
        process.wait()


def _wait(node: BareNode) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            node.call("eth_chainId")
        except ChainError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _signer(number: int) -> Signer:
    return Signer(number.to_bytes(32))
