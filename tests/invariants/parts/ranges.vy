# pragma version 0.4.3
"""
@title Ranges of fuzzed arguments
@license Apache-2.0
@notice What a fuzzer gives is any word; a test says in which range it wants it.
"""


@internal
@pure
def _bound(word: uint256, least: uint256, most: uint256) -> uint256:
    """
    @dev Brings a word into a range. Words that are in it stay, for the fuzzer likes edges and
         small numbers; the very largest ones become the range's upper end.
    @param word Any word.
    @param least The range's lower end.
    @param most Its upper end; the range is not all of uint256.
    @return A number in [least, most].
    """
    if word >= least and word <= most:
        return word
    below_largest: uint256 = max_value(uint256) - word
    span: uint256 = most - least + 1
    if below_largest < min(span, 4):
        return most - below_largest
    return least + word % span


@internal
@pure
def _bits(word: uint256) -> uint256:
    """
    @dev A fuzzer likes small numbers, whose high bits are all alike; these are not.
    @param word Any word.
    @return Bits that are as good as random.
    """
    return convert(keccak256(convert(word, bytes32)), uint256)
