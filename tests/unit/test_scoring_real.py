"""The scores of four submissions over 144 real eras, through the engine and through the layer."""

import numpy as np
import pandas as pd
import pytest

from tasks.adapters.settings import Settings
from tasks.core.scoring import exposure, metrics, neutralization
from tasks.numerai_compat import scoring

FOLDER = Settings().test_data
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="ERARIUM_TEST_DATA names no folder with the real submissions"
)

TOLERANCE = 1e-9
COLUMNS = ["numerai_corr", "mmc", "fnc", "max_feature_corr"]


@pytest.fixture(scope="module")
def eras():
    frame = pd.read_parquet(FOLDER / "scoring" / "equities_input.parquet")
    return {era: rows.set_index("id").sort_index() for era, rows in frame.groupby("era")}


@pytest.fixture(scope="module")
def expected():
    frame = pd.read_csv(FOLDER / "scoring" / "equities_expected.csv")
    return frame.set_index(["era", "prediction"]).sort_index()


def engine_scores(predictions, features, era):
    """Return every score of some submissions, one a row, and the names of the features."""
    rows, columns = predictions.to_numpy().T, features.to_numpy().T
    targets, meta_model = era["target"].to_numpy(), era["meta_model"].to_numpy()
    positions, largest = exposure.max_feature_correlation(rows, columns)
    scores = (
        metrics.corr(rows, targets),
        metrics.contribution(rows, meta_model, targets),
        neutralization.fnc(rows, columns, targets),
        largest,
    )
    return np.column_stack(scores), list(features.columns[positions])


def layer_scores(predictions, features, era):
    targets = era["target"]
    strongest = [scoring.max_feature_correlation(predictions[m], features) for m in predictions]
    scores = (
        scoring.numerai_corr(predictions, targets),
        scoring.correlation_contribution(predictions, era["meta_model"], targets),
        scoring.feature_neutral_corr(predictions, features, targets),
        [largest for _, largest in strongest],
    )
    return np.column_stack(scores), [name for name, _ in strongest]


@pytest.mark.parametrize("score", [engine_scores, layer_scores])
def test_scores__real_eras__are_the_expected_ones(score, eras, expected):
    compared = 0
    for name, era in eras.items():
        wanted = expected.loc[name]

        found, strongest = score(era[list(wanted.index)], era.filter(like="feature_"), era)

        assert (wanted["n"] == len(era)).all()
        assert np.abs(found - wanted[COLUMNS].to_numpy()).max() < TOLERANCE
        assert strongest == list(wanted["max_feature"])
        compared += len(wanted)
    assert compared == len(expected) == 576


def test_scores__one_real_era_spoilt__are_not_the_expected_ones(eras, expected):
    name, era = next(iter(eras.items()))
    wanted = expected.loc[name]
    predictions = era[list(wanted.index)].copy()
    predictions.iloc[[0, 1]] = predictions.iloc[[1, 0]].to_numpy()

    found, _ = engine_scores(predictions, era.filter(like="feature_"), era)

    assert (np.abs(found - wanted[COLUMNS].to_numpy()) > TOLERANCE).any()
