"""The sort behind every rank: right for every distribution, ties decided on the full float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from tasks.core.errors import SubmissionError
from tasks.core.scoring import metrics, ranks

N_IDS = 3_000
RNG = np.random.default_rng(0)


def squeezed(values):
    """Bring values into [0, 1] as a modeller would, which crowds the middle of heavy tails."""
    return (values - values.min()) / (values.max() - values.min())


DISTRIBUTIONS = {
    "uniform": RNG.random(N_IDS),
    "two decimals": np.round(RNG.random(N_IDS), 2),
    "five values": RNG.integers(0, 5, N_IDS) / 4,
    "cauchy": RNG.standard_cauchy(N_IDS),
    "cauchy in [0, 1]": squeezed(RNG.standard_cauchy(N_IDS)),
    "log-normal": RNG.lognormal(0, 3, N_IDS),
    "six hundred decades": 10.0 ** RNG.uniform(-300, 300, N_IDS),
    "one far outlier": np.append(RNG.random(N_IDS - 1), 1e18),
    "last bits only": 0.5 + RNG.integers(0, 2_000, N_IDS) * 2.0**-53,
    "subnormal": RNG.integers(-50, 50, N_IDS) * 5e-324,
    "ends of float64": RNG.choice([-1.7e308, 1.7e308, 1e-320, 0.0, -0.0], N_IDS),
    "constant": np.full(N_IDS, 0.3),
    "constant and large": np.full(N_IDS, 1e290),
    "constant and largest": np.full(N_IDS, -1.7976931348623157e308),
    "constant and smallest": np.full(N_IDS, 5e-324),
    "ascending": np.arange(float(N_IDS)),
    "nearly equal and far": np.where(RNG.random(N_IDS) < 0.5, RNG.random(N_IDS) * 1e-12, 1.0),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_average_rank__any_distribution__equals_scipy(name):
    rows = np.stack([DISTRIBUTIONS[name], DISTRIBUTIONS[name][::-1], RNG.random(N_IDS)])

    assert np.array_equal(ranks.average_rank(rows), stats.rankdata(rows, axis=1))


@given(
    row=arrays.arrays(
        np.float64,
        st.integers(1, 300),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_average_rank__any_floats__equals_scipy(row):
    assert np.array_equal(ranks.average_rank(row), stats.rankdata(row))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("measure", [ranks.average_rank, ranks.gauss])
def test_rows__value_that_is_not_finite__names_the_row(measure, bad):
    rows = RNG.random((3, 50))
    rows[1, 7] = bad

    with pytest.raises(SubmissionError, match="row 1 holds a value that is not finite"):
        measure(rows)


def test_rows__mapped_and_read_only_memory__scores_as_its_copy(tmp_path):
    rows, targets = RNG.random((4, 200)), RNG.integers(0, 5, 200) / 4
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")

    assert np.array_equal(metrics.corr(mapped, targets), metrics.corr(rows, targets))


@pytest.mark.parametrize("name", [name for name in DISTRIBUTIONS if "constant" not in name])
def test_scores__reversed_submission__are_opposite_to_the_last_bit(name):
    row, targets = DISTRIBUTIONS[name], RNG.integers(0, 5, N_IDS) / 4
    reference = RNG.random(N_IDS)

    assert metrics.corr(-row, targets) == -metrics.corr(row, targets)
    assert metrics.contribution(-row, reference, targets) == -metrics.contribution(
        row, reference, targets
    )
