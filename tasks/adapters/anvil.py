"""The local chain node behind the forwarder: one child process and its JSON-RPC."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any, Self

import aiohttp

from tasks.adapters import processes
from tasks.core.errors import ChainError

_START_S = 30.0
_ATTEMPTS = 3
_CALL_S = 60.0
_BLOCK_GAS = 30_000_000
# Reads may be pinned to this many blocks back. By default anvil writes the states of all blocks
# to disk, which grows with the square of their number: 0.7 GB after 1,700 blocks.
_STATES = 64


class RefusedError(Exception):
    """The node answered with an error; it is passed on to whoever asked."""

    def __init__(self, error: dict[str, Any]) -> None:
        """Keep the error object of the JSON-RPC answer."""
        super().__init__(error.get("message"))
        self.error = error


class Anvil:
    """A running node; only the forwarder knows its port."""

    def __init__(self, process: processes.Managed, port: int) -> None:
        """Use a node that listens on a loopback port."""
        self._process = process
        self._url = f"http://127.0.0.1:{port}"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CALL_S))

    @classmethod
    async def start(cls, program: Path, genesis: Path, run: Path, env: dict[str, str]) -> Self:
        """Start a node at a genesis file and wait until it answers.

        Raises:
            ChainError: if it does not come up; the message has the last line of its log.
        """
        document = json.loads(genesis.read_bytes())
        former = processes.running(run, "anvil")
        if former is not None:
            # Where no kernel ties it to its parent, a killed forwarder leaves it.
            former.stop()
        for _ in range(_ATTEMPTS):
            port = processes.free_port()
            argv = [str(program), *_arguments(genesis, document, port)]
            node = cls(processes.start(run, "anvil", argv, env, tied=True), port)
            # Between choosing the port and listening on it, another process may take it.
            if await node._answers(document["config"]["chainId"]):
                return node
            await node.stop()
        words = node._process.last_words()
        raise ChainError(f"the chain node does not start: {words}")

    async def call(self, method: str, *params: Any) -> Any:
        """Return the result of one call.

        Raises:
            RefusedError: if the node answers with an error.
            ChainError: if it does not answer.
        """
        answer = await self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer["result"]

    async def post(self, body: Any) -> Any:
        """Return the answer to a JSON-RPC request or batch as it is.

        Raises:
            ChainError: if the node does not answer.
        """
        try:
            async with self._session.post(self._url, json=body) as response:
                return await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            words = self._process.last_words()
            raise ChainError(f"the chain node does not answer: {error} ({words})") from error

    async def mine(self, timestamp: int) -> list[str]:
        """Mine one block and return the hashes of its transactions.

        Raises:
            ChainError: if the node does not do it.
        """
        # The time is told for each block: left alone, anvil would follow the wall clock.
        try:
            (block,) = await self.call("evm_mine_detailed", {"timestamp": timestamp, "blocks": 1})
        except RefusedError as refused:
            raise ChainError(f"the chain node does not mine: {refused}") from refused
        return [transaction["hash"] for transaction in block["transactions"]]

    async def stop(self) -> None:
        """Stop the process; what it holds in memory is gone."""
        await self._session.close()
        await asyncio.to_thread(self._process.stop)

    async def _answers(self, chain_id: int) -> bool:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._process.is_alive():
            try:
                return bool(int(await self.call("eth_chainId"), 16) == chain_id)
            except (ChainError, RefusedError):
                await asyncio.sleep(0.02)
        return False


def _arguments(genesis: Path, document: dict[str, Any], port: int) -> list[str]:
    """Return anvil's arguments: nothing that it decides may depend on clock, mempool or version.

    The forwarder mines each block itself, with the time that it logged. A base fee of 0 stays 0,
    so a transaction pays exactly the tip that it offers.
    """
    return [
        "--quiet", "--host", "127.0.0.1", "--port", str(port), "--accounts", "0",
        "--init", str(genesis), "--chain-id", str(document["config"]["chainId"]),
        "--timestamp", str(int(document["timestamp"], 16)),
        "--no-mining", "--order", "fifo", "--hardfork", "prague",
        "--block-base-fee-per-gas", "0", "--gas-limit", str(_BLOCK_GAS),
        "--prune-history", str(_STATES), "--no-request-size-limit", "--no-cors",
    ]  # fmt: skip
