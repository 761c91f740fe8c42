"""Alpha, MPC and neutral weights against numerai-tools, the field's own implementation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from numerai_tools import scoring as oracle

from tasks.core.errors import DataError, SubmissionError
from tasks.core.scoring import portfolio
from tests import cases

PARITY = 1e-12


def oracle_inputs(case):
    """Return what the oracle's functions take after the predictions, in their order."""
    return (
        case.frame(case.neutralizers),
        case.series(case.sample_weights),
        case.series(case.targets),
    )


def inputs(case):
    return case.neutralizers, case.sample_weights, case.targets


@settings(max_examples=40, deadline=None)
@given(case=cases.any_case())
def test_alpha__any_submissions__equals_the_oracle(case):
    scores = portfolio.alpha(case.predictions, *inputs(case))

    expected = oracle.alpha(case.frame(case.predictions), *oracle_inputs(case))
    assert np.abs(scores - expected.to_numpy()).max() < PARITY


@settings(max_examples=40, deadline=None)
@given(case=cases.any_case())
def test_portfolio_contribution__any_submissions__equals_the_oracle(case):
    scores = portfolio.portfolio_contribution(case.predictions, case.stakes, *inputs(case))

    stakes = pd.Series(case.stakes)
    expected = oracle.meta_portfolio_contribution(
        case.frame(case.predictions), stakes, *oracle_inputs(case)
    )
    assert np.abs(scores - expected.to_numpy()).max() < PARITY


@settings(max_examples=40, deadline=None)
@given(case=cases.any_case())
def test_neutral_weights__any_submissions__equal_the_oracle(case):
    weights = portfolio.neutral_weights(case.predictions, case.neutralizers, case.sample_weights)

    raw, unit = (
        oracle.generate_neutralized_weights(
            case.frame(case.predictions),
            case.frame(case.neutralizers),
            case.series(case.sample_weights),
            center_and_normalize=chosen,
        ).to_numpy()
        for chosen in (False, True)
    )
    assert np.abs(weights - raw.T).max() < PARITY
    assert np.abs(portfolio.unit_weights(weights) - unit.T).max() < PARITY


def test_neutral_weights__orthonormal_neutralizers__have_no_exposure():
    case = cases.make(0, "continuous", 500, n_neutralizers=20)

    weights = portfolio.neutral_weights(case.predictions, case.neutralizers, case.sample_weights)

    assert np.abs(weights @ case.neutralizers.T).max() < 1e-10 < np.abs(weights).max()


@pytest.mark.parametrize("n_neutralizers", [1, 800])
def test_alpha__neutralizers_that_are_not_orthonormal__equals_the_oracle(n_neutralizers):
    case = cases.make(1, "tied", 1000)
    rows = np.random.default_rng(1).integers(0, 5, (n_neutralizers, 1000)).astype(np.int8)

    scores = portfolio.alpha(case.predictions, rows, case.sample_weights, case.targets)

    _, *others = oracle_inputs(case)
    expected = oracle.alpha(case.frame(case.predictions), case.frame(rows), *others).to_numpy()
    assert np.allclose(scores, expected, rtol=1e-12, atol=PARITY)


def test_scores__one_submission_alone__is_the_batchs_row_to_the_bit():
    case = cases.make(2, "five", 400, n_models=40)

    alone = portfolio.alpha(case.predictions[7], *inputs(case))

    assert alone.shape == ()
    assert alone == portfolio.alpha(case.predictions, *inputs(case))[7]


def test_alpha__neighbours_permuted_or_gone__stays_to_the_bit():
    case = cases.make(3, "heavy", 300, n_models=50)
    order = np.random.default_rng(3).permutation(50)[:30]

    whole = portfolio.alpha(case.predictions, *inputs(case))
    some = portfolio.alpha(case.predictions[order], *inputs(case))

    assert np.array_equal(some, whole[order])


def test_portfolio_contribution__small_change_of_a_stake__is_its_gradient():
    case = cases.make(4, "continuous", 600, n_models=5)
    kept = ~np.isnan(case.targets)

    def score(shares):
        weights = portfolio.neutral_weights(
            case.predictions[:, kept], case.neutralizers[:, kept], case.sample_weights[kept]
        )
        held = shares @ (weights - weights.mean(axis=1, keepdims=True))
        earned = case.targets[kept] - case.targets[kept].mean()
        return held @ earned / np.sqrt(held @ held) / 50

    found = portfolio.portfolio_contribution(case.predictions, case.stakes, *inputs(case))

    shares, step = case.stakes / case.stakes.sum(), 1e-5
    for model, each in enumerate(np.eye(5) * step):
        difference = (score(shares + each) - score(shares - each)) / (2 * step)
        assert found[model] == pytest.approx(difference, abs=1e-8)


