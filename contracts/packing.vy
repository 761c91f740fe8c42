# pragma version 0.4.3
"""
@title Packed words
@license Apache-2.0
@notice Several numbers in one storage word, where settling or entering touches them together.
@dev A pair is two amounts of 128 bits. Pairs add like numbers, both halves at once: `_owe` of the
     ledger keeps all amounts together below 2**128, so no half ever overflows.
"""


struct Settling:
    factors: uint256[2]  # by leg, WAD, at most WAD < 2**60
    clips: uint256[2]  # by leg, NANO, at most 2.5 * 10**8 < 2**28
    claim: uint64  # seconds from finality in which leaves are settled, at most 90 days < 2**24
    final_at: uint64  # from when the proposal is final if nothing happens; 0 if it never is
    due: bool  # the bonds that finality decides are still held


HALF: constant(uint256) = 2**128 - 1

# where each number of a `Settling` begins, and its bits as a mask
FACTOR: constant(uint256) = 196
PROFIT_FACTOR: constant(uint256) = 136
CLIP: constant(uint256) = 108
PROFIT_CLIP: constant(uint256) = 80
CLAIM: constant(uint256) = 56
FINAL_AT: constant(uint256) = 16
FACTOR_BITS: constant(uint256) = 2**60 - 1
CLIP_BITS: constant(uint256) = 2**28 - 1
CLAIM_BITS: constant(uint256) = 2**24 - 1
FINAL_AT_BITS: constant(uint256) = 2**40 - 1


@internal
@pure
def _pair(high: uint256, low: uint256) -> uint256:
    """
    @dev Packs two amounts.
    @param high The first, below 2**128.
    @param low The second, below 2**128.
    @return The pair.
    """
    return (high << 128) | low


@internal
@pure
def _high(pair: uint256) -> uint256:
    return pair >> 128


@internal
@pure
def _low(pair: uint256) -> uint256:
    return pair & HALF


@internal
@pure
def _minus(pair: uint256, high: uint256, low: uint256) -> uint256:
    """
    @dev Subtracts from both halves; reverts if one has less, and never borrows from the other.
    @param pair The pair.
    @param high What the first half loses.
    @param low What the second half loses.
    @return The pair that is left.
    """
    return self._pair(self._high(pair) - high, self._low(pair) - low)


@internal
@pure
def _pays(word: uint256) -> bool:
    """
    @dev Whether a packed `Settling` has a factor above 0; the factors are its highest bits.
    @param word The word.
    @return True if it has.
    """
    return word >> PROFIT_FACTOR > 0


@internal
@pure
def _pack(settling: Settling) -> uint256:
    """
    @dev Packs what every settled leaf reads into one word.
    @param settling The numbers, within the bounds that the struct names.
    @return The word; above 0, for `claim` is.
    """
    return (
        (settling.factors[0] << FACTOR)
        | (settling.factors[1] << PROFIT_FACTOR)
        | (settling.clips[0] << CLIP)
        | (settling.clips[1] << PROFIT_CLIP)
        | (convert(settling.claim, uint256) << CLAIM)
        | (convert(settling.final_at, uint256) << FINAL_AT)
        | convert(settling.due, uint256)
    )


@internal
@pure
def _unpack(word: uint256) -> Settling:
    return Settling(
        factors=[word >> FACTOR, (word >> PROFIT_FACTOR) & FACTOR_BITS],
        clips=[(word >> CLIP) & CLIP_BITS, (word >> PROFIT_CLIP) & CLIP_BITS],
        claim=convert((word >> CLAIM) & CLAIM_BITS, uint64),
        final_at=convert((word >> FINAL_AT) & FINAL_AT_BITS, uint64),
        due=word & 1 == 1,
    )
