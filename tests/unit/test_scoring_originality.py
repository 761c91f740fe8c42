"""Correlations with others and blends without one submission, against explicit loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numerai_tools import scoring as oracle
from scipy import stats

from tasks.core.errors import DataError, SubmissionError
from tasks.core.scoring import metrics, originality, ranks
from tests import cases

PARITY = 1e-12


def slow_score(quantiles, weights, targets):
    """Return the score of a blend as its definition has it."""
    kept = ~np.isnan(targets)
    blend = sum(weight * row for weight, row in zip(weights, quantiles, strict=True))
    target = targets[kept] - targets[kept].mean()
    return np.corrcoef(blend[kept], np.sign(target) * np.abs(target) ** 1.5)[0, 1]


def slow_scores(quantiles, weights, targets):
    return [
        slow_score(np.delete(quantiles, row, 0), np.delete(weights, row), targets)
        for row in range(len(weights))
    ]


def slow_correlations(predictions):
    """Return every pair's correlation, NaN on the diagonal."""
    quantiles = stats.norm.ppf((stats.rankdata(predictions, axis=1) - 0.5) / predictions.shape[1])
    pairs = np.corrcoef(quantiles)
    np.fill_diagonal(pairs, np.nan)
    return pairs


@settings(max_examples=40, deadline=None)
@given(case=cases.any_case(), n_models=st.integers(2, 9))
def test_leave_one_out__any_submissions__equals_the_explicit_loop(case, n_models):
    rng = np.random.default_rng(0)
    quantiles = ranks.gauss(cases.predictions(rng, "tied", n_models, case.targets.size))
    weights = rng.exponential(1.0, n_models)

    found = originality.leave_one_out(quantiles, weights, case.targets)

    expected = slow_scores(quantiles, weights, case.targets)
    assert found.whole == pytest.approx(slow_score(quantiles, weights, case.targets), abs=PARITY)
    assert np.abs(found.without - expected).max() < PARITY
    assert np.array_equal(found.contributions, found.whole - found.without)


@pytest.mark.parametrize("share", [0.9, 0.999, 1 - 1e-6, 1 - 1e-9])
def test_leave_one_out__one_holds_nearly_all_weight__equals_the_explicit_loop(share):
    case = cases.make(0, "continuous", 500, n_models=20)
    quantiles = ranks.gauss(case.predictions)
    weights = np.full(20, (1 - share) / 19)
    weights[4] = share

    found = originality.leave_one_out(quantiles, weights, case.targets)

    expected = slow_scores(quantiles, weights, case.targets)
    assert np.abs(found.without - expected).max() < PARITY


def test_leave_one_out__others_that_nearly_cancel__equals_the_explicit_loop():
    case = cases.make(1, "continuous", 500, n_models=3)
    first, second, _ = ranks.gauss(case.predictions)
    quantiles = np.stack([first, second, 1e-4 * first - second])

    found = originality.leave_one_out(quantiles, np.ones(3), case.targets)

    expected = slow_scores(quantiles, np.ones(3), case.targets)
    assert np.abs(found.without - expected).max() < 1e-10


def test_leave_one_out__nothing_left__is_not_a_number():
    case = cases.make(2, "continuous", 100, n_models=2)
    first, second = ranks.gauss(case.predictions)

    alone = originality.leave_one_out(first[np.newaxis], np.ones(1), case.targets)
    staked_alone = originality.leave_one_out(
        np.stack([first, second]), np.array([3.0, 0.0]), case.targets
    )
    pair = originality.leave_one_out(np.stack([first, -first, second]), np.ones(3), case.targets)

    assert np.isfinite(alone.whole)
    assert np.isnan(alone.without).all()
    assert np.isnan(staked_alone.without).tolist() == [True, False]
    assert staked_alone.contributions[1] == 0
    assert np.isnan(pair.without).tolist() == [False, False, True]


def test_leave_one_out__others_that_cancel_but_for_the_last_bits__is_not_a_number():
    case = cases.make(12, "continuous", 100, n_models=2)
    first, second = ranks.gauss(case.predictions)
    weights = np.array([0.1, 0.2, 0.3, 1.0])

    found = originality.leave_one_out(
        np.stack([first, first, -first, second]), weights, case.targets
    )

    assert np.abs(0.1 * first + 0.2 * first - 0.3 * first).max() > 0
    assert np.isnan(found.without).tolist() == [False, False, False, True]


def test_leave_one_out__score_of_the_whole__is_near_the_ranked_corr():
    case = cases.make(3, "continuous", 2000, n_models=6)
    quantiles = ranks.gauss(case.predictions)
    targets = np.where(np.isnan(case.targets), 0.5, case.targets)

    found = originality.leave_one_out(quantiles, np.ones(6), targets)

    corr = metrics.corr(quantiles.sum(axis=0, keepdims=True), targets)
    assert found.whole == pytest.approx(corr[0], abs=0.01)


@pytest.mark.parametrize(
    ("weights", "targets", "error", "message"),
    [
        (np.ones(2), np.linspace(0, 1, 50), SubmissionError, r"3 models but weights \(2,\)"),
        (np.array([1, -1, 1.0]), np.linspace(0, 1, 50), SubmissionError, "not negative"),
        (np.zeros(3), np.linspace(0, 1, 50), SubmissionError, "not all zero"),
        (np.array([1, np.inf, 1]), np.linspace(0, 1, 50), SubmissionError, "finite"),
        (np.ones(3), np.linspace(0, 1, 49), DataError, "fit targets"),
        (np.ones(3), np.linspace(0, 2, 50), DataError, r"\[0, 1\]"),
        (np.ones(3), np.full(50, 0.5), DataError, "constant"),
        (np.ones(3), np.full(50, np.nan), DataError, "no id has a target"),
    ],
)
def test_leave_one_out__what_does_not_fit__is_refused(weights, targets, error, message):
    quantiles = ranks.gauss(cases.make(4, "continuous", 50).predictions)

    with pytest.raises(error, match=message):
        originality.leave_one_out(quantiles, weights, targets)


