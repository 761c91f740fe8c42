"""Churn, turnover and the penalty against numerai-tools, the field's own implementation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numerai_tools import signals as oracle

from tasks.core.errors import DataError, InputError, SubmissionError
from tasks.core.scoring import stability
from tests import cases

PARITY = 1e-12


def pairs(case, noise=1.0):
    """Return a case's rows and the same rows some time before."""
    rng = np.random.default_rng(0)
    before = case.predictions[:, ::-1] + noise * rng.normal(size=case.predictions.shape)
    return case.predictions, before


def oracle_scores(score, case, *tables):
    """Return the oracle's score of each row of some tables."""
    return [score(*map(case.series, rows)) for rows in zip(*tables, strict=True)]


@settings(max_examples=30, deadline=None)
@given(case=cases.any_case())
def test_churn__any_submissions__equals_the_oracle(case):
    now, before = pairs(case)

    churned = stability.churn(now, before)

    expected = oracle_scores(oracle.churn, case, now, before)
    assert np.abs(churned - expected).max() < PARITY


@settings(max_examples=30, deadline=None)
@given(case=cases.any_case(), data=st.data())
def test_churn__top_and_bottom_alone__equals_the_oracle(case, data):
    now, before = pairs(case)
    n = data.draw(st.integers(1, case.targets.size))

    churned = stability.churn(now, before, top_bottom=n)

    expected = oracle_scores(lambda a, b: oracle.churn(a, b, n), case, now, before)
    assert np.abs(churned - expected).max() < PARITY


# Always the same cases: a residual that two ids share in theory is ranked by its last bits.
@settings(max_examples=30, deadline=None, derandomize=True)
@given(case=cases.any_case())
def test_neutral_churn__any_submissions__equals_the_oracle(case):
    now, before = pairs(case)
    # As many neutralizers as ids leave nothing but rounding errors to rank.
    neutralizers = case.neutralizers[: max(1, case.targets.size // 3)]
    earlier = neutralizers[:1, ::-1]

    churned = stability.neutral_churn(now, before, neutralizers, earlier)

    frames = case.frame(neutralizers), case.frame(earlier)
    expected = oracle_scores(lambda a, b: oracle.neutral_churn(a, b, *frames), case, now, before)
    assert np.abs(churned - expected).max() < PARITY


@settings(max_examples=30, deadline=None)
@given(case=cases.any_case())
def test_turnover__any_weights__equals_the_oracle(case):
    now, before = pairs(case)
    now, before = (rows / np.abs(rows).sum(axis=1, keepdims=True) for rows in (now, before))

    turned = stability.turnover(now, before)

    expected = oracle_scores(oracle.turnover, case, now, before)
    assert np.abs(turned - expected).max() < PARITY


@given(churned=st.floats(0, 2), threshold=st.floats(0, 2), factor=st.floats(1e-3, 1e5))
def test_neutral_churn_penalty__any_curve__equals_the_oracle(churned, threshold, factor):
    share = stability.neutral_churn_penalty(churned, threshold, factor)

    assert abs(share - oracle.neutral_churn_penalty(churned, threshold, factor)) < PARITY


def test_neutral_churn_penalty__many_at_once__falls_from_one_beyond_the_threshold():
    shares = stability.neutral_churn_penalty(np.array([0.0, 0.1, 0.2, 1.0]))

    assert shares[:2].tolist() == [1.0, 1.0]
    assert shares[2] == pytest.approx(2 / (1 + np.exp(1)))
    assert shares[3] < 1e-3


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ((-0.1,), "neutral churn must lie in"),
        ((np.nan,), "neutral churn must lie in"),
        ((0.5, 2.1), "threshold must lie in"),
        ((0.5, 0.1, 0.0), "scaling factor 0.0"),
        ((0.5, 0.1, np.inf), "scaling factor inf"),
    ],
)
def test_neutral_churn_penalty__outside_its_range__is_refused(given_, message):
    with pytest.raises(InputError, match=message):
        stability.neutral_churn_penalty(*given_)


@pytest.mark.parametrize("kind", cases.KINDS)
def test_churn__same_and_reversed_order__are_exactly_zero_and_two(kind):
    rows = cases.make(0, kind, 997).predictions

    assert (stability.churn(rows, rows) == 0).all()
    assert (stability.churn(rows, -rows) == 2).all()


def test_churn__one_submission_alone__is_a_single_number():
    now, before = pairs(cases.make(1, "tied", 60))

    churned = stability.churn(now[1], before[1])

    assert churned.shape == ()
    assert churned == stability.churn(now, before)[1]


def test_churn__constant_neighbour__is_undefined_and_leaves_the_others_alone():
    now, before = pairs(cases.make(2, "continuous", 60))
    flat = np.vstack([now, np.ones((1, 60))])

    churned = stability.churn(flat, np.vstack([before, before[:1]]))

    assert np.isnan(churned[3])
    assert np.array_equal(churned[:3], stability.churn(now, before))


def test_neutral_churn__neutralizers_that_leave_nothing__is_undefined():
    now, before = pairs(cases.make(3, "continuous", 8))

    assert np.isnan(stability.neutral_churn(now, before, np.eye(8), np.eye(8)[:2])).all()
    assert np.isfinite(stability.neutral_churn(now, before, np.eye(8)[:3], np.eye(8)[:2])).all()


def test_turnover__half_of_a_portfolio_exchanged__is_one_half():
    before = np.array([0.25, 0.25, -0.25, -0.25, 0.0, 0.0])
    now = np.array([0.25, 0.0, -0.25, 0.0, 0.25, -0.25])

    assert stability.turnover(now, before) == 0.5


@pytest.mark.parametrize("score", [stability.churn, stability.turnover])
def test_stability__rows_that_do_not_fit__are_refused(score):
    rows = cases.make(4, "continuous", 20).predictions
    broken = rows.copy()
    broken[1, 3] = np.nan

    with pytest.raises(SubmissionError, match="cannot be compared"):
        score(rows, rows[:2])
    with pytest.raises(SubmissionError, match="not finite"):
        score(rows, broken)


@pytest.mark.parametrize("top_bottom", [0, -1, 21])
def test_churn__more_or_fewer_ends_than_ids__are_refused(top_bottom):
    rows = cases.make(5, "continuous", 20).predictions

    with pytest.raises(InputError, match=f"top_bottom {top_bottom} must be between 1 and 20"):
        stability.churn(rows, rows, top_bottom)


def test_neutral_churn__neutralizers_of_other_ids__are_refused():
    rows = cases.make(6, "continuous", 20).predictions

    with pytest.raises(DataError, match="do not fit"):
        stability.neutral_churn(rows, rows, np.ones((2, 20)), np.ones((2, 19)))
