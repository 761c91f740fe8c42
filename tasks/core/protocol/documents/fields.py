"""Read documents that strangers wrote: each field by its kind, and no field more.

What is read here encodes to the same JSON again, byte for byte: a number is no boolean and no
float, hex is lower-case, an amount has no zero in front. So the digest of a part of a document
may be taken from what was read.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from tasks.core import wording
from tasks.core.errors import InputError, LakeError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import canonical

MOST = 2**64 - 1
"""The largest number that a document holds as a number; larger ones are decimal strings."""

_AMOUNT = re.compile(r"0|[1-9][0-9]{0,77}")
_ERA = re.compile(r"[0-9]{4,18}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}")
_SHOWN = 40

Json = dict[str, Any]
"""A JSON object, as a document is encoded from and read from."""

_T = TypeVar("_T")
_P = ParamSpec("_P")


class DocumentError(LakeError):
    """A document lacks a field, or one is of another kind; the message names the field."""

    def __init__(self, wrong: str, place: str = "") -> None:
        """Say what is wrong with which field; the document itself has none."""
        super().__init__(f"{place}: {wrong}" if place else wrong)
        self.wrong = wrong
        self.place = place

    def within(self, name: str) -> "DocumentError":
        """Return the same error as seen from outside the field `name`."""
        if not name:
            return self
        joint = "." if self.place and not self.place.startswith("[") else ""
        return DocumentError(self.wrong, f"{wording.plain(name[:_SHOWN])}{joint}{self.place}")


class Document(ABC):
    """What can be published: it is read from JSON, and gives the same JSON."""

    __slots__ = ()

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read it from JSON.

        Raises:
            DocumentError: if a field is missing, unknown or of another kind.
        """
        return inside(document, "", cls.read)

    @classmethod
    @abstractmethod
    def read(cls, fields: "Fields") -> Self:
        """Read it from the fields of a JSON object."""

    @abstractmethod
    def to_document(self) -> Json:
        """Return it as JSON has it."""

    def json_digest(self) -> bytes:
        """Return the SHA-256 digest of its canonical JSON, also where it is a part of another."""
        content = canonical.canonical_json(self.to_document())
        return bytes.fromhex(canonical.sha256_hex(content))


