"""A thin driver of contracts in titanoboa's EVM: calls by ABI, logs and reasons decoded."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import boa
from eth_abi import abi
from eth_hash.auto import keccak

PRIVATE = 0x455200000001
PUBLIC = 1
_REASON = keccak(b"Error(string)")[:4]


class Reverted(Exception):
    """A call reverted; its text is the contract's reason."""


class Contract:
    """A deployed contract; attributes are its functions."""

    def __init__(self, address: str, interface: Sequence[dict[str, Any]]) -> None:
        self.address = str(address)
        self.logs: list[SimpleNamespace] = []
        self._functions = {e["name"]: e for e in interface if e["type"] == "function"}
        self._events = {_selector(e): e for e in interface if e["type"] == "event"}

    def __getattr__(self, name: str) -> Any:
        function = self._functions[name]

        def call(*arguments: Any, sender: str | None = None) -> Any:
            return self._call(function, arguments, sender)

        return call

    def _call(self, function: dict[str, Any], arguments: Sequence[Any], sender: str | None) -> Any:
        data = _selector(function)[:4] + encode(function["inputs"], arguments)
        done = boa.env.execute_code(to_address=self.address, sender=sender, data=data)
        if done.is_error:
            raise Reverted(_reason(done.output))
        if function["stateMutability"] == "nonpayable":
            self.logs = [
                self._decode_log(topics, payload)
                for _, address, topics, payload in done.get_raw_log_entries()
                if "0x" + address.hex() == self.address.lower()
            ]
        returned = decode(function["outputs"], done.output)
        return returned[0] if len(returned) == 1 else returned

    def _decode_log(self, topics: Sequence[int], payload: bytes) -> SimpleNamespace:
        event = self._events[topics[0].to_bytes(32)]
        indexed = [entry for entry in event["inputs"] if entry["indexed"]]
        plain = [entry for entry in event["inputs"] if not entry["indexed"]]
        words = b"".join(topic.to_bytes(32) for topic in topics[1:])
        fields = {e["name"]: v for e, v in zip(plain, decode(plain, payload), strict=True)}
        fields |= {e["name"]: v for e, v in zip(indexed, decode(indexed, words), strict=True)}
        return SimpleNamespace(event=event["name"], **fields)


def deploy(artifact: Any, *arguments: Any, sender: str | None = None) -> Contract:
    """Deploy a checked-in artefact."""
    inputs: Sequence[dict[str, Any]] = next(
        (e["inputs"] for e in artifact.abi if e["type"] == "constructor"), []
    )
    code = artifact.bytecode + encode(inputs, arguments)
    address, done = boa.env.deploy(bytecode=code, sender=sender)
    if done.is_error:
        raise Reverted(_reason(done.output))
    return Contract(address, artifact.abi)


def encode(inputs: Sequence[dict[str, Any]], values: Sequence[Any]) -> bytes:
    """Encode arguments by their ABI entries; a string that is given as bytes need not be UTF-8."""
    types = [
        "bytes" if entry["type"] == "string" and isinstance(value, bytes) else _type(entry)
        for entry, value in zip(inputs, values, strict=True)
    ]
    return abi.encode(types, values)


def decode(outputs: Sequence[dict[str, Any]], payload: bytes) -> list[Any]:
    """Decode values by their ABI entries, structs as namespaces."""
    values = abi.decode([_type(entry) for entry in outputs], payload)
    return [_named(entry, value) for entry, value in zip(outputs, values, strict=True)]


def _named(entry: dict[str, Any], value: Any) -> Any:
    if entry["type"] != "tuple":
        return value
    parts = zip(entry["components"], value, strict=True)
    return SimpleNamespace(**{part["name"]: _named(part, v) for part, v in parts})


def _type(entry: dict[str, Any]) -> str:
    if not entry["type"].startswith("tuple"):
        return str(entry["type"])
    parts = ",".join(_type(part) for part in entry["components"])
    return f"({parts}){entry['type'].removeprefix('tuple')}"


def _selector(entry: dict[str, Any]) -> bytes:
    return keccak(f"{entry['name']}({','.join(map(_type, entry['inputs']))})".encode())


def _reason(output: bytes) -> str:
    if output[:4] != _REASON:
        return f"no reason: 0x{output.hex()}"
    return str(abi.decode(["string"], output[4:])[0])
