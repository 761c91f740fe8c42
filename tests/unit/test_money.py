"""Scores to integers, returns, payouts and burns: rounding, and what no model can gain by."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import InputError
from tasks.core.money import payouts, scores
from tasks.core.money.units import NANO, WAD, Wei

HALF = NANO // 2
CLIP = NANO // 4
nanos = st.integers(-2 * NANO, 2 * NANO)
rates = st.integers(0, CLIP)
factors = st.integers(0, WAD)
amounts = st.integers(1_000, 2**128).map(Wei)


@pytest.mark.parametrize(
    ("score", "nano"), [(0.5e-9, 0), (1.5e-9, 2), (-0.5e-9, 0), (-1.5e-9, -2), (1.0, NANO)]
)
def test_score_nano__half__goes_to_even(score, nano):
    assert scores.score_nano(score) == nano


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf, 1e300])
def test_score_nano__no_finite_number__is_refused(score):
    with pytest.raises(InputError, match="not a finite number"):
        scores.score_nano(score)


def test_return_nano__corr_and_bmc__by_hand():
    made = payouts.return_nano([HALF, HALF], [12_345_679, -2], CLIP)

    assert made == 6_172_839  # 6,172,838.5 rounds away from zero


@pytest.mark.parametrize(("score", "made"), [(NANO, CLIP), (-NANO, -CLIP)])
def test_return_nano__large_score__is_clipped_on_both_sides(score, made):
    assert payouts.return_nano([HALF], [score], CLIP) == made


@given(st.lists(nanos, min_size=2, max_size=2), st.lists(nanos, min_size=2, max_size=2))
def test_return_nano__opposite_scores__is_opposite(multipliers, values):
    forth = payouts.return_nano(multipliers, values, CLIP)

    assert payouts.return_nano(multipliers, [-v for v in values], CLIP) == -forth


def test_return_nano__other_number_of_scores__is_refused():
    with pytest.raises(InputError, match="1 multipliers for 2 scores"):
        payouts.return_nano([1], [1, 2], CLIP)


def test_return_nano__negative_clip__is_refused():
    with pytest.raises(InputError, match="negative"):
        payouts.return_nano([1], [1], -1)


@given(amounts, factors, rates)
def test_payout_and_burn__any__round_against_the_model(at_risk, factor, rate):
    exact = at_risk * factor * rate

    paid = payouts.payout(at_risk, factor, rate)
    burned = payouts.burn(at_risk, factor, -rate)

    assert paid * WAD * NANO <= exact < (paid + 1) * WAD * NANO
    assert (burned - 1) * WAD * NANO < exact <= burned * WAD * NANO
    assert payouts.payout(at_risk, factor, -rate) == payouts.burn(at_risk, factor, rate) == 0


@given(amounts, amounts, factors, rates)
def test_split_stake__any__never_gains_a_wei(one, other, factor, rate):
    whole = Wei(one + other)

    paid = payouts.payout(one, factor, rate) + payouts.payout(other, factor, rate)
    burned = payouts.burn(one, factor, -rate) + payouts.burn(other, factor, -rate)

    assert paid <= payouts.payout(whole, factor, rate)
    assert burned >= payouts.burn(whole, factor, -rate)


@given(amounts, factors, st.integers(-NANO, NANO))
def test_pair__p_and_one_minus_p__never_gains_a_wei(at_risk, factor, score):
    forth, back = (payouts.return_nano([NANO], [s], CLIP) for s in (score, -score))

    gain = sum(
        payouts.payout(at_risk, factor, rate) - payouts.burn(at_risk, factor, rate)
        for rate in (forth, back)
    )

    assert gain <= 0


@given(amounts, factors, rates, rates)
def test_burn__both_legs_at_any_clip__leaves_something(at_risk, factor, loss, profit_loss):
    burned = payouts.burn(at_risk, factor, -loss) + payouts.burn(at_risk, factor, -profit_loss)

    assert burned <= at_risk // 2 + 2


@given(
    st.lists(amounts, min_size=1, max_size=6),
    st.integers(0, 2**128).map(Wei),
    st.integers(1, CLIP),
    st.none() | amounts,
)
def test_reserve__all_models_at_the_clip__suffices(stakes, available, clip, threshold):
    total = Wei(sum(stakes))

    factor = payouts.factor(total, available, clip, threshold)
    reserve = payouts.reserve(total, factor, clip)

    assert 0 <= factor <= WAD
    assert sum(payouts.payout(stake, factor, clip) for stake in stakes) <= reserve <= available


def test_factor__clip_zero__switches_the_leg_off():
    assert payouts.factor(Wei(WAD), Wei(WAD), 0, None) == 0


def test_factor__nothing_at_risk__is_refused():
    with pytest.raises(InputError, match="no factor"):
        payouts.factor(Wei(0), Wei(1), CLIP, None)


@pytest.mark.parametrize(("taken", "made"), [(0, 200), (100, 200), (300, 100), (400, 0), (500, 0)])
def test_available__week_partly_taken__is_what_is_left(taken, made):
    assert payouts.available(Wei(1_000), 2_000, Wei(1_000), 4_000, Wei(taken)) == made


@pytest.mark.parametrize(("total", "made"), [(100, 10), (201, 11), (0, 10)])
def test_proposal_bond__share_and_floor__the_larger_rounded_up(total, made):
    assert payouts.proposal_bond(Wei(total), Wei(0), 500, Wei(10)) == made
