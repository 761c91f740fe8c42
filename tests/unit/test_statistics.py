"""Means and their errors against the definitions, written out as double loops."""

import math

import numpy as np
import pytest

from tasks.core.errors import DataError
from tasks.core.scoring import statistics


def naive_error(values, lags):
    """Newey and West's error of a mean, term by term, for a sample of n."""
    n, mean = len(values), sum(values) / len(values)
    total = 0.0
    for t in range(n):
        for s in range(n):
            weight = max(0.0, 1 - abs(t - s) / (lags + 1))
            total += weight * (values[t] - mean) * (values[s] - mean)
    return math.sqrt(total / n**2 * n / (n - 1))


def overlapping(seed, n):
    """Moving sums of six: the shape of six rounds in flight."""
    return np.convolve(np.random.default_rng(seed).normal(size=n + 5), np.ones(6), "valid")


@pytest.mark.parametrize("n", [8, 9, 40, 96])
@pytest.mark.parametrize("overlap", [0, 1, 6, 200])
def test_mean_of__overlapping_rounds__has_the_newey_west_error(n, overlap):
    values = overlapping(n, n)
    plain = naive_error(values, 0)
    error = naive_error(values, min(overlap, n - 1))

    found = statistics.mean_of(values, overlap)

    assert found.mean == pytest.approx(values.mean(), abs=1e-15)
    assert found.error == pytest.approx(error, rel=1e-9)
    assert found.n_effective == pytest.approx(min(n, n * plain**2 / error**2), rel=1e-9)


def test_mean_of__no_overlap__has_the_textbook_error():
    values = overlapping(0, 50)

    found = statistics.mean_of(values, 0)

    assert found.error == pytest.approx(values.std(ddof=1) / math.sqrt(50))
    assert found.n_effective == 50


def test_mean_of__rounds_that_overlap__count_for_less_than_n():
    found = statistics.mean_of(overlapping(1, 200), 6)

    assert 200 / 8 < found.n_effective < 200 / 2


def test_mean_of__alternating_values__never_count_for_more_than_n():
    found = statistics.mean_of([1.0, -1.0] * 10, 3)

    assert found.n_effective == 20


def test_mean_of__seven_values__are_too_few():
    found = statistics.mean_of(range(7), 6)

    assert (found.mean, found.n, found.error, found.n_effective) == (3.0, 7, None, None)
    assert found.too_few
    assert not statistics.mean_of(range(8), 6).too_few


def test_mean_of__constant_values__have_no_error():
    found = statistics.mean_of([0.1] * 12, 6)

    assert found.error == pytest.approx(0, abs=1e-15)
    assert found.n_effective <= 12


@pytest.mark.parametrize(
    ("values", "overlap", "message"),
    [([], 6, "at least one"), ([1.0, math.nan], 6, "finite"), ([1.0], -1, "negative")],
)
def test_mean_of__values_that_have_no_mean__are_refused(values, overlap, message):
    with pytest.raises(DataError, match=message):
        statistics.mean_of(values, overlap)


def test_paired_difference__rounds_of_one_only__are_left_out():
    left = {number: 0.01 * number for number in range(10)}
    right = {number: 0.01 * number - 0.005 for number in range(2, 14)}

    found = statistics.paired_difference(left, right, 6)

    assert found is not None
    assert found.n == 8
    assert found.mean == pytest.approx(0.005)


def test_paired_difference__nothing_in_common__is_none():
    assert statistics.paired_difference({1: 0.1}, {2: 0.1}, 6) is None
