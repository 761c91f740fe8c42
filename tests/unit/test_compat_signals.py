"""Every public function of numerai-tools' `signals`, and ours in its place."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numerai_tools import signals as oracle

from tasks.numerai_compat import signals
from tests import pandas_cases
from tests.pandas_cases import assert_same, outcome

NAMES = sorted(pandas_cases.public_functions(oracle))


def agree(name, *arguments, rtol=0.0, **named):
    """Compare both functions of a name, errors included; return what ours gave."""
    theirs = outcome(getattr(oracle, name), *arguments, **named)
    ours = outcome(getattr(signals, name), *arguments, **named)
    assert_same(ours, theirs, rtol)
    return ours


def make_universe(seed, n_ids=160, n_shared=150):
    """Return a submission, neutralizers and sample weights of one era, by ticker."""
    rng = np.random.default_rng(seed)
    tickers = [f"T{number:04d} US" for number in rng.permutation(n_shared)]
    tickers += [f"N{seed}-{number:04d} US" for number in range(n_ids - n_shared)]
    index = pd.Index(tickers, name="numerai_ticker")
    submission = pd.Series(rng.random(n_ids), index=index, name="signal")
    neutralizers = pd.DataFrame(rng.normal(size=(n_ids, 3)) / 20, index=index)
    weights = pd.Series(rng.uniform(0.5, 2, n_ids), index=index, name="weight")
    return submission, neutralizers, weights


def history(*eras):
    """Return the three arguments about earlier eras."""
    return [{f"era{place}": era[part] for place, era in enumerate(eras)} for part in range(3)]


def copied(arguments):
    return [
        {key: value.copy() for key, value in argument.items()}
        if isinstance(argument, dict)
        else argument.copy()
        for argument in arguments
    ]


@pytest.mark.parametrize("name", NAMES)
def test_signals__every_public_function__is_here_with_its_signature(name):
    ours, theirs = (getattr(module, name) for module in (signals, oracle))

    assert pandas_cases.signature(ours) == pandas_cases.signature(theirs)


@settings(max_examples=20, deadline=None)
@given(era=pandas_cases.eras(smallest=5), top_bottom=st.sampled_from([None, 0, 1, 3]))
def test_churn__any_submissions__equals_the_oracle(era, top_bottom):
    before = era.predictions.iloc[:, 0]

    agree("churn", era.meta_model, before, top_bottom)
    agree("churn", before, era.targets, top_bottom)


@settings(max_examples=20, deadline=None)
@given(era=pandas_cases.eras())
def test_turnover__any_weights__equals_the_oracle(era):
    agree("turnover", era.meta_model, era.predictions.iloc[:, 0], rtol=1e-12)
    agree("turnover", era.sample_weights, era.meta_model)


@settings(max_examples=20, deadline=None)
@given(era=pandas_cases.eras(smallest=10), seed=st.integers(0, 2**32 - 1))
def test_neutral_churn__eras_of_different_ids__equals_the_oracle(era, seed):
    # Continuous before: of tied submissions rounding decides the residuals' order.
    before = pandas_cases.make(seed, "continuous", len(era.sample_weights), "range").predictions
    ids = era.sample_weights.index
    earlier = pd.Series(before.iloc[:, 0].to_numpy(), index=ids).iloc[len(ids) // 20 :]

    agree("neutral_churn", era.meta_model, earlier, era.neutralizers, era.neutralizers.iloc[:, :1])


@pytest.mark.parametrize("churned", [0.0, 0.1, 0.100001, 0.5, 2.0])
@pytest.mark.parametrize("named", [{}, {"threshold": 0.3}, {"scaling_factor": 1e6}])
def test_neutral_churn_penalty__any_churn__equals_the_oracle(churned, named):
    agree("neutral_churn_penalty", churned, **named)


@pytest.mark.parametrize("churned", [np.nan, -0.1, 2.1, np.inf])
def test_neutral_churn_penalty__churn_out_of_range__raises_with_the_oracles_message(churned):
    assert agree("neutral_churn_penalty", churned).startswith("AssertionError: ")


@pytest.mark.parametrize(
    "arguments", [(np.nan, 1.0), (3.0, 1.0), (0.1, 0.0), (0.1, -1.0), (0.1, np.inf), (0.1, np.nan)]
)
def test_neutral_churn_penalty__terms_out_of_range__raises_with_the_oracles_message(arguments):
    assert agree("neutral_churn_penalty", 0.5, *arguments).startswith("AssertionError: ")


@pytest.mark.parametrize("change", ["constant", "fewer", "other"])
def test_churn__series_that_cannot_be_compared__raises_with_the_oracles_message(change):
    now = make_universe(1)[0]
    before = now * 0 + 0.5 if change == "constant" else now.iloc[:50]
    if change == "other":
        before = now.rename(lambda ticker: f"other {ticker}")

    for first, second in ((now, before), (before, now)):
        assert agree("churn", first, second).startswith("AssertionError: ")
    assert change == "constant" or agree("turnover", now, before).startswith("AssertionError: ")


def test_churn__infinite_values__rank_at_the_ends_as_for_the_oracle():
    now, before = make_universe(1)[0], make_universe(2, n_shared=160)[0]
    now.iloc[:3] = np.inf

    agree("churn", now, before)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("calculate")])
def test_history__several_earlier_eras__equals_the_oracle(name):
    current, *earlier = (make_universe(seed) for seed in range(4))
    arguments = [*current, *history(*earlier)]

    theirs = getattr(oracle, name)(*copied(arguments))
    ours = getattr(signals, name)(*copied(arguments))

    assert_same(ours, theirs)
    assert np.all(np.array(ours) != 1.0)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("calculate")])
def test_history__none_that_can_be_compared__is_one_as_for_the_oracle(name):
    current, stranger = make_universe(1), make_universe(2, n_ids=300, n_shared=150)
    for earlier in ((), (stranger,)):
        assert_same(agree(name, *current, *history(*earlier)), agree(name, *current, {}, {}, {}))


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("calculate")])
def test_history__earlier_era_constant_where_both_are__is_treated_as_by_the_oracle(name):
    current, (submission, *universe) = make_universe(1), make_universe(2)
    # As many others above as below: a rank of exactly 1/2, whose deviation is exactly 0.
    submission.iloc[:150], submission.iloc[150:155], submission.iloc[155:] = 0.5, 0.1, 0.9

    result = agree(name, *current, *history((submission, *universe)))

    if "max" in name:
        assert result == "AssertionError: s2 must have non-zero standard deviation"


def test_history__same_submission_again__has_neither_churn_nor_turnover():
    current = make_universe(1)

    churned, turned = signals.calculate_max_churn_and_turnover(*current, *history(current))

    assert churned == pytest.approx(0.0, abs=1e-12)
    assert turned == pytest.approx(0.0, abs=1e-12)


def test_mean_neutral_churn__constant_where_it_is_neutralized__raises_with_the_oracles_message():
    submission, neutralizers, weights = make_universe(1)
    submission.iloc[:150] = 0.5

    result = agree(
        "calculate_mean_neutral_churn", submission, neutralizers.iloc[:150], weights, {}, {}, {}
    )

    assert result.startswith("AssertionError: curr_sub must have")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("calculate")])
@pytest.mark.parametrize("defect", ["few", "twice", "constant", "missing"])
def test_history__bad_submission__raises_with_the_oracles_message(name, defect):
    submission, *universe = make_universe(1)
    submission = {
        "few": submission.iloc[:50],
        "twice": pd.concat([submission, submission.iloc[:1]]),
        "constant": submission * 0 + 0.5,
        "missing": submission.where(submission > 0.1),
    }[defect]

    assert agree(name, submission, *universe, {}, {}, {}).startswith("AssertionError: ")
