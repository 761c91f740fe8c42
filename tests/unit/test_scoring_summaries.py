"""Summaries of scores against pandas, scipy and numbers worked by hand."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tasks.adapters.settings import Settings
from tasks.core.errors import DataError
from tasks.core.scoring import statistics, summaries

OVERLAP = 4

SERIES = st.lists(st.floats(-0.5, 0.5).map(lambda x: round(x, 3)), min_size=8, max_size=60).filter(
    lambda values: np.std(values[1:]) > 1e-4 and np.std(values[:-1]) > 1e-4
)


def pandas_figures(scores):
    """Return the figures as one writes them with pandas and scipy."""
    series = pd.Series(scores)
    sharpe = series.mean() / series.std(ddof=0)
    skew, excess = stats.skew(scores), stats.kurtosis(scores)
    curve = pd.concat([pd.Series([1.0]), (1 + series).cumprod()])
    return {
        "mean": series.mean(),
        "std": series.std(ddof=0),
        "sharpe": sharpe,
        "adjusted_sharpe": sharpe * (1 + skew / 6 * sharpe - excess / 24 * sharpe**2),
        "max_drawdown": -(curve / curve.cummax() - 1).min(),
        "autocorrelation": series.autocorr(1),
        "cvar": series[series <= series.quantile(0.05)].mean(),
        "hit_rate": (series > 0).mean(),
    }


def real_scores():
    folder = Settings().test_data
    if folder is None:
        pytest.skip("ERARIUM_TEST_DATA names no folder with the real models' scores")
    for path in sorted((folder / "model_scores").glob("*.csv")):
        table = pd.read_csv(path).drop(columns="roundNumber")
        for name in table:
            yield f"{path.name} {name}", table[name].dropna().to_numpy()


@given(scores=SERIES)
def test_summarise__any_series__has_the_figures_of_pandas(scores):
    summary = summaries.summarise(np.array(scores), 0).to_json()

    expected = pandas_figures(np.array(scores))
    assert {name: summary[name] for name in expected} == pytest.approx(expected, abs=1e-9, rel=1e-9)


def test_summarise__real_models_over_208_rounds__have_the_figures_of_pandas():
    compared = 0
    for name, scores in real_scores():
        if scores.size < statistics.FEWEST:
            continue
        summary = summaries.summarise(scores, 20)

        expected = pandas_figures(scores)
        found = {key: getattr(summary, key) for key in expected}
        assert found == pytest.approx(expected, abs=1e-10, rel=1e-9), name
        assert summary.error == statistics.mean_of(scores, 20).error
        assert summary.n_effective <= summary.n == scores.size
        compared += 1

    assert compared > 40


def test_summarise__overlapping_eras__have_the_errors_of_their_means():
    scores = np.random.default_rng(0).normal(0.02, 0.03, 120)

    summary = summaries.summarise(scores, OVERLAP)

    mean = statistics.mean_of(scores, OVERLAP)
    hits = statistics.mean_of((scores > 0).astype(float), OVERLAP)
    assert (summary.mean, summary.error) == (mean.mean, mean.error)
    assert summary.n_effective == mean.n_effective
    assert (summary.hit_rate, summary.hit_rate_error) == (hits.mean, hits.error)


def test_sharpe_error__independent_normal_scores__is_the_spread_of_the_ratio():
    rng = np.random.default_rng(1)
    samples = [summaries.summarise(rng.normal(0.5, 1, 400), 0) for _ in range(400)]

    spread = np.std([sample.sharpe for sample in samples])
    mean_error = np.mean([sample.sharpe_error for sample in samples])
    assert mean_error == pytest.approx(np.sqrt((1 + 0.5**2 / 2) / 400), rel=0.02)
    assert mean_error == pytest.approx(spread, rel=0.1)


def test_sharpe_error__overlapping_scores__is_larger_than_without():
    scores = np.convolve(np.random.default_rng(2).normal(0.1, 1, 305), np.ones(6), "valid")

    naive = summaries.summarise(scores, 0).sharpe_error
    assert summaries.summarise(scores, 6).sharpe_error > 1.5 * naive


def test_max_drawdown__worked_by_hand__starts_at_one():
    assert summaries.max_drawdown(np.array([-0.1, 0.5, -0.2, -0.25])) == pytest.approx(0.4)
    assert summaries.max_drawdown(np.array([-0.1, 0.05])) == pytest.approx(0.1)
    assert summaries.max_drawdown(np.array([0.1, 0.2])) == 0
    assert summaries.max_drawdown(np.array([0.5, -1.5, 0.5])) == 1


def test_cvar__forty_scores__is_the_mean_of_the_lowest_two():
    scores = np.random.default_rng(3).permutation(np.arange(40.0))

    assert summaries.cvar(scores) == 0.5


def test_summarise__too_few_or_equal_scores__leaves_out_what_would_be_nonsense():
    one = summaries.summarise(np.array([0.1]), 0)
    seven = summaries.summarise(np.linspace(-0.1, 0.2, 7), 0)
    equal = summaries.summarise(np.full(30, 0.1), 0)

    assert (one.mean, one.n, one.hit_rate, one.std, one.sharpe) == (0.1, 1, 1.0, None, None)
    assert seven.sharpe == pytest.approx(0.5)
    assert seven.error is seven.sharpe_error is seven.adjusted_sharpe is seven.cvar is None
    assert seven.autocorrelation is seven.hit_rate_error is None
    assert equal.sharpe is equal.sharpe_error is equal.adjusted_sharpe is None
    assert equal.autocorrelation is None
    assert equal.max_drawdown == 0


def test_summary_to_json__too_few__is_json_without_nan():
    text = json.dumps(summaries.summarise(np.array([0.1, 0.2]), 0).to_json(), allow_nan=False)

    assert json.loads(text)["autocorrelation"] is None


@pytest.mark.parametrize(
    ("scores", "overlap", "message"),
    [([], 0, "at least one"), ([0.1, np.nan], 0, "finite"), ([0.1], -1, "negative")],
)
def test_summarise__what_has_no_mean__is_refused(scores, overlap, message):
    with pytest.raises(DataError, match=message):
        summaries.summarise(np.array(scores), overlap)


def test_summarise_exposure__eras_by_features__has_their_means_and_the_worst_feature():
    correlations = np.array([[0.1, -0.3, 0.2], [-0.1, -0.5, 0.0]])

    exposure = summaries.summarise_exposure(correlations, 0)

    assert exposure.mean.mean == pytest.approx(0.2)
    assert exposure.highest.mean == pytest.approx(0.4)
    assert exposure.feature == 1
    assert exposure.feature_correlation == pytest.approx(-0.4)
    assert exposure.to_json()["highest"]["error"] is None


def test_summarise_exposure__constant_feature_and_era__are_left_out():
    correlations = np.array([[np.nan, 0.2, -0.4], [np.nan] * 3, [np.nan, np.nan, 0.2]])

    exposure = summaries.summarise_exposure(correlations, 0)

    assert exposure.mean.n == 2
    assert exposure.mean.mean == pytest.approx((0.3 + 0.2) / 2)
    assert exposure.feature == 1
    assert exposure.feature_correlation == pytest.approx(0.2)


def test_summarise_exposure__nothing_known__is_refused():
    with pytest.raises(DataError, match="no correlation with a feature"):
        summaries.summarise_exposure(np.full((2, 3), np.nan), 0)
