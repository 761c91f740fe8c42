"""Amounts of tokens as people write them, to the wei."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import InputError
from tasks.core.money import decimals
from tasks.core.money.units import WAD


@pytest.mark.parametrize(
    ("text", "wei"),
    [
        ("12.5", 25 * WAD // 2),
        ("0", 0),
        ("1e3", 1_000 * WAD),
        ("0.000000000000000001", 1),
        ("1.10000000000000000000", 11 * WAD // 10),
        (".5", WAD // 2),
    ],
)
def test_wei_exactly__a_decimal__is_taken_to_the_last_digit(text, wei):
    assert decimals.wei_exactly(text) == wei


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.0000000000000000001", "finer than a wei: at most 18 decimals"),
        ("1e-999", "finer than a wei"),
        ("-1", "is negative"),
        ("1e999", "more than any contract can hold"),
        ("1,5", "is not a decimal number"),
        ("inf", "is not a decimal number"),
        ("", "is not a decimal number"),
        ("٣", "is not a decimal number"),
    ],
)
def test_wei_exactly__what_is_no_amount__is_refused(text, message):
    with pytest.raises(InputError, match=message):
        decimals.wei_exactly(text)


@given(wei=st.integers(0, 2**180))
def test_tokens_exactly__read_again__is_the_same_amount(wei):
    text = decimals.tokens_exactly(wei)

    assert decimals.wei_exactly(text) == wei
    assert not text.endswith((".", ".0"))
    assert decimals.tokens_exactly(-wei) == (f"-{text}" if wei else "0")
