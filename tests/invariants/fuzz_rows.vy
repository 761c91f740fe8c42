# pragma version 0.4.3
"""
@title Fuzz tests of the rows in contracts/payouts.vy
@license Apache-2.0
@notice Bounds of signed returns, the division that payouts.vy avoids, leaves and proofs. The
        references know two's complement and build trees from below.
"""

from contracts import payouts
from contracts import rules
from tests.invariants.parts import ranges

LEAVES: constant(uint256) = 33
LEVELS: constant(uint256) = 7


@external
@pure
def test_is_within(rate: int256, small_word: uint256, clip_word: uint256):
    """
    @dev Told from the magnitude of the two's complement, which also min_value(int256) has.
    """
    clip: uint256 = self._clip(clip_word)
    near: int256 = convert(ranges._bound(small_word, 0, 2 * clip + 2), int256) - convert(
        clip + 1, int256
    )

    for each: int256 in [rate, near, -near, min_value(int256), max_value(int256)]:
        assert payouts._is_within(each, clip) == (
            self._magnitude(each) <= clip
        ), "another bound"


@external
@pure
def test_signed_division_truncates(numerator: int256, denominator: int256):
    """
    @dev Why payouts.vy divides magnitudes only: `//` of a negative number rounds towards zero,
         so a burn written as a negative payout would lose its wei.
    """
    if denominator == 0 or (numerator == min_value(int256) and denominator == -1):
        return
    quotient: int256 = numerator // denominator

    expected: uint256 = self._magnitude(numerator) // self._magnitude(denominator)
    assert self._magnitude(quotient) == expected, "not towards zero"
    assert quotient == 0 or (quotient < 0) == ((numerator < 0) != (denominator < 0)), "sign"


@external
@pure
def test_leaf(round: uint64, model: bytes32, return_nano: int256, profit_nano: int256):
    """
    @dev A leaf is the double hash of four words, negative ones as 2**256 less their magnitude.
    """
    row: Bytes[128] = concat(
        convert(convert(round, uint256), bytes32),
        model,
        self._word(return_nano),
        self._word(profit_nano),
    )

    leaf: bytes32 = payouts._leaf(round, model, return_nano, profit_nano)

    assert leaf == keccak256(concat(keccak256(row), b"")), "another encoding"


@external
@pure
def test_root(seed: bytes32, count_word: uint256, index_word: uint256, other_word: uint256):
    """
    @dev In a tree that is built level by level, of 1 to 33 leaves, every leaf's proof leads to
         the root, and no other leaf's does.
    """
    count: uint256 = ranges._bound(count_word, 1, LEAVES)
    index: uint256 = ranges._bound(index_word, 0, count - 1)
    other: uint256 = ranges._bound(other_word, 0, count - 1)
    level: DynArray[bytes32, LEAVES] = []
    for i: uint256 in range(count, bound=LEAVES):
        level.append(keccak256(concat(seed, convert(i, bytes32))))
    leaf: bytes32 = level[index]
    wrong: bytes32 = level[other]
    proof: DynArray[bytes32, payouts.MAX_DEPTH] = []

    for _level: uint256 in range(LEVELS):
        if len(level) == 1:
            break
        sibling: uint256 = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        level = self._parents(level)
        index = index >> 1

    assert payouts._root(leaf, proof) == level[0], "a leaf without a way to the root"
    assert wrong == leaf or payouts._root(wrong, proof) != level[0], "another leaf passes"


@internal
@pure
def _clip(word: uint256) -> uint256:
    return ranges._bound(word, 0, rules.MAX_CLIP)


@internal
@pure
def _magnitude(number: int256) -> uint256:
    word: uint256 = convert(convert(number, bytes32), uint256)
    return unsafe_sub(0, word) if word >> 255 == 1 else word


@internal
@pure
def _word(number: int256) -> bytes32:
    if number >= 0:
        return convert(convert(number, uint256), bytes32)
    return convert(max_value(uint256) - self._magnitude(number) + 1, bytes32)


@internal
@pure
def _parents(level: DynArray[bytes32, LEAVES]) -> DynArray[bytes32, LEAVES]:
    above: DynArray[bytes32, LEAVES] = []
    for i: uint256 in range((len(level) + 1) // 2, bound=LEAVES):
        left: bytes32 = level[2 * i]
        if 2 * i + 1 == len(level):
            above.append(left)
            continue
        right: bytes32 = level[2 * i + 1]
        # the larger of two siblings comes second
        is_ascending: bool = convert(left, uint256) < convert(right, uint256)
        pair: bytes32[2] = [left, right] if is_ascending else [right, left]
        above.append(keccak256(abi_encode(pair)))
    return above
