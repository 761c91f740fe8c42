"""Every public function of numerai-tools' `scoring`, and ours in its place."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from numerai_tools import scoring as oracle

from tasks.numerai_compat import scoring
from tests import cases, pandas_cases
from tests.pandas_cases import assert_same, outcome

NAMES = sorted(pandas_cases.public_functions(oracle))

# What each function is called with, given an era as its data come: ids in any order, some
# missing here or there, some targets NaN.
SCORES = {
    "alpha": lambda e: (e.predictions.sort_index(), e.neutralizers, e.sample_weights, e.targets),
    "correlation_contribution": lambda e: (e.predictions, e.meta_model, e.targets),
    "filter_sort_index": lambda e: (e.predictions, e.targets),
    "filter_sort_index_many": lambda e: ([e.targets, e.predictions, e.meta_model],),
    "filter_sort_top_bottom": lambda e: (e.meta_model, 2),
    "filter_sort_top_bottom_concat": lambda e: (e.predictions.iloc[:, 0], 2),
    "generate_neutralized_weights": lambda e: (
        e.predictions.sort_index(),
        e.neutralizers,
        e.sample_weights,
    ),
    "meta_portfolio_contribution": lambda e: (
        e.predictions,
        e.stakes,
        e.neutralizers,
        e.sample_weights,
        e.targets,
    ),
    "neutral_contribution": lambda e: (e.predictions, e.meta_model, e.neutralizers, e.targets),
    "neutral_correlation": lambda e: (e.predictions, e.neutralizers, e.targets),
    "numerai_corr": lambda e: (e.predictions, e.targets),
    "stake_weight": lambda e: (e.predictions, e.stakes),
}

# The same for what wants one sorted index, or works value by value; the era is sorted.
TRANSFORMS = {
    "center": lambda e: (e.predictions,),
    "contribution_scores": lambda e: (e.predictions.to_numpy(), e.targets, e.predictions),
    "correlation": lambda e: (e.targets, e.predictions.iloc[:, 0]),
    "feature_neutral_corr": lambda e: (e.predictions, e.neutralizers, e.targets),
    "gaussian": lambda e: (e.predictions.rank(pct=True),),
    "max_feature_correlation": lambda e: (e.predictions.iloc[:, 0], e.neutralizers),
    "min_max_normalize": lambda e: (e.predictions.iloc[:, 0],),
    "neutralize": lambda e: (e.predictions.rank(pct=True), e.neutralizers, 0.7),
    "one_hot_encode": lambda e: (e.targets.to_frame().join(e.meta_model), ["target"]),
    "orthogonalize": lambda e: (e.predictions.rank().to_numpy(), e.meta_model.to_numpy()),
    "pearson_correlation": lambda e: (e.targets, e.predictions.iloc[:, 0]),
    "power": lambda e: (e.predictions, 1.1),
    "rank": lambda e: (e.predictions,),
    "rank_series": lambda e: (e.predictions.iloc[:, 0], "min"),
    "sharpe_ratio": lambda e: (e.targets,),
    "spearman_correlation": lambda e: (e.targets, e.predictions.iloc[:, 0]),
    "standardize": lambda e: (e.predictions,),
    "tie_broken_rank": lambda e: (e.predictions,),
    "tie_broken_rank_correlation": lambda e: (e.targets, e.predictions.iloc[:, 0]),
    "tie_kept_rank": lambda e: (e.predictions,),
    "tie_kept_rank__gaussianize__neutralize__variance_normalize": lambda e: (
        e.predictions,
        e.neutralizers,
    ),
    "tie_kept_rank__gaussianize__pow_1_5": lambda e: (e.predictions,),
    "validate_indices": lambda e: (e.targets, e.predictions.iloc[:, 0]),
    "variance_normalize": lambda e: (e.predictions,),
    "weight_normalize": lambda e: (e.predictions,),
}

# No scores but values of any size, so their relative error counts. The quantile of the highest
# of 7,000 ranks is 4e-13 off there; ours are as exact at the upper end as at the lower one.
UNBOUNDED = {
    "center",
    "contribution_scores",
    "generate_neutralized_weights",
    "power",
    "stake_weight",
    "standardize",
    "neutralize",
    "orthogonalize",
    "variance_normalize",
}


def agree(name, *arguments, **named):
    """Compare both functions of a name, errors included; return what ours gave."""
    theirs = outcome(getattr(oracle, name), *arguments, **named)
    ours = outcome(getattr(scoring, name), *arguments, **named)
    assert_same(ours, theirs, rtol=1e-12 if name in UNBOUNDED else 0.0)
    return ours


@pytest.mark.parametrize("name", NAMES)
def test_scoring__every_public_function__is_here_with_its_signature_and_compared(name):
    ours, theirs = (getattr(module, name) for module in (scoring, oracle))

    assert pandas_cases.signature(ours) == pandas_cases.signature(theirs)
    assert name in SCORES | TRANSFORMS


@pytest.mark.parametrize("name", sorted(SCORES))
@settings(max_examples=15, deadline=None)
@given(era=pandas_cases.eras(smallest=10))
def test_scoring__ids_in_any_order_and_some_missing__equals_the_oracle(name, era):
    agree(name, *SCORES[name](era))


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
@settings(max_examples=10, deadline=None)
@given(era=pandas_cases.eras(smallest=10))
def test_scoring__one_sorted_index__equals_the_oracle(name, era):
    agree(name, *TRANSFORMS[name](era.sorted()))


@pytest.mark.parametrize("kind", cases.KINDS)
@pytest.mark.parametrize("n_ids", [3, 4, 5])
def test_scoring__hardly_any_ids__equals_the_oracle(n_ids, kind):
    era = pandas_cases.make(n_ids, kind, n_ids, "int", n_neutralizers=1).sorted()

    for name in ("numerai_corr", "correlation_contribution", "spearman_correlation"):
        agree(name, *(SCORES | TRANSFORMS)[name](era))


@pytest.mark.parametrize("name", sorted(SCORES))
@pytest.mark.parametrize("kind", ["continuous", "tied"])
def test_scoring__seven_thousand_text_ids__equals_the_oracle(name, kind):
    era = pandas_cases.make(7, kind, 7_000, "str", n_neutralizers=40)

    result = agree(name, *SCORES[name](era))

    assert not isinstance(result, str)


@pytest.mark.parametrize("n_neutralizers", [1, 300, 800])
def test_neutral_scores__many_neutralizers_some_dependent__equal_the_oracle(n_neutralizers):
    era = pandas_cases.make(5, "tied", 2_000, "range", n_neutralizers).sorted()
    again = era.neutralizers.iloc[:, :40] @ np.ones((min(n_neutralizers, 40), 2))
    features = pd.concat([era.neutralizers, again], axis=1)

    for name, arguments in (
        ("neutralize", (era.predictions.rank(pct=True), features)),
        ("neutral_correlation", (era.predictions, features, era.targets)),
        ("neutral_contribution", (era.predictions, era.meta_model, features, era.targets)),
        ("feature_neutral_corr", (era.predictions, features, era.targets)),
    ):
        assert not isinstance(agree(name, *arguments), str)


@pytest.mark.parametrize(
    "name",
    [
        "numerai_corr",
        "correlation_contribution",
        "neutral_correlation",
        "neutral_contribution",
        "feature_neutral_corr",
        "max_feature_correlation",
        "pearson_correlation",
    ],
)
@pytest.mark.parametrize("top_bottom", [1, 5, 20, 0, -3, 21, 39, 41])
def test_scores__at_the_ends_alone__equal_the_oracle(name, top_bottom):
    # Where the ends overlap the oracle's contributions raise errors of pandas, which are no API.
    if "contribution" in name and top_bottom > 20:
        return
    era = pandas_cases.make_whole()

    agree(name, *(SCORES | TRANSFORMS)[name](era), top_bottom=top_bottom)


@pytest.mark.parametrize("change", ["nan", "reversed", "fewer", "more", "float32", "scaled"])
def test_fnc__targets_over_other_ids_or_of_another_type__equals_the_oracle(change):
    era = pandas_cases.make_whole()
    targets = {
        "nan": era.targets.where(era.targets.index != era.targets.index[3]),
        "reversed": era.targets.iloc[::-1],
        "fewer": era.targets.iloc[2:],
        "more": pd.concat([pd.Series([1.0, 0.5], index=["a", "z"], name="target"), era.targets]),
        "float32": era.targets.astype("float32"),
        "scaled": era.targets * 3 - 1,
    }[change]

    result = agree("feature_neutral_corr", era.predictions, era.neutralizers, targets)

    assert not isinstance(result, str)


@pytest.mark.parametrize("change", [lambda t: t * 100 - 3, lambda t: t.astype("float32"), np.sign])
@pytest.mark.parametrize("name", sorted(SCORES))
def test_scores__targets_of_any_scale_and_type__equal_the_oracle(name, change):
    whole = pandas_cases.make_whole()
    some = pandas_cases.Era(**vars(whole) | {"targets": change(whole.targets).iloc[::-1]})
    fewer = pandas_cases.Era(**vars(some) | {"predictions": some.predictions.iloc[5:]})

    for era in (some, fewer):
        assert not isinstance(agree(name, *SCORES[name](era)), str)


def test_corr__targets_not_powered__equals_the_oracle():
    era = pandas_cases.make_whole()

    agree("numerai_corr", era.predictions, era.targets, target_pow15=False)


@pytest.mark.parametrize("method", ["average", "min", "max", "first", "dense"])
@pytest.mark.parametrize("change", ["nothing", "nan", "infinite", "int", "float32", "bool"])
def test_rank__any_method_and_type__equals_the_oracle(method, change):
    frame = pandas_cases.make_whole(kind="five").predictions
    if change in ("nan", "infinite"):
        frame.iloc[[1, 5, 6], 0] = np.nan if change == "nan" else np.inf
    elif change != "nothing":
        frame = (4 * frame).astype(change)

    agree("rank", frame, method)
    agree("rank", frame.iloc[:, 0], method)


@pytest.mark.parametrize("dtype", ["Float64", "Int64", "int8", "bool", "float32", object])
def test_max_feature_correlation__features_of_any_type__equals_the_oracle(dtype):
    era = pandas_cases.make_whole()
    features = (era.neutralizers * 100).round().astype(dtype)

    agree("max_feature_correlation", era.predictions.iloc[:, 0], features)


def spoil(era, value):
    """Return an era in which one submission has a value at some ids."""
    predictions = era.predictions.copy()
    predictions.iloc[[2, 7], 1] = value
    return pandas_cases.Era(**vars(era) | {"predictions": predictions})


@pytest.mark.parametrize("name", sorted(SCORES))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_scores__values_that_are_not_finite__are_treated_as_by_the_oracle(name, value):
    era = spoil(pandas_cases.make_whole(), value)

    agree(name, *SCORES[name](era))


@pytest.mark.parametrize("name", sorted(SCORES.keys() | {"feature_neutral_corr", "neutralize"}))
def test_scores__constant_submission__are_the_oracles(name):
    era = pandas_cases.make_whole()
    era.predictions["model1"] = 0.25

    agree(name, *(SCORES | TRANSFORMS)[name](era))


@pytest.mark.parametrize("name", ["correlation_contribution", "neutral_contribution"])
def test_contributions__constant_meta_model__are_nan_as_the_oracles(name):
    era = pandas_cases.make_whole()
    era.meta_model[:] = 0.5

    assert agree(name, *SCORES[name](era)).isna().all()


@pytest.mark.parametrize("name", ["numerai_corr", "correlation_contribution", "alpha"])
def test_scores__constant_targets__are_the_oracles(name):
    era = pandas_cases.make_whole()
    era.targets[:] = 0.5

    agree(name, *SCORES[name](era))


@pytest.mark.parametrize("name", sorted(SCORES))
def test_scores__ids_that_occur_twice_everywhere__are_the_oracles(name):
    era = pandas_cases.make_whole()
    parts = {key: part for key, part in vars(era).items() if key != "stakes"}
    twice = {key: pd.concat([part, part.iloc[:3]]).sort_index() for key, part in parts.items()}

    agree(name, *SCORES[name](pandas_cases.Era(**twice, stakes=era.stakes)))


def test_stakes__some_missing_or_of_other_models__equal_the_oracle():
    era = pandas_cases.make_whole()
    stakes = era.stakes.iloc[[2, 0]].copy()
    metric = era.neutralizers, era.sample_weights, era.targets

    agree("meta_portfolio_contribution", era.predictions, stakes, *metric)
    agree("stake_weight", era.predictions, stakes)
    stakes.iloc[0] = np.nan
    agree("meta_portfolio_contribution", era.predictions, stakes, *metric)
    agree("stake_weight", era.predictions, stakes)


@pytest.mark.parametrize("chosen", [False, True])
def test_neutral_weights__universe_that_lacks_ids__equal_the_oracle(chosen):
    era = pandas_cases.make_whole()
    metric = era.neutralizers.iloc[3:], era.sample_weights.iloc[:-2]

    agree("generate_neutralized_weights", era.predictions, *metric, center_and_normalize=chosen)
    assert agree("alpha", era.predictions, *metric, era.targets) == "ValueError"
    stakes = era.stakes
    mpc = agree("meta_portfolio_contribution", era.predictions, stakes, *metric, era.targets)
    assert mpc == "ValueError"


@pytest.mark.parametrize("seed", range(8))
def test_max_feature_correlation__features_that_say_the_same__names_the_first(seed):
    era = pandas_cases.make(seed, "continuous", 100, "int", n_neutralizers=7).sorted()
    # Three times a feature would say the same too, but there rounding decides what it names.
    features = pd.concat([era.neutralizers, -era.neutralizers.iloc[:, ::-1]], axis=1)
    features.columns = [f"feature{place}" for place in range(14)]

    for model in era.predictions:
        agree("max_feature_correlation", era.predictions[model], features)


@pytest.mark.parametrize("value", [np.inf, 0.0])
def test_max_feature_correlation__feature_without_a_correlation__is_passed_over(value):
    era = pandas_cases.make_whole()
    features = era.neutralizers.copy()
    features["feature0"] = value

    agree("max_feature_correlation", era.predictions.iloc[:, 0], features)


@pytest.mark.parametrize("column", ["number", "text", "holed", "flag"])
@pytest.mark.parametrize("dtype", [np.float64, np.int8, bool])
def test_one_hot_encode__column_of_any_kind__equals_the_oracle(column, dtype):
    frame = pd.DataFrame(
        {
            "number": [3, 1, 3, -2],
            "text": ["b", "a", "b", "c"],
            "holed": [0.5, np.nan, 1.0, np.nan],
            "flag": [True, False, True, True],
            "left": 1.5,
        },
        index=["w", "z", "x", "y"],
    )

    agree("one_hot_encode", frame, [column, "number"] if column != "number" else [column], dtype)
    agree("one_hot_encode", frame.rename(columns={column: 7}), [7], dtype)


@pytest.mark.parametrize("names", [("id", "id"), ("id", None), (None, "id"), ("id", "ticker")])
def test_filters__indices_that_bear_names__name_theirs_as_the_oracle(names):
    era = pandas_cases.make_whole()
    left, right = era.predictions.rename_axis(names[0]), era.targets.rename_axis(names[1])

    agree("filter_sort_index", left, right)
    agree("filter_sort_index", left, right.iloc[::-1])
    agree("filter_sort_index_many", [left.iloc[2:], right, era.meta_model])


def test_results__changed_by_the_caller__leave_the_input_alone():
    era = pandas_cases.make_whole()
    before = era.targets.copy()

    kept, _ = scoring.filter_sort_index(era.targets, era.predictions)
    kept.iloc[:] = 9.0
    scoring.numerai_corr(era.predictions, era.targets)

    pd.testing.assert_series_equal(era.targets, before)
