"""ABI coding: calls, results and logs of one contract as Python values with names."""

import re
from collections.abc import Iterator, Mapping, Sequence
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
# Types of a fixed number of words, which no pointer leads to.
_PLAIN = re.compile(r"(u?int\d+|bytes\d+|address|bool)(\[\d+\])*")


class _Shape:
    """What some values of an ABI look like in bytes."""

    def __init__(self, parts: Sequence[Mapping[str, Any]]) -> None:
        """Use the parts as compilers write them."""
        self._parts = parts
        self._types = [each for part in parts for each in _types(part)]

    def decode(self, data: bytes, what: str) -> dict[str, Any]:
        """Return the values by their names.

        Raises:
            ChainError: if the data is none of this shape.
        """
        try:
            values = iter(_CODEC.decode(self._types, data))
        except (DecodingError, OverflowError, ValueError) as error:
            raise ChainError(f"{what}: the contract's answer does not fit its interface") from error
        return {part["name"]: _take(part, values) for part in self._parts}


class Interface:
    """A contract's functions and events, by name; no name is overloaded in ours."""

    def __init__(self, abi: Sequence[Mapping[str, Any]]) -> None:
        """Use an ABI as compilers write it."""
        self._functions = {
            entry["name"]: cast(ABIFunction, entry) for entry in abi if entry["type"] == "function"
        }
        self._results = {
            name: _Shape(function["outputs"]) for name, function in self._functions.items()
        }
        self._topics: dict[str, bytes] = {}
        self._events: dict[bytes, tuple[str, _Shape, _Shape]] = {}
        for entry in (cast(ABIEvent, each) for each in abi if each["type"] == "event"):
            topic = bytes(utils.event_abi_to_log_topic(entry))
            indexed = _Shape([part for part in entry["inputs"] if part["indexed"]])
            plain = _Shape([part for part in entry["inputs"] if not part["indexed"]])
            self._topics[entry["name"]] = topic
            self._events[topic] = entry["name"], indexed, plain
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
        (value,) = self._results[name].decode(data, name).values()
        return value

    def topic(self, event: str) -> bytes:
        """Return the first topic of an event's logs."""
        return self._topics[event]

    def log(self, topics: Sequence[bytes], data: bytes) -> tuple[str, dict[str, Any]] | None:
        """Return an event's name and values; None for a log that is no event of this contract."""
        event = self._events.get(topics[0]) if topics else None
        if event is None:
            return None
        name, indexed, plain = event
        # Topics are words, as the parts of a call are.
        return name, indexed.decode(b"".join(topics[1:]), name) | plain.decode(data, name)


def word(value: int) -> bytes:
    """Return an unsigned integer as a log's topic."""
    return value.to_bytes(32)


def _type(part: Mapping[str, Any]) -> str:
    return utils.collapse_if_tuple(cast(dict[str, Any], part))


def _types(part: Mapping[str, Any]) -> list[str]:
    """Return a part's type; of a struct without pointers its fields' types, in the same bytes.

    The decoder takes four times as long for the struct.
    """
    if not _is_plain_struct(part):
        return [_type(part)]
    return [each for field in part["components"] for each in _types(field)]


def _is_plain_struct(part: Mapping[str, Any]) -> bool:
    fields = part.get("components", [])
    return part["type"] == "tuple" and all(
        _is_plain_struct(each) or _PLAIN.fullmatch(each["type"]) for each in fields
    )


def _take(part: Mapping[str, Any], values: Iterator[Any]) -> Any:
    """Return the next of the decoded values as a part has it."""
    if _is_plain_struct(part):
        return {field["name"]: _take(field, values) for field in part["components"]}
    return _named(part, next(values))


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
