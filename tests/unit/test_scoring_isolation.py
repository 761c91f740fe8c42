"""No submission changes another's score: neighbours are moved, taken away and poisoned."""

import numpy as np
import pytest

from tasks.core.errors import SubmissionError
from tasks.core.scoring import (
    exposure,
    metrics,
    neutralization,
    originality,
    portfolio,
    scorecards,
    stability,
)

N_IDS, N_MODELS = 700, 300
RNG = np.random.default_rng(5)
ROWS = RNG.random((N_MODELS, N_IDS))
TARGETS = np.where(RNG.random(N_IDS) < 0.05, np.nan, RNG.integers(0, 5, N_IDS) / 4)
REFERENCE = RNG.random(N_IDS)
FEATURES = RNG.integers(0, 5, (30, N_IDS)).astype(np.int8)
FACTORS = np.linalg.qr(RNG.standard_normal((N_IDS, 8)))[0].T
WEIGHTS = RNG.random(N_IDS)

EXACT = {
    "official": lambda rows: metrics.score_rows(
        rows, TARGETS, {"meta_model": REFERENCE, "benchmark": WEIGHTS}
    ),
    "corr": lambda rows: metrics.corr(rows, TARGETS),
    "contribution": lambda rows: metrics.contribution(rows, REFERENCE, TARGETS),
    "fnc": lambda rows: neutralization.fnc(rows, FEATURES, TARGETS),
    "neutral_contribution": lambda rows: neutralization.neutral_contribution(
        rows, REFERENCE, FEATURES, TARGETS
    ),
    "alpha": lambda rows: portfolio.alpha(rows, FACTORS, WEIGHTS, TARGETS),
    "corr_with": lambda rows: originality.corr_with(rows, REFERENCE),
    "churn": lambda rows: stability.churn(rows, np.tile(REFERENCE, (len(rows), 1))),
    "max_feature": lambda rows: exposure.max_feature_correlation(rows, FEATURES)[0],
    "scorecard fnc": lambda rows: scorecards.score(rows, TARGETS, REFERENCE, FEATURES).fnc,
}
# A matrix product may round a row's last bit by its place in the batch.
TO_THE_LAST_BITS = {
    "neutral_corr": lambda rows: neutralization.neutral_corr(rows, FEATURES, TARGETS),
    "max_feature_correlation": lambda rows: exposure.max_feature_correlation(rows, FEATURES)[1],
}
ALL = EXACT | TO_THE_LAST_BITS


def agree(name, left, right):
    if name in EXACT:
        return np.array_equal(left, right, equal_nan=True)
    return np.allclose(left, right, rtol=0, atol=1e-14, equal_nan=True)


@pytest.mark.parametrize("name", ALL)
def test_score__neighbours_moved__is_the_same(name):
    order = RNG.permutation(N_MODELS)

    assert agree(name, ALL[name](ROWS[order]), ALL[name](ROWS)[order])


@pytest.mark.parametrize("name", ALL)
def test_score__neighbours_taken_away__is_the_same(name):
    few = [3, 4, 77, 255, 256, 299]

    assert agree(name, ALL[name](ROWS[few]), ALL[name](ROWS)[few])
    assert agree(name, ALL[name](ROWS[77:78]), ALL[name](ROWS)[77:78])


POISONS = {
    "constant": np.full(N_IDS, 0.5),
    "huge": RNG.choice([-1e300, 1e300], N_IDS),
    "tiny": np.arange(N_IDS) * 5e-324,
    "another's copy": ROWS[0],
    "one far outlier": np.append(np.zeros(N_IDS - 1), 1e18),
}


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("name", ALL)
def test_score__poisoned_neighbour__is_the_same(name, poison):
    poisoned, others = ROWS.copy(), np.arange(N_MODELS) != 150
    poisoned[150] = POISONS[poison]

    assert agree(name, ALL[name](poisoned)[others], ALL[name](ROWS)[others])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ALL)
def test_score__value_that_is_not_finite__is_refused_by_its_row(name, bad):
    poisoned = ROWS.copy()
    poisoned[150, 3] = bad

    with pytest.raises(SubmissionError, match="row 150 holds a value that is not finite"):
        ALL[name](poisoned)