def test_portfolio_contribution__weighted_by_the_stakes__sums_to_zero():
    case = cases.make(5, "tied", 400, n_models=30)

    found = portfolio.portfolio_contribution(case.predictions, case.stakes, *inputs(case))

    assert abs(case.stakes @ found) < 1e-10 < np.abs(found).max()


def test_portfolio_contribution__wei_and_tokens__are_the_same():
    case = cases.make(6, "continuous", 100)
    wei = [3 * 10**18 + 1, 0, 10**25]

    found = portfolio.portfolio_contribution(case.predictions, wei, *inputs(case))

    tokens = np.array([3.0, 0.0, 1e7])
    expected = portfolio.portfolio_contribution(case.predictions, tokens, *inputs(case))
    assert np.abs(found - expected).max() < PARITY


def test_scores__constant_submission__earns_nothing_and_leaves_the_others_alone():
    case = cases.make(7, "continuous", 200)
    rows = np.vstack([case.predictions, np.full((1, 200), 0.5)])

    alpha = portfolio.alpha(rows, *inputs(case))
    mpc = portfolio.portfolio_contribution(rows, [*case.stakes, 0.0], *inputs(case))

    expected = portfolio.portfolio_contribution(case.predictions, case.stakes, *inputs(case))
    assert alpha[3] == mpc[3] == 0
    assert np.array_equal(mpc[:3], expected)


def test_portfolio_contribution__staked_submissions_that_cancel__is_not_a_number():
    case = cases.make(8, "continuous", 200, n_models=1)
    pair = np.vstack([case.predictions, -case.predictions])

    assert np.isnan(portfolio.portfolio_contribution(pair, [5, 5], *inputs(case))).all()
    assert np.isfinite(portfolio.portfolio_contribution(pair, [5, 6], *inputs(case))).all()


def test_portfolio_contribution__neutralizers_that_leave_nothing__is_not_a_number():
    case = cases.make(12, "continuous", 30)
    targets, weights = np.linspace(0, 1, 30), case.sample_weights
    whole = cases.orthonormal(np.random.default_rng(12), 30, weights)

    nothing = portfolio.portfolio_contribution(
        case.predictions, case.stakes, whole, weights, targets
    )
    something = portfolio.portfolio_contribution(
        case.predictions, case.stakes, whole[:28], weights, targets
    )

    assert np.isnan(nothing).all()
    assert np.isfinite(something).all()


@pytest.mark.parametrize(
    ("stakes", "message"),
    [
        ([1.0, 2.0], "3 models but 2 stakes"),
        ([1.0, -2.0, 3.0], "negative"),
        ([1.0, np.nan, 3.0], "not finite"),
        ([0.0, 0.0, 0.0], "total stake is zero"),
    ],
)
def test_portfolio_contribution__stakes_that_do_not_fit__are_refused(stakes, message):
    case = cases.make(9, "continuous", 50)

    with pytest.raises(SubmissionError, match=message):
        portfolio.portfolio_contribution(case.predictions, stakes, *inputs(case))


@pytest.mark.parametrize(
    ("place", "changed", "message"),
    [
        (0, np.ones((2, 49)), "neutralisers .* do not fit 50 ids"),
        (0, np.full((2, 50), np.nan), "must be finite"),
        (1, np.ones(49), "sample weights .* do not fit 50 ids"),
        (2, np.ones(49), "do not fit targets"),
        (2, np.full(50, np.nan), "no id has a target"),
        (2, np.full(50, np.inf), "finite or NaN"),
    ],
)
def test_alpha__context_that_does_not_fit__is_refused(place, changed, message):
    case = cases.make(10, "continuous", 50)
    given_ = list(inputs(case))
    given_[place] = changed

    with pytest.raises(DataError, match=message):
        portfolio.alpha(case.predictions, *given_)


def test_alpha__prediction_that_is_not_finite__is_refused():
    case = cases.make(11, "continuous", 50)
    case.predictions[1, 4] = np.inf

    with pytest.raises(SubmissionError, match="not finite"):
        portfolio.alpha(case.predictions, *inputs(case))
