"""Words that hold several numbers: each comes back as it went in, at its bounds too."""

import itertools

import boa
import pytest

from tasks.core.money.units import NANO, WAD
from tests.contracts.evm import Reverted

SOURCE = """
from contracts import packing

@external
@pure
def there_and_back(settling: packing.Settling) -> packing.Settling:
    return packing._unpack(packing._pack(settling))

@external
@pure
def pays(settling: packing.Settling) -> bool:
    return packing._pays(packing._pack(settling))

@external
@pure
def minus(high: uint256, low: uint256, less_high: uint256, less_low: uint256) -> (uint256, uint256):
    pair: uint256 = packing._minus(packing._pair(high, low), less_high, less_low)
    return packing._high(pair), packing._low(pair)
"""
MOST = 2**128 - 1


@pytest.fixture(scope="module")
def packing():
    return boa.loads(SOURCE)


def test_settling__every_number_at_its_bounds__comes_back(packing):
    bounds = ((0, WAD), (0, WAD), (0, NANO // 4), (0, NANO // 4), (60, 2**24 - 1), (0, 2**40 - 1))

    for factor, profit, clip, profit_clip, claim, final_at in itertools.product(*bounds):
        for due in (False, True):
            made = ([factor, profit], [clip, profit_clip], claim, final_at, due)
            assert tuple(packing.there_and_back(made)) == made


@pytest.mark.parametrize(("factors", "pays"), [([0, 0], False), ([1, 0], True), ([0, 1], True)])
def test_pays__any_factor_above_zero__does(packing, factors, pays):
    assert packing.pays((factors, [NANO // 4] * 2, 2**24 - 1, 2**40 - 1, True)) is pays


def test_minus__each_half_apart__never_borrows(packing):
    assert packing.minus(MOST, MOST, MOST, 1) == (0, MOST - 1)
    assert packing.minus(5, 0, 5, 0) == (0, 0)
    for less in ((6, 0), (0, 1)):
        with pytest.raises((boa.BoaError, Reverted)):
            packing.minus(5, 0, *less)
