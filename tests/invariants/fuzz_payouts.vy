# pragma version 0.4.3
"""
@title Fuzz tests of contracts/payouts.vy
@license Apache-2.0
@notice The references divide nothing: a quotient is checked by what defines it, by products and
        remainders, at the bounds that rules.vy gives the operands.
"""

from contracts import payouts
from contracts import rules
from tests.invariants.parts import ranges

WAD: constant(uint256) = 10**18
NANO: constant(uint256) = 10**9
SCALE: constant(uint256) = 10**27


@external
@pure
def test_factor(
    total_word: uint256, threshold_word: uint256, available_word: uint256, clip_word: uint256
):
    """
    @dev The factor is the largest number that keeps all three of its bounds.
    """
    total: uint256 = self._amount(total_word, 1)
    threshold: uint256 = self._amount(threshold_word, 0)
    available: uint256 = self._amount(available_word, 0)
    clip: uint256 = self._clip(clip_word)

    factor: uint256 = payouts._factor(total, threshold, available, clip)

    if clip == 0:
        assert factor == 0, "a leg that is switched off pays"
        return
    assert self._keeps_bounds(factor, total, threshold, available, clip), "too large"
    assert not self._keeps_bounds(
        factor + 1, total, threshold, available, clip
    ), "not the largest"


