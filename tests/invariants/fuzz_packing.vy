# pragma version 0.4.3
"""
@title Fuzz tests of contracts/packing.vy
@license Apache-2.0
@notice The references know positions only: a word is a sum of products by powers of two.
"""

from contracts import packing
from contracts import rules
from tests.invariants.parts import ranges

HALF: constant(uint256) = 2**128
WAD: constant(uint256) = 10**18
MAX_CLAIM: constant(uint256) = 90 * 86_400


@external
@pure
def test_pair(high_word: uint256, low_word: uint256):
    """
    @dev A pair gives back what it was made of.
    """
    high: uint256 = high_word % HALF
    low: uint256 = low_word % HALF

    pair: uint256 = packing._pair(high, low)

    assert pair == high * HALF + low, "another position"
    assert packing._high(pair) == high and packing._low(pair) == low, "not given back"


@external
@pure
def test_high_and_low(pair: uint256):
    """
    @dev Of any word, the halves are quotient and remainder by 2**128.
    """
    assert packing._high(pair) == pair // HALF, "high"
    assert packing._low(pair) == pair % HALF, "low"


@external
@pure
def test_pairs_add_like_numbers(first: uint128[2], second: uint128[2]):
    """
    @dev Halves whose sums stay below 2**128 add in one addition.
    """
    a: uint256 = convert(first[0] // 2, uint256)
    b: uint256 = convert(first[1] // 2, uint256)
    c: uint256 = convert(second[0] // 2, uint256)
    d: uint256 = convert(second[1] // 2, uint256)

    pair: uint256 = packing._pair(a, b) + packing._pair(c, d)

    assert packing._high(pair) == a + c and packing._low(pair) == b + d, "a half overflowed"


@external
def test_minus(pair: uint256, high_word: uint256, low_word: uint256):
    """
    @dev Both halves lose exactly what they have to.
    """
    high: uint256 = ranges._bound(high_word, 0, pair // HALF)
    low: uint256 = ranges._bound(low_word, 0, pair % HALF)

    left: uint256 = packing._minus(pair, high, low)

    assert left // HALF + high == pair // HALF, "high"
    assert left % HALF + low == pair % HALF, "low"


@external
def test_minus_beyond_a_half(pair: uint256, high: uint256, low: uint256):
    """
    @dev Refused exactly where a half has less; no half borrows from the other.
    """
    landed: bool = raw_call(
        self,
        abi_encode(pair, high, low, method_id=method_id("minus(uint256,uint256,uint256)")),
        revert_on_failure=False,
    )

    assert landed == (high <= pair // HALF and low <= pair % HALF), "another bound"


@external
@pure
def minus(pair: uint256, high: uint256, low: uint256) -> uint256:
    """
    @dev For `test_minus_beyond_a_half`, which has to see it revert.
    """
    return packing._minus(pair, high, low)


@external
@pure
def test_pack(
    factors: uint256[2], clips: uint256[2], claim_word: uint256, final_at: uint64, due: bool
):
    """
    @dev Every field within its bound comes back, and stands where it stands.
    """
    settling: packing.Settling = packing.Settling(
        factors=[ranges._bound(factors[0], 0, WAD), ranges._bound(factors[1], 0, WAD)],
        clips=[
            ranges._bound(clips[0], 0, rules.MAX_CLIP),
            ranges._bound(clips[1], 0, rules.MAX_CLIP),
        ],
        claim=convert(ranges._bound(claim_word, 60, MAX_CLAIM), uint64),
        final_at=final_at % 2**40,
        due=due,
    )

    word: uint256 = packing._pack(settling)

    expected: uint256 = settling.factors[0] * 2**196 + settling.factors[1] * 2**136
    expected += settling.clips[0] * 2**108 + settling.clips[1] * 2**80
    expected += convert(settling.claim, uint256) * 2**56
    expected += convert(settling.final_at, uint256) * 2**16
    assert word == expected + (1 if due else 0), "another position"
    assert word > 0, "a book that looks like none"
    assert packing._pays(word) == (
        settling.factors[0] > 0 or settling.factors[1] > 0
    ), "factors"
    back: packing.Settling = packing._unpack(word)
    assert keccak256(abi_encode(back)) == keccak256(abi_encode(settling)), "not given back"


@external
@pure
def test_unpack(word: uint256):
    """
    @dev Of any word: the digits at their positions, and none but bits 1 to 15 is lost.
    """
    settling: packing.Settling = packing._unpack(word)

    assert settling.factors[0] == word // 2**196, "factor"
    assert settling.factors[1] == word // 2**136 % 2**60, "profit factor"
    assert settling.clips[0] == word // 2**108 % 2**28, "clip"
    assert settling.clips[1] == word // 2**80 % 2**28, "profit clip"
    assert convert(settling.claim, uint256) == word // 2**56 % 2**24, "claim"
    assert convert(settling.final_at, uint256) == word // 2**16 % 2**40, "final_at"
    assert settling.due == (word % 2 == 1), "due"
    assert packing._pack(settling) == word - word % 2**16 + word % 2, "not packed again"
