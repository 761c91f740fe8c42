"""A batch's scores together are those of the single functions, in every combination."""

import numpy as np
import pytest

from tasks.core.errors import DataError
from tasks.core.scoring import exposure, metrics, neutralization, scorecards

N_IDS = 400
RNG = np.random.default_rng(6)
ROWS = RNG.random((300, N_IDS))
REFERENCE = RNG.random(N_IDS)
FEATURES = RNG.integers(0, 5, (25, N_IDS)).astype(np.int8)
WHOLE = RNG.integers(0, 5, N_IDS) / 4
PARTLY = np.where(RNG.random(N_IDS) < 0.1, np.nan, WHOLE)


@pytest.mark.parametrize("targets", [WHOLE, PARTLY], ids=["whole", "partly"])
@pytest.mark.parametrize("n_models", [1, 3, 300])
@pytest.mark.parametrize("kind", [np.int8, np.float64])
def test_score__everything__is_what_the_functions_say(targets, n_models, kind):
    rows, features = ROWS[:n_models], FEATURES.astype(kind)

    found = scorecards.score(rows, targets, REFERENCE, features)

    assert np.array_equal(found.corr, metrics.corr(rows, targets))
    assert np.array_equal(found.mmc, metrics.contribution(rows, REFERENCE, targets))
    assert np.array_equal(found.fnc, neutralization.fnc(rows, features, targets))
    positions, sizes = exposure.max_feature_correlation(rows, features)
    assert np.array_equal(found.max_feature, positions)
    assert np.array_equal(found.max_feature_correlation, sizes)
    assert found.exposures.shape == (n_models, 25)


def test_score__few_rows_of_small_integers__are_those_of_floats():
    # Few rows take the features as integers, many as floats.
    few = scorecards.score(ROWS[:2], WHOLE, None, FEATURES)
    many = scorecards.score(ROWS, WHOLE, None, FEATURES.astype(np.float64))

    assert np.allclose(few.exposures, many.exposures[:2], rtol=0, atol=1e-14)
    assert np.array_equal(few.fnc, many.fnc[:2])


def test_score__without_reference_and_features__leaves_them_out():
    found = scorecards.score(ROWS, PARTLY)

    assert (found.mmc, found.fnc, found.max_feature) == (None, None, None)


def test_score__other_number_of_ids__says_so():
    with pytest.raises(DataError, match="do not fit"):
        scorecards.score(ROWS, WHOLE[1:])
    with pytest.raises(DataError, match="features of 399 ids"):
        scorecards.score(ROWS, WHOLE, REFERENCE, FEATURES[:, 1:])
