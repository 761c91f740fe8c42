"""Ranks against pandas and scipy, and the symmetry that lets a p / 1 - p pair cancel."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from tasks.core.errors import SubmissionError
from tasks.core.scoring import ranks

ROWS = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(1, 40)),
    elements=st.floats(-3, 3, width=16),
)


@given(rows=ROWS)
def test_average_rank__any_rows_with_ties__equals_pandas(rows):
    expected = pd.DataFrame(rows).rank(axis=1, method="average").to_numpy()

    assert np.array_equal(ranks.average_rank(rows), expected)


@given(rows=ROWS)
def test_gauss__any_rows__equals_the_quantiles_of_the_ranks(rows):
    expected = stats.norm.ppf(ranks.rank(rows))

    assert np.allclose(ranks.gauss(rows), expected, rtol=0, atol=1e-13)


@given(rows=ROWS)
def test_gauss__reversed_rows__are_opposite_to_the_last_bit(rows):
    assert np.array_equal(ranks.gauss(-rows), -ranks.gauss(rows))


def test_gauss__one_minus_p__is_opposite_to_the_last_bit():
    p = ranks.ranked(np.random.default_rng(0).normal(size=1001))[np.newaxis]

    assert np.array_equal(ranks.gauss(1 - p), -ranks.gauss(p))


@given(rows=ROWS)
def test_gauss__rows_alone__are_the_rows_of_the_batch(rows):
    batch = ranks.gauss(rows)

    assert all(np.array_equal(ranks.gauss(rows[i : i + 1])[0], batch[i]) for i in range(len(rows)))


def test_gauss__read_only_column_slice__equals_its_copy():
    rows = np.random.default_rng(1).normal(size=(5, 30))
    rows.setflags(write=False)

    assert np.array_equal(ranks.gauss(rows[:, ::2]), ranks.gauss(rows[:, ::2].copy()))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_gauss__value_not_finite__names_the_row(bad):
    rows = np.ones((3, 4))
    rows[1, 2] = bad

    with pytest.raises(SubmissionError, match="row 1 holds a value that is not finite"):
        ranks.gauss(rows)


def test_pow15__both_signs__is_odd():
    values = np.array([-4.0, -1.0, 0.0, 2.25])

    assert ranks.pow15(values).tolist() == [-8.0, -1.0, 0.0, 3.375]


def test_ranked__noise_in_the_last_bits__gives_the_same_bytes():
    rng = np.random.default_rng(2)
    values = rng.integers(0, 50, 400) / 7.0
    noisy = values * (1 + rng.normal(size=400) * 1e-15)

    assert ranks.ranked(noisy).tobytes() == ranks.ranked(values).tobytes()


def test_ranked__constant_values__are_all_one_half():
    assert (ranks.ranked(np.full(7, 0.1)) == 0.5).all()


def test_ranked__value_not_finite__is_refused():
    with pytest.raises(SubmissionError, match="not finite"):
        ranks.ranked(np.array([0.1, np.nan]))
