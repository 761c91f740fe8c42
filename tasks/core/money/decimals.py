"""Decimals as people and tables write them, made integers without a float in between."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal

from tasks.core.errors import InputError
from tasks.core.money.units import NANO, WAD, Wei

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LONGEST = 60

# Wide enough for every decimal below: nothing is rounded but where a function says so.
_EXACT = Context(prec=1_100)

# The contracts count in 256 bits.
_MOST_TOKENS = Decimal(2**256 // WAD)


def decimal(text: str) -> Decimal:
    """Return the number that a text writes.

    Raises:
        InputError: if it is no finite decimal number of at most 60 characters.
    """
    if len(text) > _LONGEST or _DECIMAL.fullmatch(text) is None:
        raise InputError(f"{text[:_LONGEST]!r} is not a decimal number")
    return Decimal(text)


def nano(number: Decimal) -> int:
    """Return a number in nano, rounded half to even."""
    return _scaled(number, NANO, ROUND_HALF_EVEN)


def wad(number: Decimal) -> int:
    """Return a number in wad, rounded half to even."""
    return _scaled(number, WAD, ROUND_HALF_EVEN)


def wei(tokens: Decimal) -> Wei:
    """Return an amount of tokens in wei, rounded down: nobody holds a part of a wei.

    Raises:
        InputError: if it is negative.
    """
    if tokens < 0:
        raise InputError(f"an amount of {tokens} tokens is negative")
    return Wei(_scaled(tokens, WAD, ROUND_DOWN))


def wei_exactly(text: str) -> Wei:
    """Return an amount of tokens that a person wrote, in wei, to the last digit.

    Raises:
        InputError: if it is no decimal number, is negative, finer than a wei, or more than any
            contract can hold.
    """
    tokens = decimal(text)
    if tokens < 0:
        raise InputError(f"an amount of {text} tokens is negative")
    # Compared before it is scaled: the number's exponent is the writer's to choose.
    if tokens >= _MOST_TOKENS:
        raise InputError(f"{text} tokens are more than any contract can hold")
    amount = _EXACT.multiply(tokens, Decimal(WAD))
    if amount != amount.to_integral_value(ROUND_DOWN):
        raise InputError(f"{text} tokens are finer than a wei: at most 18 decimals")
    return Wei(int(amount))


def tokens_exactly(wei: int) -> str:
    """Return an amount of wei in tokens, to the last digit, such as `12.5`."""
    whole, rest = divmod(abs(wei), WAD)
    fraction = f"{rest:018d}".rstrip("0")
    return f"{'-' if wei < 0 else ''}{whole}{'.' if fraction else ''}{fraction}"


def _scaled(number: Decimal, unit: int, rounding: str) -> int:
    return int(_EXACT.multiply(number, Decimal(unit)).to_integral_value(rounding))
