"""The local chain of a home, as the one who drives it sees it."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import requests

from tasks.adapters import files, jsonrpc, processes, settings
from tasks.adapters.home import Home
from tasks.adapters.settings import Settings
from tasks.core.errors import ChainError, HomeError
from tasks.core.protocol import canonical

GENESIS_WEI = 10 * 10**18
"""What each account of a local chain starts with, for gas."""

_NAME = "chain"
_START_S = 120.0
_STOP_S = 60.0
_CALL_S = 120.0
_BLOCK_GAS = 30_000_000


class Node:
    """A running forwarder with its node, and the right to move its clock."""

    def __init__(self, process: processes.Managed, port: int, token: str) -> None:
        """Use a forwarder that listens on a port; `start` and `attach` make these."""
        self._process = process
        self._headers = {jsonrpc.TOKEN_HEADER: token}
        self.rpc_url = f"http://127.0.0.1:{port}"

    @classmethod
    def start(cls, home: Home, values: Settings, port: int | None = None) -> Self:
        """Start the chain of a home, or attach to it where it runs.

        Args:
            home: its `node/genesis.json` was written by `write_genesis`.
            values: what its processes are told.
            port: the public loopback port; None for any, the running one's included.

        Raises:
            ChainError: if it does not come up.
            ProcessError: if the port is taken.
        """
        node = cls.attach(home)
        if node is not None and port in (None, node._port):
            return node
        if node is not None:
            raise ChainError(f"the chain of {home.root} runs already, at {node.rpc_url}")
        if port is not None:
            processes.require_port(port, "the chain")
        (home.node / "control").unlink(missing_ok=True)
        env = settings.child_environment(values, home.root)
        argv = [sys.executable, "-m", "tasks.adapters.forwarder", str(home.root), str(port or 0)]
        return cls._wait(home, processes.start(home.run, _NAME, argv, env))

    @classmethod
    def attach(cls, home: Home) -> Self | None:
        """Return the home's chain if it runs and is ready."""
        process = processes.running(home.run, _NAME)
        control = _read_control(home.node / "control")
        if process is None or control is None:
            return None
        return cls(process, *control)

    def advance(self, timestamp: int) -> int:
        """Mine an empty block at a time; the chain's own time again does nothing.

        Returns:
            The time of the latest block.

        Raises:
            ChainError: if the time lies before the latest block's.
        """
        return int(self._control("erarium_advance", timestamp))

    def snapshot(self) -> None:
        """Save the chain's state, so that the next start need not replay the whole log."""
        self._control("erarium_snapshot")

    def stop(self) -> None:
        """Save the chain's state and stop its processes; stopping twice does nothing."""
        self._process.stop(_STOP_S)

    @property
    def _port(self) -> int:
        return int(self.rpc_url.rpartition(":")[2])

    def _control(self, method: str, *params: Any) -> Any:
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            response = requests.post(
                self.rpc_url, json=body, headers=self._headers, timeout=_CALL_S
            )
            answer = response.json()
        except (requests.RequestException, ValueError) as error:
            words = self._process.last_words()
            raise ChainError(f"the chain at {self.rpc_url} does not answer: {words}") from error
        if "error" in answer:
            raise ChainError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    @classmethod
    def _wait(cls, home: Home, process: processes.Managed) -> Self:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and process.is_alive():
            control = _read_control(home.node / "control")
            if control is not None:
                return cls(process, *control)
            time.sleep(0.02)
        words = process.last_words()
        process.stop()
        raise ChainError(f"the chain of {home.root} does not start: {words}")


def write_genesis(
    home: Home, timestamp: int, addresses: Sequence[str], rich: Mapping[str, int] | None = None
) -> None:
    """Fix the first block of a home's chain; the same again is accepted.

    Args:
        home: its chain id goes into the block.
        timestamp: the block's time, seconds since 1970.
        addresses: who gets 10 ETH for gas.
        rich: who gets another amount, wei.

    Raises:
        HomeError: if the home's chain has another first block.
    """
    amounts = dict.fromkeys(addresses, GENESIS_WEI) | dict(rich or {})
    genesis: dict[str, Any] = {
        "config": {"chainId": home.facts.chain_id},
        "timestamp": hex(timestamp),
        "gasLimit": hex(_BLOCK_GAS),
        "baseFeePerGas": "0x0",
        "difficulty": "0x0",
        "nonce": "0x0",
        "extraData": "0x",
        "mixHash": "0x" + "00" * 32,
        "alloc": {address: {"balance": hex(amount)} for address, amount in amounts.items()},
    }
    # Of all this, anvil's first block hash depends on time and coinbase only; this makes it tell
    # homes apart. Nobody has the key of that account, which collects the fees.
    digest = canonical.sha256_hex(canonical.canonical_json(genesis))
    genesis["coinbase"] = f"0x{digest[:40]}"
    path = home.node / "genesis.json"
    content = canonical.canonical_json(genesis)
    if path.exists() and path.read_bytes() != content:
        raise HomeError(f"the chain of {home.root} has another genesis: use --fresh")
    if not path.exists():
        files.replace_file(path, content)


def _read_control(path: Path) -> tuple[int, str] | None:
    try:
        control = json.loads(path.read_bytes())
        return int(control["port"]), str(control["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
