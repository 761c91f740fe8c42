"""Addresses and their checksums, against EIP-55's own examples."""

import pytest

from tasks.core.errors import InputError
from tasks.core.protocol import identity

EXAMPLES = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)


@pytest.mark.parametrize("address", EXAMPLES)
def test_check_address__with_its_checksum_or_none__is_taken(address):
    upper = f"0x{address[2:].upper()}"

    found = [identity.check_address(text) for text in (address, address.lower(), upper)]

    assert found == [address] * 3


@pytest.mark.parametrize("address", EXAMPLES)
def test_check_address__one_letter_of_the_other_case__is_mistyped(address):
    place = next(place for place, letter in enumerate(address) if place > 1 and letter.isalpha())
    wrong = address[:place] + address[place].swapcase() + address[place + 1 :]

    with pytest.raises(InputError, match="its checksum is wrong"):
        identity.check_address(wrong)


@pytest.mark.parametrize(
    "text", ["", "0x", "0x" + "1" * 39, "0x" + "1" * 41, "1" * 40, "0x" + "g" * 40]
)
def test_check_address__what_is_none__is_refused(text):
    with pytest.raises(InputError, match="is no address: 0x and 40 hex digits"):
        identity.check_address(text)