class Fields:
    """The fields of a JSON object, each of which is read once."""

    __slots__ = ("_left",)

    def __init__(self, document: object) -> None:
        """Use the fields of a JSON object.

        Raises:
            DocumentError: if it is something else.
        """
        if not isinstance(document, dict):
            raise DocumentError(f"{shown(document)} is no JSON object")
        self._left = dict(document)

    def require_none_left(self) -> None:
        """Refuse fields that nobody asked for.

        Raises:
            DocumentError: that names them.
        """
        if self._left:
            names = wording.listed(sorted(map(str, self._left)), 3)
            raise DocumentError(f"there is no field {names}")

    def take(self, name: str) -> Any:
        """Return a field of any kind.

        Raises:
            DocumentError: if it is missing, as in all that follow.
        """
        try:
            return self._left.pop(name)
        except KeyError:
            raise DocumentError("is missing", name) from None

    def rest(self) -> Json:
        """Return all fields that were not asked for yet."""
        left, self._left = self._left, {}
        return left

    def text(self, name: str) -> str:
        """Return a string."""
        return text(self.take(name), name)

    def era(self, name: str) -> str:
        """Return the name of an era: its number with at least four digits."""
        return era(self.take(name), name)

    def chosen(self, name: str, words: tuple[str, ...]) -> str:
        """Return one of some words."""
        value = self.take(name)
        if not isinstance(value, str) or value not in words:
            raise DocumentError(f"{shown(value)} is none of {', '.join(words)}", name)
        return value

    def whole(self, name: str, least: int = 0, most: int = MOST) -> int:
        """Return a whole number in [least, most]."""
        return whole(self.take(name), name, least, most)

    def signed(self, name: str) -> int:
        """Return a whole number of either sign, as scores and returns are."""
        return signed(self.take(name), name)

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self.take(name)
        if not isinstance(value, bool):
            raise DocumentError(f"{shown(value)} is neither true nor false", name)
        return value

    def round_id(self, name: str) -> RoundId:
        """Return a round's number."""
        return RoundId(self.whole(name))

    def wei(self, name: str) -> Wei:
        """Return an amount, which is written as a decimal string."""
        value = self.take(name)
        if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
            raise DocumentError(f"{shown(value)} is no amount: decimal digits as a string", name)
        return Wei(int(value))

    def word(self, name: str) -> bytes:
        """Return 32 bytes: a digest, a root, a model, a salt."""
        return word(self.take(name), name)

    def sha256(self, name: str) -> str:
        """Return the digest of a file as 64 hex digits."""
        return hex_word(self.take(name), name)

    def one(self, name: str, read: Callable[["Fields"], _T]) -> _T:
        """Return what is read from the fields of an object within this one."""
        return inside(self.take(name), name, read)

    def many(self, name: str, read: Callable[["Fields"], _T]) -> tuple[_T, ...]:
        """Return a list of what is read from the fields of each of its objects."""
        return self.items(name, lambda value, place: inside(value, place, read))

    def maybe(
        self,
        name: str,
        read: Callable[Concatenate[str, _P], _T],
        *args: _P.args,
        **named: _P.kwargs,
    ) -> _T | None:
        """Return None for null, else what another method of this class makes of the field."""
        if name in self._left and self._left[name] is None:
            del self._left[name]
            return None
        return read(name, *args, **named)

    def items(self, name: str, read: Callable[[Any, str], _T]) -> tuple[_T, ...]:
        """Return a list of which each item is read by a function of item and place."""
        return items(self.take(name), name, read)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of strings."""
        return self.items(name, text)

    def named(self, name: str, read: Callable[[Any, str], _T]) -> dict[str, _T]:
        """Return an object of which each field is read by a function of value and place."""
        values = self.take(name)
        if not isinstance(values, dict):
            raise DocumentError(f"{shown(values)} is no JSON object", name)
        try:
            return {text(key, ""): read(value, key) for key, value in values.items()}
        except DocumentError as error:
            raise error.within(name) from None


def items(value: object, place: str, read: Callable[[Any, str], _T]) -> tuple[_T, ...]:
    """Return what is made of each item of a list.

    Raises:
        DocumentError: if it is none, as in all that follow.
    """
    if not isinstance(value, list):
        raise DocumentError(f"{shown(value)} is no list", place)
    try:
        return tuple([read(item, f"[{number}]") for number, item in enumerate(value)])
    except DocumentError as error:
        raise error.within(place) from None


def text(value: object, place: str) -> str:
    """Return a value if it is a string."""
    if not isinstance(value, str):
        raise DocumentError(f"{shown(value)} is no string", place)
    return value


def era(value: object, place: str) -> str:
    """Return a value if it is the name of an era."""
    if not isinstance(value, str) or not _ERA.fullmatch(value):
        raise DocumentError(f"{shown(value)} is no era: its number with four digits", place)
    return value


def maybe_text(value: object, place: str) -> str | None:
    """Return a value if it is a string or null."""
    return None if value is None else text(value, place)


def whole(value: object, place: str, least: int = 0, most: int = MOST) -> int:
    """Return a value if it is a whole number in [least, most]."""
    # a bool is an int
    if type(value) is not int:
        raise DocumentError(f"{shown(value)} is no whole number", place)
    if not least <= value <= most:
        raise DocumentError(f"{shown(value)} is not between {least} and {most}", place)
    return value


def signed(value: object, place: str) -> int:
    """Return a value if it is a whole number of either sign, as scores and returns are."""
    return whole(value, place, -MOST, MOST)


def maybe_signed(value: object, place: str) -> int | None:
    """Return a value if it is such a number or null."""
    return None if value is None else signed(value, place)


def word(value: object, place: str) -> bytes:
    """Return the 32 bytes that a value holds in hex."""
    return bytes.fromhex(hex_word(value, place))


def hex_word(value: object, place: str) -> str:
    """Return a value if it is 32 bytes in hex."""
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise DocumentError(f"{shown(value)} is not 64 lower-case hex digits", place)
    return value


def shown(value: object) -> str:
    """Return a stranger's value for a message: printable, on one line and short."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MOST:
        return "a number of more than 64 bits"
    written = repr(value)
    return wording.plain(written if len(written) <= _SHOWN else f"{written[:_SHOWN]}...")


def inside(value: object, place: str, read: Callable[[Fields], _T]) -> _T:
    """Return what is read from the fields of an object, of which none is left over.

    Raises:
        DocumentError: if it is none, or a field is wrong; the message begins with `place`.
    """
    try:
        fields = Fields(value)
        found = read(fields)
        fields.require_none_left()
    except DocumentError as error:
        raise error.within(place) from None
    except InputError as error:
        raise DocumentError(str(error), place) from error
    return found
