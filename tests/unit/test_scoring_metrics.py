"""Scores against numerai-tools, the field's own implementation."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numerai_tools import scoring as oracle

from tasks.core.errors import DataError
from tasks.core.scoring import metrics, ranks

PARITY = 1e-12


def make_targets(rng, n_ids, nan_share=0.0):
    targets = np.quantile([0, 0.25, 0.5, 0.75, 1], rng.random(n_ids), method="nearest")
    targets[:2] = 0.0, 1.0
    targets[n_ids - int(n_ids * nan_share) :] = np.nan
    return targets


def make_predictions(rng, kind, n_models, n_ids):
    normal = rng.normal(size=(n_models, n_ids))
    rows = {
        "continuous": normal,
        "tied": np.round(normal, 1),
        "five": rng.integers(0, 5, (n_models, n_ids)) / 4,
        "heavy": np.exp(8 * normal),
    }[kind]
    # No row may be constant: those have no score.
    rows[:, :2] = rows.min() - 1, rows.max() + 1
    return rows


def frames(predictions, *vectors):
    index = pd.Index([f"id{i:05d}" for i in range(predictions.shape[1])])
    return pd.DataFrame(predictions.T, index=index), *(
        pd.Series(vector, index=index, name="target") for vector in vectors
    )


@pytest.mark.parametrize("kind", ["continuous", "tied", "five", "heavy"])
@pytest.mark.parametrize("n_ids", [3, 4, 10, 137, 2000])
@pytest.mark.parametrize("nan_share", [0.0, 0.15])
def test_scores__any_shape_of_predictions__equal_the_oracle(kind, n_ids, nan_share):
    rng = np.random.default_rng(n_ids)
    predictions = make_predictions(rng, kind, 4, n_ids)
    reference = rng.normal(size=n_ids)
    targets = make_targets(rng, n_ids, nan_share)
    frame, target, meta_model = frames(predictions, targets, reference)

    corr = metrics.corr(predictions, targets)
    mmc = metrics.contribution(predictions, reference, targets)

    expected_corr = oracle.numerai_corr(frame, target)
    expected_mmc = oracle.correlation_contribution(frame, meta_model, target)
    assert np.abs(corr - expected_corr.to_numpy()).max() < PARITY
    assert np.abs(mmc - expected_mmc.to_numpy()).max() < PARITY


def test_score_rows__a_batch__holds_corr_mmc_and_bmc_in_nano():
    rng = np.random.default_rng(3)
    predictions = make_predictions(rng, "continuous", 5, 300)
    targets = make_targets(rng, 300, 0.1)
    meta_model, benchmark = rng.random(300), rng.random(300)

    nanos = metrics.score_rows(
        predictions, targets, {"meta_model": meta_model, "benchmark": benchmark}
    )

    floats = np.stack(
        [
            metrics.corr(predictions, targets),
            metrics.contribution(predictions, meta_model, targets),
            metrics.contribution(predictions, benchmark, targets),
        ],
        axis=1,
    )
    assert nanos.dtype == np.int64
    assert np.array_equal(nanos, np.rint(floats * 1e9).astype(np.int64))


def test_score_rows__split_and_reordered__changes_no_row():
    rng = np.random.default_rng(4)
    predictions = make_predictions(rng, "tied", 9, 250)
    context = (
        make_targets(rng, 250),
        {"meta_model": rng.random(250), "benchmark": rng.random(250)},
    )

    together = metrics.score_rows(predictions, *context)

    alone = [metrics.score_rows(predictions[i : i + 1], *context)[0] for i in range(9)]
    assert np.array_equal(together, alone)
    assert np.array_equal(together[::-1], metrics.score_rows(predictions[::-1], *context))


@pytest.mark.parametrize("kind", ["continuous", "tied", "five"])
def test_score_rows__p_and_one_minus_p__cancel_exactly(kind):
    rng = np.random.default_rng(5)
    p = np.stack([ranks.ranked(row) for row in make_predictions(rng, kind, 20, 444)])
    context = (
        make_targets(rng, 444, 0.05),
        {"meta_model": rng.random(444), "benchmark": rng.random(444)},
    )

    total = metrics.score_rows(p, *context) + metrics.score_rows(1 - p, *context)

    assert not total.any()


def test_score_rows__constant_where_the_targets_are__scores_zero_and_moves_nobody():
    rng = np.random.default_rng(6)
    predictions = rng.random((3, 50))
    predictions[1, :40] = 0.5
    context = (
        make_targets(rng, 50, 0.2),
        {"meta_model": rng.random(50), "benchmark": rng.random(50)},
    )

    nanos = metrics.score_rows(predictions, *context)

    assert nanos[1].tolist() == [0, 0, 0]
    assert np.array_equal(nanos[[0, 2]], metrics.score_rows(predictions[[0, 2]], *context))


def test_corr__constant_submission__is_nan():
    scores = metrics.corr(np.array([[0.5] * 4, [0.1, 0.2, 0.3, 0.4]]), np.array([0, 0, 1, 1.0]))

    assert np.isnan(scores[0])
    assert scores[1] > 0.8


def test_contribution__constant_reference__takes_nothing_away():
    rng = np.random.default_rng(7)
    predictions, targets = rng.random((2, 60)), make_targets(rng, 60)

    scores = metrics.contribution(predictions, np.full(60, 0.5), targets)

    centred = 4 * (targets - targets.mean())
    assert np.allclose(scores, ranks.gauss(predictions) @ centred / 60, rtol=0, atol=PARITY)


def test_contribution__the_reference_itself__is_zero():
    rng = np.random.default_rng(8)
    reference = rng.random(500)

    scores = metrics.contribution(reference[np.newaxis], reference, make_targets(rng, 500))

    assert abs(scores[0]) < PARITY


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.array([0.0, 0.5, 1.0, 1.5]), r"lie in \[0, 1\]"),
        (np.array([0.5, 0.5, 0.5, np.nan]), "constant"),
        (np.full(4, np.nan), "no id has a target"),
        (np.zeros(3), "do not fit"),
        (np.array([0.0, 0.0, 1e-150, 1e-150]), "differ by too little"),
    ],
)
def test_corr__targets_that_cannot_be_used__are_refused(targets, message):
    with pytest.raises(DataError, match=message):
        metrics.corr(np.random.default_rng(9).random((2, 4)), targets)


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("measure", [metrics.correlate, metrics.project])
def test_products__vector_of_another_length__is_refused_before_memory_is_read(measure, size):
    rng = np.random.default_rng(10)

    with pytest.raises(DataError, match="does not fit 4 predictions"):
        measure(rng.random((2, 4)), rng.random(size))


@pytest.mark.parametrize("kind", ["float32", ">f8", "int8", "bool"])
def test_scores__targets_of_another_type__are_those_of_float64(kind):
    rng = np.random.default_rng(11)
    predictions, reference = rng.random((2, 3, 50))
    targets = rng.integers(0, 2, 50).astype(kind)
    doubles = targets.astype(np.float64)

    corr = metrics.corr(predictions, targets)
    mmc = metrics.contribution(predictions, reference[0], targets)

    assert np.array_equal(corr, metrics.corr(predictions, doubles))
    assert np.array_equal(mmc, metrics.contribution(predictions, reference[0], doubles))


def test_batch_edges__any_number_of_rows__are_constant():
    assert metrics.batch_edges(0) == []
    assert metrics.batch_edges(512) == [(0, 512)]
    assert metrics.batch_edges(1030) == [(0, 512), (512, 1024), (1024, 1030)]


def test_scores__real_equities__equal_the_expected_file():
    folder = os.environ.get("ERARIUM_TEST_DATA")
    if not folder:
        pytest.skip("ERARIUM_TEST_DATA names no folder with the scoring data")
    eras = pd.read_parquet(Path(folder) / "scoring" / "equities_input.parquet").groupby("era")
    expected = pd.read_csv(Path(folder) / "scoring" / "equities_expected.csv")
    names = list(expected["prediction"].unique())

    for era, wanted in expected.groupby("era"):
        rows = eras.get_group(era).sort_values("id")
        predictions, targets = rows[names].to_numpy().T, rows["target"].to_numpy()
        wanted = wanted.set_index("prediction").loc[names]
        corr = metrics.corr(predictions, targets)
        mmc = metrics.contribution(predictions, rows["meta_model"].to_numpy(), targets)
        assert np.abs(corr - wanted["numerai_corr"].to_numpy()).max() < PARITY
        assert np.abs(mmc - wanted["mmc"].to_numpy()).max() < PARITY
