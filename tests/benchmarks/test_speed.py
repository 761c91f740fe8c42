"""How fast scores are: ours and the peer's in turns, beside the lower bound of the same run.

A bound is the least work that any implementation has to do: put the predictions into order, ties
decided on the full float64, by the fastest sort at hand (numpy's of packed keys, or ours); or the
matrix products themselves; or one pass over memory. Nothing here fails for being slow, since
other machines are; the table says what misses its bar.
"""

import numba
import numpy as np
import pandas as pd
import pytest
from numerai_tools import scoring as peer

from tasks.core.scoring import (
    neutralization,
    ordering,
    originality,
    ranks,
    scorecards,
)
from tests.benchmarks import meter
from tests.benchmarks.meter import Row

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

N_IDS = 6_000
BATCH = 1_000
REPEATS = 7


@pytest.fixture(scope="module")
def era():
    """Give an era's targets and meta-model, and 700 features in five bins."""
    rng = np.random.default_rng(0)
    return {
        "targets": rng.choice([0, 0.25, 0.5, 0.75, 1], N_IDS, p=[0.05, 0.2, 0.5, 0.2, 0.05]),
        "meta_model": rng.random(N_IDS),
        "features": rng.integers(0, 5, (700, N_IDS)).astype(np.int8),
    }


@numba.njit
def _sort_rows(rows):
    memory = ordering._scratch(rows.shape[1])
    for row in range(rows.shape[0]):
        ordering._sort_row(rows[row], memory)


def submissions(kind, count=BATCH):
    rng = np.random.default_rng(1)
    if kind == "continuous":
        return rng.random((count, N_IDS))
    if kind == "ties":
        return np.round(rng.random((count, N_IDS)), 2)
    return rng.standard_cauchy((count, N_IDS))


def frames(rows, era, n_features, text):
    """Return what the peer takes, with an index of integers or of strings."""
    index = [f"n{number:015x}" for number in range(N_IDS)] if text else np.arange(N_IDS)
    return {
        "predictions": pd.DataFrame(rows.T.copy(), index=index).add_prefix("m"),
        "targets": pd.Series(era["targets"], index=index, name="target"),
        "meta_model": pd.Series(era["meta_model"], index=index, name="meta_model"),
        "features": pd.DataFrame(
            era["features"][:n_features].T.astype(float), index=index
        ).add_prefix("f"),
    }


def sort_bound(rows):
    """Return the seconds that ordering the rows takes: the faster of two sorts.

    numpy sorts uint64 keys of a float's high bits and the id; ties and what the missing low bits
    leave open would come on top.
    """
    bits = np.uint64(N_IDS - 1).item().bit_length()
    keys = rows.copy().view(np.uint64) & ~np.uint64(2**bits - 1) | np.arange(N_IDS, dtype=np.uint64)
    work = np.empty_like(keys)

    def packed():
        np.copyto(work, keys)
        work.sort(axis=1)

    best = meter.interleaved(
        {
            "copy": lambda: np.copyto(work, keys),
            "packed": packed,
            "ours": lambda: _sort_rows(rows),
        },
        repeats=4,
    )
    return min(best["packed"] - best["copy"], best["ours"])


def score_both(rows, era):
    """CORR and MMC with one sort, as the scoring of a round has them."""
    scorecards.score(rows, era["targets"], era["meta_model"])


def peer_both(data):
    peer.numerai_corr(data["predictions"], data["targets"])
    peer.correlation_contribution(data["predictions"], data["meta_model"], data["targets"])


def measure_corr_mmc(bench, era, work, kind, bar, held):
    rows = submissions(kind)
    ints, texts = (frames(rows, era, 1, text) for text in (False, True))
    best = meter.interleaved(
        {
            "ours": lambda: score_both(rows, era),
            "peer_int": lambda: peer_both(ints),
            "peer_str": lambda: peer_both(texts),
        },
        REPEATS,
    )
    bound = sort_bound(rows)
    row = Row(
        work=work,
        ours_s=best["ours"],
        count=BATCH,
        peer_int_s=best["peer_int"],
        peer_str_s=best["peer_str"],
        bound_s=bound,
        bar=bar,
        held=held(best["ours"], bound),
    )
    bench.append(row)
    return best["ours"]


