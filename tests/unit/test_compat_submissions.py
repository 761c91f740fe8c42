"""Every public function of numerai-tools' `submissions`, and ours in its place."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numerai_tools import submissions as oracle

from tasks.numerai_compat import submissions
from tests import pandas_cases
from tests.pandas_cases import assert_same, outcome

NAMES = sorted(pandas_cases.public_functions(oracle))
PANDAS = pd.DataFrame | pd.Series
TOURNAMENTS = {"numerai": "id", "signals": "numerai_ticker", "crypto": "symbol"}


def copied(arguments):
    return [part.copy() if isinstance(part, PANDAS) else part for part in arguments]


def agree(name, *arguments, **named):
    """Compare both functions of a name, errors and changes of the arguments included."""
    for_theirs, for_ours = copied(arguments), copied(arguments)
    theirs = outcome(getattr(oracle, name), *for_theirs, **named)
    ours = outcome(getattr(submissions, name), *for_ours, **named)
    # The ids that are not live come in the order of a set.
    for result in (theirs, ours):
        if isinstance(result, tuple) and isinstance(result[-1], list):
            result[-1].sort()
    assert_same(ours, theirs)
    assert_same(for_ours, for_theirs)
    return ours


def make_submission(id_column="id", column="prediction", n_ids=150, n_live=150, seed=0):
    """Return a submission in an order of its own, and the live ids as a frame."""
    rng = np.random.default_rng(seed)
    ids = [f"n{number:05x}" for number in rng.choice(10**5, max(n_ids, n_live), replace=False)]
    submission = pd.DataFrame({id_column: ids[:n_ids], column: rng.random(n_ids)})
    return submission, pd.DataFrame({id_column: rng.permutation(ids[:n_live])})


def universe_of(tournament, live):
    """Return live ids as the whole validation of a tournament takes them."""
    return live["id"] if tournament == "numerai" else live


@pytest.mark.parametrize("name", [*NAMES, "_validate_headers", "_validate_ids"])
def test_submissions__every_public_function__is_here_with_its_signature(name):
    ours, theirs = (getattr(module, name) for module in (submissions, oracle))

    assert pandas_cases.signature(ours) == pandas_cases.signature(theirs)


def test_submissions__constants__are_the_oracles():
    names = [name for name in vars(oracle) if name.isupper()]

    assert len(names) == 9
    assert {name: getattr(submissions, name) for name in names} == {
        name: getattr(oracle, name) for name in names
    }


@pytest.mark.parametrize("tournament", TOURNAMENTS)
@pytest.mark.parametrize("columns", ["id", "probability", "signal", "date", "friday_date", "both"])
def test_headers__right_and_wrong_ones__are_the_oracles(tournament, columns):
    frame, _ = make_submission(TOURNAMENTS[tournament])
    if columns == "id":
        frame = frame.rename(columns={TOURNAMENTS[tournament]: "name"})
    elif columns in ("probability", "signal"):
        frame = frame.rename(columns={"prediction": columns})
    else:
        for column in ("date", "friday_date") if columns == "both" else (columns,):
            frame.insert(0, column, "2026-11-06")

    agree(f"validate_headers_{tournament}", frame)
    if tournament == "signals":
        agree("validate_headers_signals", frame, assert_date_col=True)


@pytest.mark.parametrize("columns", [[], ["id"], ["prediction", "id"], ["id", "prediction", "x"]])
def test_headers__missing_swapped_or_more__raise_with_the_oracles_message(columns):
    frame = pd.DataFrame([range(len(columns))], columns=columns)

    for name in ("validate_headers_numerai", "validate_headers_signals", "validate_headers_crypto"):
        assert agree(name, frame).startswith("AssertionError: invalid_submission_headers")
    assert agree("_validate_headers", frame, ["id"], ["y"]).startswith("AssertionError: ")


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(
        st.floats(-0.1, 1.1) | st.sampled_from([0.0, 1.0, -1e-9, 1 + 1e-9, -1e-7, np.nan]),
        min_size=1,
        max_size=6,
    )
)
def test_values__any_numbers__are_judged_as_by_the_oracle(values):
    agree("validate_values", pd.DataFrame({"prediction": values}), "prediction")


GOOD = [[0.0, 1.0], [0.2, 0.3], [-1e-9, 1 + 1e-9], [0, 1], [0.5]]
BAD = [[0.5, 0.5], [0.5, 0.5 + 1e-9], [0.1, np.nan], [-0.1, 0.5], [0.5, 1.1], [np.inf, 0.5]]


@pytest.mark.parametrize("values", GOOD)
def test_values__of_a_submission__are_taken_as_by_the_oracle(values):
    assert agree("validate_values", pd.DataFrame({"prediction": values}), "prediction") is None


@pytest.mark.parametrize("values", BAD)
def test_values__that_break_a_rule__raise_with_the_oracles_message(values):
    result = agree("validate_values", pd.DataFrame({"prediction": values}), "prediction")

    assert result.startswith("AssertionError: invalid_submission_values")


@pytest.mark.parametrize("tournament", TOURNAMENTS)
@pytest.mark.parametrize(
    "change", ["nothing", "more", "fewer", "far fewer", "twice", "twice dead", "missing", "numbers"]
)
def test_ids__right_and_wrong_ones__are_the_oracles(tournament, change):
    id_column = TOURNAMENTS[tournament]
    frame, live = make_submission(id_column, n_ids=200 if change == "twice dead" else 150)
    if change == "more":
        live = live.iloc[:140]
    elif "fewer" in change:
        frame = frame.iloc[: 120 if change == "fewer" else 60]
    elif "twice" in change:
        frame = pd.concat([frame, frame.iloc[-2:]])
    elif change == "missing":
        frame.loc[3, id_column] = None
    elif change == "numbers":
        frame[id_column], live[id_column] = np.arange(len(frame)), np.arange(len(live))

    agree(f"validate_ids_{tournament}", live[id_column], frame, id_column)
    agree("_validate_ids", live[id_column], frame, id_column, 5)
    agree(f"validate_submission_{tournament}", universe_of(tournament, live), frame)


@pytest.mark.parametrize("dates", [False, True])
@pytest.mark.parametrize("extra", ["nothing", "data_type", "date", "both"])
def test_signals_submission__columns_that_are_dropped__are_dropped_from_the_callers_frame(
    extra, dates
):
    frame, live = make_submission("numerai_ticker", "signal")
    for column in ("data_type", "date"):
        if extra in (column, "both"):
            frame[column] = "live"

    agree("validate_submission_signals", live, frame, assert_date_col=dates)


def test_signals_submission__data_type__is_warned_of(caplog):
    frame, live = make_submission("ticker", "signal")

    submissions.validate_submission_signals(live, frame)
    assert caplog.messages == []
    submissions.validate_submission_signals(live, frame.assign(data_type="live"))
    assert "data_type column found in Signals submission" in caplog.text


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_ids=st.integers(1, 60), n_live=st.integers(1, 60))
@pytest.mark.parametrize("numbers", [False, True])
def test_remapping__any_universe__equals_the_oracle(numbers, seed, n_ids, n_live):
    rng = np.random.default_rng(seed)
    frame, live = make_submission("ticker", "signal", n_ids, n_live, seed)
    live["figi"] = rng.permutation(np.arange(n_live) if numbers else [f"F{i}" for i in live.index])
    live.loc[rng.random(n_live) < 0.1, "figi"] = None
    frame.loc[rng.random(n_ids) < 0.1, "signal"] = np.nan

    agree("remap_ids", frame, live, "ticker", "figi")
    agree("remap_ids", frame, live, "ticker", "ticker")
    agree("clean_submission", live, frame, "ticker", "signal")
    agree("clean_submission", live, frame, "ticker", "signal", rank_and_fill=True)
    agree("clean_submission", live, frame, "ticker", "signal", "figi", "renamed", True)


def test_clean_submission__ids_that_occur_twice__keeps_the_oracles_row():
    frame, live = make_submission("ticker", "signal")
    frame = pd.concat([frame, frame.iloc[:5].assign(signal=0.5)])
    live = pd.concat([live, live.iloc[:5]])

    agree("clean_submission", live, frame, "ticker", "signal")


def test_clean_submission__index_that_bears_the_columns_name__equals_the_oracle():
    frame, live = make_submission("ticker", "signal")

    agree("clean_submission", live.set_index("ticker", drop=False), frame, "ticker", "signal")


@pytest.mark.parametrize("empty", ["universe", "predictions"])
def test_clean_submission__nothing_to_join__raises_with_the_oracles_message(empty):
    frame, live = make_submission("ticker", "signal")
    frame, live = (frame.iloc[:0], live) if empty == "predictions" else (frame, live.iloc[:0])

    result = agree("clean_submission", live, frame, "ticker", "signal")

    assert result == f"AssertionError: {empty} must not be empty"
