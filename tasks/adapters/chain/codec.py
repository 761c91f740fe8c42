"""ABI coding: calls, results and logs of one contract as Python values with names."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from eth_abi import abi as coder
from eth_abi import decoding
from eth_abi.codec import ABICodec
from eth_abi.exceptions import DecodingError
from eth_abi.registry import BaseEquals, registry
from eth_typing import ABIComponent, ABIEvent, ABIFunction
from eth_utils import abi as utils
from eth_utils.address import to_checksum_address

from tasks.core.errors import ChainError


def _lenient() -> ABICodec:
    """Return a decoder that reads any bytes of a string: the contract takes what strangers send."""
    # eth_abi's registry has no types.
    codecs: Any = registry
    predicate: Any = BaseEquals
    decoder: Any = decoding.StringDecoder
    known = codecs.copy()
    known.unregister_decoder("string")
    lenient = decoder(handle_string_errors="backslashreplace")
    known.register_decoder(predicate("string", with_sub=False), lenient, label="string")
    return ABICodec(known)


_CODEC = _lenient()


class Interface:
    """A contract's functions and events, by name; no name is overloaded in ours."""

    def __init__(self, abi: Sequence[Mapping[str, Any]]) -> None:
        """Use an ABI as compilers write it."""
        self._functions = {
            entry["name"]: cast(ABIFunction, entry) for entry in abi if entry["type"] == "function"
        }
        events = [cast(ABIEvent, entry) for entry in abi if entry["type"] == "event"]
        self._topics = {
            entry["name"]: "0x" + bytes(utils.event_abi_to_log_topic(entry)).hex()
            for entry in events
        }
        self._events = {
            bytes.fromhex(self._topics[entry["name"]].removeprefix("0x")): entry for entry in events
        }
        self._constructor: Sequence[ABIComponent] = next(
            (entry["inputs"] for entry in abi if entry["type"] == "constructor"), []
        )

    def call(self, name: str, *arguments: Any) -> bytes:
        """Return the data of a call."""
        function = self._functions[name]
        selector = bytes(utils.function_abi_to_4byte_selector(function))
        return selector + coder.encode(utils.get_abi_input_types(function), arguments)

    def constructor(self, *arguments: Any) -> bytes:
        """Return the constructor's arguments, which follow the bytecode."""
        return coder.encode([_type(part) for part in self._constructor], arguments)

    def result(self, name: str, data: bytes) -> Any:
        """Return what a call of a function with one output answered.

        Raises:
            ChainError: if the data is not that.
        """
        (output,) = self._functions[name]["outputs"]
        return _named(output, _decode([output], data, name)[0])

    def topic(self, event: str) -> str:
        """Return the first topic of an event's logs."""
        return self._topics[event]

    def log(self, topics: Sequence[bytes], data: bytes) -> tuple[str, dict[str, Any]] | None:
        """Return an event's name and values; None for a log that is no event of this contract."""
        event = self._events.get(topics[0]) if topics else None
        if event is None:
            return None
        inputs = event["inputs"]
        indexed = [part for part in inputs if part["indexed"]]
        plain = [part for part in inputs if not part["indexed"]]
        values: dict[str, Any] = {}
        for part, topic in zip(indexed, topics[1:], strict=True):
            values[part["name"]] = _named(part, _decode([part], topic, event["name"])[0])
        for part, value in zip(plain, _decode(plain, data, event["name"]), strict=True):
            values[part["name"]] = _named(part, value)
        return event["name"], values


def word(value: int) -> bytes:
    """Return an unsigned integer as a log's topic."""
    return value.to_bytes(32)


def _type(part: Mapping[str, Any]) -> str:
    return utils.collapse_if_tuple(cast(dict[str, Any], part))


def _decode(parts: Sequence[Mapping[str, Any]], data: bytes, what: str) -> tuple[Any, ...]:
    try:
        return _CODEC.decode([_type(part) for part in parts], data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise ChainError(f"{what}: the contract's answer does not fit its interface") from error


def _named(part: Mapping[str, Any], value: Any) -> Any:
    """Return a struct as a mapping of its fields and an address with its checksum."""
    if part["type"] == "address":
        return _checksum_address(value)
    if part["type"] == "tuple":
        fields = zip(part["components"], value, strict=True)
        return {field["name"]: _named(field, item) for field, item in fields}
    return value


# A hash each, and the same few accounts again and again.
_checksum_address = lru_cache(2**14)(to_checksum_address)