def test_corr_mmc(bench, era):
    bar = "at most 1.5x its bound"
    plain = measure_corr_mmc(
        bench, era, "corr_mmc", "continuous", bar, lambda ours, bound: ours <= 1.5 * bound
    )
    for work, kind in (("corr_mmc_ties", "ties"), ("corr_mmc_tails", "tails")):
        bar = "at most 2x the continuous"
        measure_corr_mmc(bench, era, work, kind, bar, lambda ours, _: ours <= 2 * plain)


@pytest.mark.parametrize(("work", "n_features"), [("fnc_42", 42), ("fnc_700", 700)])
def test_fnc(bench, era, work, n_features):
    rows = submissions("continuous")
    ints, texts = (frames(rows, era, n_features, text) for text in (False, True))
    features = era["features"][:n_features]
    floats = features.astype(np.float64)

    between = np.eye(n_features)

    def products():
        # The features' products with one another, with the submissions, and both ways back.
        floats @ floats.T
        ((rows @ floats.T) @ between) @ floats

    def peers(data):
        peer.feature_neutral_corr(data["predictions"], data["features"], data["targets"])

    best = meter.interleaved(
        {
            "ours": lambda: neutralization.fnc(rows, features, era["targets"]),
            "bound": products,
            "peer_int": lambda: peers(ints),
            "peer_str": lambda: peers(texts),
        },
        REPEATS,
    )
    if n_features == 42:
        bar, held = "25x the peer (int)", best["peer_int"] >= 25 * best["ours"]
    else:
        bar, held = "80% of the GEMM rate", best["bound"] >= 0.8 * best["ours"]
    bench.append(
        Row(
            work=work,
            ours_s=best["ours"],
            count=BATCH,
            peer_int_s=best["peer_int"],
            peer_str_s=best["peer_str"],
            bound_s=best["bound"],
            bar=bar,
            held=held,
        )
    )


def test_four_metrics(bench, era):
    count, features = 5_000, era["features"][:42]
    rows = submissions("continuous", count)

    def four():
        scorecards.score(rows, era["targets"], era["meta_model"], features)

    best = meter.interleaved({"ours": four}, repeats=4)
    rate = count / best["ours"]
    bound = 2 * sort_bound(rows[:BATCH]) * count / BATCH
    bench.append(
        Row(
            work="four_metrics",
            ours_s=best["ours"],
            count=count,
            bound_s=bound,
            bar=f"5,500 a second ({rate:,.0f})",
            held=rate >= 5_500,
        )
    )


def test_diagnostics(bench):
    rng, n_eras, n_ids = np.random.default_rng(2), 574, 5_000
    eras = [
        (
            rng.random((1, n_ids)),
            rng.integers(0, 5, n_ids) / 4,
            rng.random(n_ids),
            rng.integers(0, 5, (42, n_ids)).astype(np.int8),
        )
        for _ in range(n_eras)
    ]

    def diagnose():
        for row, targets, meta_model, values in eras:
            scorecards.score(row, targets, meta_model, values)

    best = meter.interleaved({"ours": diagnose}, repeats=4)
    bench.append(meter.under("diagnostics", best["ours"], n_eras, 0.35))


def test_leave_one_out(bench, era):
    count = 5_000
    gaussians = ranks.gauss(submissions("continuous", count))
    weights = np.random.default_rng(3).random(count)

    best = meter.interleaved(
        {
            "ours": lambda: originality.leave_one_out(gaussians, weights, era["targets"]),
            "bound": lambda: gaussians.sum(),
        },
        REPEATS,
    )
    bench.append(meter.under("leave_one_out", best["ours"], count, 0.12, bound_s=best["bound"]))
