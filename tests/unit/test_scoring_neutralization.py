"""What neutralisers leave, against numerai-tools and plain least squares."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numerai_tools import scoring as peer

from tasks.core.errors import DataError, SubmissionError
from tasks.core.scoring import exposure, neutralization
from tasks.core.scoring.features import Features

KINDS = ("continuous", "two decimals", "five values", "heavy tails", "log-normal")
FEATURES = ("bins", "floats", "dependent", "tiny scale")
# The peer's ranks of heavy tails and of what they leave differ by no more than this.
PARITY = 1e-12


def predictions(rng, kind, shape):
    return {
        "continuous": lambda: rng.random(shape),
        "two decimals": lambda: np.round(rng.random(shape), 2),
        "five values": lambda: rng.integers(0, 5, shape) / 4,
        "heavy tails": lambda: rng.standard_cauchy(shape),
        "log-normal": lambda: rng.lognormal(0, 2, shape),
    }[kind]()


def features(rng, kind, n_features, n_ids):
    if kind == "bins":
        return rng.integers(0, 5, (n_features, n_ids)).astype(np.int8)
    values = rng.standard_normal((n_features, n_ids))
    if kind == "dependent":
        return np.concatenate([values, values[:1] * 2 + 1, values[:1] - values[-1:]])
    # The peer leaves out what is a millionth of the largest, and so must we.
    return values * np.where(np.arange(n_features) % 2, 1e-9, 1.0)[:, np.newaxis]


def targets(rng, n_ids, share_missing):
    values = rng.integers(0, 5, n_ids) / 4
    values[:2] = 0, 1
    # The peer refuses eras in which more than a fifth of the ids have none.
    missing = rng.choice(np.arange(2, n_ids), int(share_missing * n_ids), replace=False)
    values[missing] = np.nan
    return values


def frame(rows, n_ids):
    ids = [f"{number:06d}" for number in range(n_ids)]
    return pd.DataFrame(
        rows.T.astype(float), index=ids, columns=[f"c{i}" for i in range(len(rows))]
    )


def series(row):
    return frame(row[np.newaxis], row.size)["c0"]


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    feature_kind=st.sampled_from(FEATURES),
    n_ids=st.integers(20, 400),
    share=st.floats(0.01, 0.5),
    share_missing=st.sampled_from([0.0, 0.1]),
    seed=st.integers(0, 2**32 - 1),
)
def test_neutral_scores__any_shapes__equal_the_peer(
    kind, feature_kind, n_ids, share, share_missing, seed
):
    rng = np.random.default_rng(seed)
    n_features = max(1, int(share * n_ids))
    rows = predictions(rng, kind, (3, n_ids))
    # Continuous noise: with theoretical ties the peer's ranks of residuals are its rounding's.
    columns = features(rng, feature_kind, n_features, n_ids)
    known, reference = targets(rng, n_ids, share_missing), rng.random(n_ids)
    peers = frame(rows, n_ids), frame(columns, n_ids), series(known), series(reference)

    corr = neutralization.neutral_corr(rows, columns, known)
    added = neutralization.neutral_contribution(rows, reference, columns, known)

    expected = peer.neutral_correlation(peers[0], peers[1], peers[2])
    assert np.allclose(corr, expected, rtol=0, atol=PARITY)
    expected = peer.neutral_contribution(peers[0], peers[3], peers[1], peers[2])
    assert np.allclose(added, expected, rtol=0, atol=PARITY)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    feature_kind=st.sampled_from([kind for kind in FEATURES if kind != "bins"]),
    n_ids=st.integers(20, 400),
    share=st.floats(0.01, 0.5),
    share_missing=st.sampled_from([0.0, 0.1]),
    seed=st.integers(0, 2**32 - 1),
)
def test_fnc__any_shapes_without_theoretical_ties__equals_the_peer(
    kind, feature_kind, n_ids, share, share_missing, seed
):
    rng = np.random.default_rng(seed)
    rows = predictions(rng, kind, (3, n_ids))
    columns = features(rng, feature_kind, max(2, int(share * n_ids)), n_ids)
    known = targets(rng, n_ids, share_missing)

    scores = neutralization.fnc(rows, columns, known)

    expected = peer.feature_neutral_corr(frame(rows, n_ids), frame(columns, n_ids), series(known))
    assert np.allclose(scores, expected, rtol=0, atol=PARITY)


@pytest.mark.parametrize(("n_ids", "n_features"), [(7_000, 42), (3_000, 800), (500, 700)])
def test_neutral_scores__large_eras__equal_the_peer(n_ids, n_features):
    rng = np.random.default_rng(n_features)
    rows, known = rng.random((2, n_ids)), targets(rng, n_ids, 0.0)
    columns = features(rng, "bins", n_features, n_ids)
    peers = frame(rows, n_ids), frame(columns, n_ids), series(known)

    rest = neutralization.neutralize(rows, columns, 0.5)

    expected = peer.neutralize(peers[0], peers[1], 0.5).to_numpy().T
    assert np.allclose(rest, expected, rtol=0, atol=PARITY)
    if n_features < n_ids:
        expected = peer.feature_neutral_corr(*peers)
        scores = neutralization.fnc(rows, columns, known)
        assert np.allclose(scores, expected, rtol=0, atol=PARITY)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    feature_kind=st.sampled_from(FEATURES),
    n_ids=st.integers(5, 300),
    n_features=st.integers(1, 60),
    seed=st.integers(0, 2**32 - 1),
)
def test_max_feature_correlation__any_shapes__equals_the_peer(
    kind, feature_kind, n_ids, n_features, seed
):
    rng = np.random.default_rng(seed)
    rows = predictions(rng, kind, (2, n_ids))
    columns = features(rng, feature_kind, n_features, n_ids)

    positions, sizes = exposure.max_feature_correlation(rows, columns)

    for row, position, size in zip(rows, positions, sizes, strict=True):
        # Where none is defined the peer fails, or gives none.
        assert (position == -1) == bool(np.isnan(size))
        if not np.isnan(size):
            _, expected = peer.max_feature_correlation(series(row), frame(columns, n_ids))
            assert abs(size - expected) < PARITY


def test_fnc__rows_alone__are_those_of_the_batch():
    rng = np.random.default_rng(3)
    rows, columns = rng.random((40, 800)), features(rng, "bins", 30, 800)
    known = targets(rng, 800, 0.05)

    batch = neutralization.fnc(rows, columns, known)

    alone = [float(neutralization.fnc(row, columns, known)) for row in rows]
    assert batch.tolist() == alone


@pytest.mark.parametrize("n_features", [3, 300])
def test_neutralize__dependent_features__leaves_the_same_bits_in_any_batch(n_features):
    rng = np.random.default_rng(8)
    values = features(rng, "bins", n_features, 700)
    columns = Features(np.vstack((values, values[:1])))
    rows, order = rng.standard_normal((140, 700)), rng.permutation(140)

    batch = neutralization.neutralize(rows, columns)

    assert np.array_equal(neutralization.neutralize(rows[order], columns), batch[order])
    for size in (1, 2, 5, 33, 129):
        assert np.array_equal(neutralization.neutralize(rows[-size:], columns), batch[-size:])


@pytest.mark.parametrize("kind", ["bins", "floats"])
def test_max_feature_correlation__copies_of_a_feature__names_the_first_in_any_batch(kind):
    rng = np.random.default_rng(9)
    values = features(rng, kind, 9, 501)
    columns, rows = np.tile(values, (3, 1)), rng.random((60, 501))

    positions, _ = exposure.max_feature_correlation(rows, columns)

    assert positions.max() < len(values)
    alone = [int(exposure.max_feature_correlation(row, columns)[0]) for row in rows]
    assert positions.tolist() == alone


@pytest.mark.parametrize("name", ["constant", "explained"])
def test_fnc__nothing_left__is_undefined_and_its_neighbours_are_not(name):
    rng = np.random.default_rng(4)
    columns = rng.permuted(np.tile(np.arange(600.0), (1, 1)), axis=1)
    quantiles = frame(columns, 600).rank()["c0"].to_numpy()
    row = np.full(600, 0.4) if name == "constant" else quantiles
    if name == "explained":
        columns = peer.gaussian(peer.rank(frame(columns, 600))).to_numpy().T
    rows, known = np.stack([rng.random(600), row]), targets(rng, 600, 0.0)

    scores = neutralization.fnc(rows, columns, known)

    assert np.isnan(scores[1])
    assert scores[0] == neutralization.fnc(rows[0], columns, known)


def test_too_many__above_a_fifth_of_the_ids__is_flagged():
    assert not neutralization.too_many(100, 500)
    assert neutralization.too_many(101, 500)


def test_neutralize__bad_input__says_what_is_wrong():
    rows, columns = np.zeros((2, 10)), np.ones((3, 10))

    with pytest.raises(DataError, match="do not fit"):
        neutralization.neutralize(rows, columns[:, 1:])
    with pytest.raises(SubmissionError, match="row 1 holds"):
        neutralization.fnc(np.where([[0], [1]], np.nan, rows), columns[:1], np.full(10, 0.5))


def test_neutral_scores__targets_that_cannot_be_used__say_so():
    rng = np.random.default_rng(10)
    rows, columns, known = rng.random((2, 10)), rng.random((3, 10)), np.append([np.inf], np.ones(9))

    with pytest.raises(DataError, match="finite or NaN"):
        neutralization.neutral_corr(rows, columns, known)
    with pytest.raises(DataError, match=r"in \[0, 1\]"):
        neutralization.neutral_contribution(rows, rows[0], columns, known)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("places", [slice(1, 2), slice(None)])
def test_neutralize__feature_that_is_not_finite_here_or_everywhere__is_refused(places, bad):
    rows, columns = np.zeros((2, 10)), np.arange(30.0).reshape(3, 10)
    columns[1, places] = bad

    with pytest.raises(DataError, match="not finite"):
        neutralization.neutralize(rows, columns)
