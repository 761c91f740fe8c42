"""Features at the ends of what they may be: constant, large, tiny, many, of any type."""

import numpy as np
import pytest

from tasks.core.scoring import exposure, neutralization
from tasks.core.scoring.features import Features

RNG = np.random.default_rng(12)


def close(left, right, atol=1e-12):
    return np.allclose(left, right, rtol=0, atol=atol, equal_nan=True)


@pytest.mark.parametrize("constant", [0.1, 1e300, -128])
@pytest.mark.parametrize("kind", [np.float64, np.int8])
def test_features__constant_one_among_them__says_and_takes_nothing(constant, kind):
    if kind == np.int8 and constant != -128:
        return
    values = RNG.integers(0, 5, (4, 701)).astype(kind)
    rows, targets = RNG.random((6, 701)), RNG.integers(0, 5, 701) / 4
    with_it = values.copy()
    with_it[1] = constant
    others = np.delete(values, 1, axis=0)

    found = exposure.feature_correlations(rows, with_it)

    assert np.isnan(found[:, 1]).all()
    assert close(np.delete(found, 1, axis=1), exposure.feature_correlations(rows, others))
    # Beside 1e300 all else is less than a millionth, and least squares leaves it out.
    others = others[:0] if constant == 1e300 else others
    expected = neutralization.fnc(rows, others, targets)
    assert close(neutralization.fnc(rows, with_it, targets), expected)


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
def test_feature_correlations__submission_whose_squares_are_no_floats__are_those_of_its_scale(
    scale,
):
    rows, values = RNG.random((3, 50)), RNG.random((4, 50))
    rows[1] = 0.5

    found = exposure.feature_correlations(rows * scale, values)

    assert close(found, exposure.feature_correlations(rows, values))
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize(("n_features", "n_ids"), [(201, 1_100), (2, 150_000)])
def test_features__many_large_integers__are_multiplied_without_rounding(n_features, n_ids):
    # Their sums fit neither the 24 bits of float32 nor, where there are many ids, 32 bits.
    values = RNG.integers(120, 128, (n_features, n_ids)).astype(np.int8)
    rows = RNG.standard_normal((1, n_ids))

    exact = Features(values).correlations

    assert close(exact, Features(values.astype(np.float64)).correlations, atol=1e-11)
    assert close(
        neutralization.neutralize(rows, values),
        neutralization.neutralize(rows, values.astype(np.float64)),
        atol=1e-11,
    )


@pytest.mark.parametrize("kind", ["float32", ">f8", "int64", "uint8", "bool"])
def test_features__other_type_or_memory__score_as_plain_floats(kind):
    values = RNG.integers(0, 2, (3, 90)).astype(kind)
    rows, targets = RNG.random((6, 90)), RNG.integers(0, 5, 90) / 4
    before = values.tobytes(), rows.tobytes(), targets.tobytes()
    expected = neutralization.fnc(rows, values.astype(np.float64), targets)
    strided = np.repeat(values, 2, axis=1)[:, ::2]
    strided.flags.writeable = False

    assert np.array_equal(neutralization.fnc(rows, values, targets), expected)
    assert np.array_equal(neutralization.fnc(rows, strided, targets), expected)
    assert np.array_equal(neutralization.fnc(rows, np.asfortranarray(values), targets), expected)
    assert (values.tobytes(), rows.tobytes(), targets.tobytes()) == before