def test_leave_one_out__quantile_that_is_not_finite__is_refused():
    quantiles = ranks.gauss(cases.make(5, "continuous", 50).predictions)
    quantiles[1, 3] = np.nan

    with pytest.raises(SubmissionError, match="not finite"):
        originality.leave_one_out(quantiles, np.ones(3), np.linspace(0, 1, 50))


@settings(max_examples=40, deadline=None)
@given(case=cases.any_case())
def test_corr_with__any_submissions__is_the_oracles_correlation_of_gaussianised_ranks(case):
    reference = np.random.default_rng(0).normal(size=case.targets.size)

    found = originality.corr_with(case.predictions, reference)

    shaped = oracle.gaussian(oracle.tie_kept_rank(case.frame(case.predictions)))
    meta_model = oracle.gaussian(oracle.tie_kept_rank(case.series(reference).to_frame()))["row"]
    expected = shaped.apply(lambda column: oracle.pearson_correlation(meta_model, column))
    assert np.abs(found - expected.to_numpy()).max() < PARITY


def test_corr_with__itself_its_mirror_image_and_a_constant__are_one_minus_one_and_none():
    row = cases.make(6, "five", 300).predictions[0]

    found = originality.corr_with(np.stack([row, 5 - row, np.ones(300)]), row)

    assert found == pytest.approx([1.0, -1.0, np.nan], abs=PARITY, nan_ok=True)
    assert originality.corr_with(row, row).shape == ()
    assert np.isnan(originality.corr_with(row, np.ones(300)))


def test_corr_with__neighbours_permuted_or_gone__stays_to_the_bit():
    case = cases.make(11, "tied", 90, n_models=40)
    order = np.random.default_rng(11).permutation(40)[:25]

    whole = originality.corr_with(case.predictions, case.stakes[np.arange(90) % 40])
    some = originality.corr_with(case.predictions[order], case.stakes[np.arange(90) % 40])

    assert np.array_equal(some, whole[order])


def test_corr_with__reference_on_other_ids__is_refused():
    with pytest.raises(DataError, match="does not fit"):
        originality.corr_with(np.ones((2, 5)), np.ones(4))


@pytest.mark.parametrize(("n_models", "kind"), [(2, "tied"), (37, "five"), (1100, "heavy")])
def test_correlations_with_others__within_and_across_blocks__equal_every_pairs(n_models, kind):
    rows = cases.make(7, kind, 60, n_models=n_models).predictions

    found = originality.correlations_with_others(rows)

    pairs = slow_correlations(rows)
    assert np.abs(found.mean - np.nanmean(pairs, axis=1)).max() < 2e-12
    assert np.abs(found.highest - np.nanmax(pairs, axis=1)).max() < 2e-12
    assert np.abs(found.lowest - np.nanmin(pairs, axis=1)).max() < 2e-12
    assert np.array_equal(found.nearest, np.nanargmax(pairs, axis=1))
    assert np.array_equal(found.farthest, np.nanargmin(pairs, axis=1))


def test_correlations_with_others__models_permuted__are_permuted_with_them():
    rows = cases.make(8, "continuous", 80, n_models=600).predictions
    order = np.random.default_rng(8).permutation(600)

    found = originality.correlations_with_others(rows)
    permuted = originality.correlations_with_others(rows[order])

    for name in ("mean", "highest", "lowest"):
        difference = getattr(permuted, name) - getattr(found, name)[order]
        assert np.abs(difference).max() < 2e-12
    assert np.array_equal(order[permuted.nearest], found.nearest[order])
    assert np.array_equal(order[permuted.farthest], found.farthest[order])


def test_correlations_with_others__copy_mirror_image_and_constant__are_told_apart():
    rows = cases.make(9, "continuous", 100, n_models=4).predictions
    rows[2] = rows[1] ** 3
    rows[3] = -rows[1]
    rows = np.vstack([rows, np.ones((1, 100))])

    found = originality.correlations_with_others(rows)

    assert found.highest[1] == found.highest[2] == 1
    assert found.nearest[[1, 2]].tolist() == [2, 1]
    assert found.lowest[1] == found.lowest[2] == found.lowest[3] == -1
    assert found.farthest[[1, 2, 3]].tolist() == [3, 3, 1]
    assert np.isnan([found.mean[4], found.highest[4], found.lowest[4]]).all()
    assert found.nearest[4] == found.farthest[4] == -1
    assert 4 not in found.farthest


def test_correlations_with_others__copies_in_two_blocks__name_the_first():
    rows = cases.make(10, "continuous", 50, n_models=1030).predictions
    rows[[600, 1029]] = rows[3]

    nearest = originality.correlations_with_others(rows).nearest

    assert nearest[[3, 600, 1029]].tolist() == [600, 3, 3]


def test_correlations_with_others__one_submission__has_none():
    found = originality.correlations_with_others(np.arange(10.0)[np.newaxis])

    assert np.isnan([*found.mean, *found.highest, *found.lowest]).all()
    assert found.nearest.tolist() == [-1]