@external
@pure
def test_factor_when_scarce(
    total_word: uint256, scarcity_word: uint256, threshold_word: uint256, clip_word: uint256
):
    """
    @dev The same where the pool is a part of what could be paid, so that it decides, and the
         threshold is near the total.
    """
    total: uint256 = self._amount(total_word, 1)
    clip: uint256 = ranges._bound(clip_word, 1, rules.MAX_CLIP)
    available: uint256 = ranges._bound(scarcity_word, 0, total * clip // NANO)
    threshold: uint256 = ranges._bound(threshold_word, total // 2, total)

    factor: uint256 = payouts._factor(total, threshold, available, clip)

    assert self._keeps_bounds(factor, total, threshold, available, clip), "too large"
    assert not self._keeps_bounds(
        factor + 1, total, threshold, available, clip
    ), "not the largest"


@external
@pure
def test_reserve(
    total_word: uint256, threshold_word: uint256, available_word: uint256, clip_word: uint256
):
    """
    @dev The reserve is the floor of its product, and the pool has it.
    """
    total: uint256 = self._amount(total_word, 1)
    available: uint256 = self._amount(available_word, 0)
    clip: uint256 = self._clip(clip_word)
    factor: uint256 = payouts._factor(
        total, self._amount(threshold_word, 0), available, clip
    )

    reserve: uint256 = payouts._reserve(total, factor, clip)

    self._check_floor(reserve, total * factor * clip)
    assert reserve <= available, "more than the pool may give"


@external
@pure
def test_reserve_at_any_factor(total_word: uint256, factor_word: uint256, clip_word: uint256):
    """
    @dev The floor again, where the factor is any number up to WAD.
    """
    total: uint256 = self._amount(total_word, 0)
    factor: uint256 = ranges._bound(factor_word, 0, WAD)
    clip: uint256 = self._clip(clip_word)

    self._check_floor(payouts._reserve(total, factor, clip), total * factor * clip)


@external
@pure
def test_reserve_covers_all_payouts(
    stakes: uint256[4], gains: uint256[4], factor_word: uint256, clip_word: uint256
):
    """
    @dev Whatever the returns within the clip, the payouts fit into the reserve of the sum.
    """
    factor: uint256 = ranges._bound(factor_word, 0, WAD)
    clip: uint256 = self._clip(clip_word)
    total: uint256 = 0
    paid: uint256 = 0
    for i: uint256 in range(4):
        stake: uint256 = ranges._bound(stakes[i], 0, rules.MAX_AMOUNT // 4)
        total += stake
        paid += self._paid(stake, factor, ranges._bound(gains[i], 0, clip))

    assert paid <= payouts._reserve(total, factor, clip), "payouts beyond the reserve"


@external
@pure
def test_payout(stake_word: uint256, factor_word: uint256, gain_word: uint256):
    """
    @dev A payout is the floor of its product, at most a quarter of the stake.
    """
    stake: uint256 = self._amount(stake_word, 0)
    factor: uint256 = ranges._bound(factor_word, 0, WAD)
    gain: uint256 = self._clip(gain_word)

    paid: uint256 = self._paid(stake, factor, gain)

    self._check_floor(paid, stake * factor * gain)
    assert 4 * paid <= stake, "beyond the largest clip"


@external
@pure
def test_burn(stake_word: uint256, factor_word: uint256, loss_word: uint256):
    """
    @dev A burn is the ceiling of its product, less than a wei above a quarter of the stake.
    """
    stake: uint256 = self._amount(stake_word, 0)
    factor: uint256 = ranges._bound(factor_word, 0, WAD)
    loss: uint256 = self._clip(loss_word)
    exact: uint256 = stake * factor * loss

    burned: uint256 = self._burned(stake, factor, loss)

    assert burned * SCALE >= exact, "rounded down"
    assert burned * SCALE - exact < SCALE, "a whole wei too much"
    assert 4 * burned < stake + 4, "beyond the largest clip"


@external
@pure
def test_two_burns_fit_the_stake(
    stake_word: uint256, factors: uint256[2], losses: uint256[2]
):
    """
    @dev Both legs at their worst never burn more than a legal stake.
    """
    stake: uint256 = self._amount(stake_word, rules.MIN_STAKE)
    burned: uint256 = 0
    for leg: uint256 in range(2):
        factor: uint256 = ranges._bound(factors[leg], 0, WAD)
        burned += self._burned(stake, factor, self._clip(losses[leg]))

    assert burned <= stake, "burned more than was at risk"


@external
@pure
def test_split_never_gains(
    first_word: uint256, second_word: uint256, factor_word: uint256, rate_word: uint256
):
    """
    @dev Two stakes are paid no more, and burn no less, than one of their sum.
    """
    first: uint256 = ranges._bound(first_word, 0, rules.MAX_AMOUNT // 2)
    second: uint256 = ranges._bound(second_word, 0, rules.MAX_AMOUNT // 2)
    factor: uint256 = ranges._bound(factor_word, 0, WAD)
    rate: uint256 = self._clip(rate_word)

    paid: uint256 = self._paid(first, factor, rate) + self._paid(
        second, factor, rate
    )
    burned: uint256 = self._burned(first, factor, rate) + self._burned(second, factor, rate)

    assert paid <= self._paid(first + second, factor, rate), "splitting pays"
    assert burned >= self._burned(first + second, factor, rate), "splitting saves"


@external
@pure
def test_pair_never_gains(
    first_word: uint256, second_word: uint256, factor_word: uint256, rate_word: uint256
):
    """
    @dev Opposite returns on equal stakes never gain and lose at most a wei; with the larger
         stake on the losing side they lose what that side has more.
    """
    winner: uint256 = self._amount(first_word, 0)
    loser: uint256 = ranges._bound(second_word, winner, rules.MAX_AMOUNT)
    factor: uint256 = ranges._bound(factor_word, 0, WAD)
    rate: uint256 = self._clip(rate_word)

    paid: uint256 = self._paid(winner, factor, rate)

    equal: uint256 = self._burned(winner, factor, rate)
    assert paid <= equal and equal - paid <= 1, "a pair is not neutral"
    assert paid <= self._burned(loser, factor, rate), "a pair gains"


@internal
@pure
def _paid(stake: uint256, factor: uint256, gain: uint256) -> uint256:
    """
    @dev What a return that is not negative pays; it burns nothing.
    @param stake The stake, wei.
    @param factor The factor, WAD.
    @param gain The return, NANO.
    @return wei.
    """
    paid: uint256 = 0
    burned: uint256 = 0
    paid, burned = payouts._amounts(stake, factor, convert(gain, int256))
    assert burned == 0, "a gain burns"
    return paid


@internal
@pure
def _burned(stake: uint256, factor: uint256, loss: uint256) -> uint256:
    """
    @dev What a return that is not positive burns; it pays nothing.
    @param stake The stake, wei.
    @param factor The factor, WAD.
    @param loss Its magnitude, NANO.
    @return wei.
    """
    paid: uint256 = 0
    burned: uint256 = 0
    paid, burned = payouts._amounts(stake, factor, -convert(loss, int256))
    assert paid == 0, "a loss pays"
    return burned


@internal
@pure
def _amount(word: uint256, least: uint256) -> uint256:
    return ranges._bound(word, least, rules.MAX_AMOUNT)


@internal
@pure
def _clip(word: uint256) -> uint256:
    return ranges._bound(word, 0, rules.MAX_CLIP)


@internal
@pure
def _keeps_bounds(
    factor: uint256, total: uint256, threshold: uint256, available: uint256, clip: uint256
) -> bool:
    return (
        factor <= WAD
        and factor * total <= threshold * WAD
        and factor * total * clip <= available * SCALE
    )


@internal
@pure
def _check_floor(quotient: uint256, exact: uint256):
    assert quotient * SCALE <= exact, "rounded up"
    assert exact - quotient * SCALE < SCALE, "a whole wei too little"
