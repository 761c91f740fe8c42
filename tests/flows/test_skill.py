"""On the simulator, whose signal is known to be there, those who look for it find it."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from tasks.core.rules import OVERLAP
from tasks.core.scoring import statistics
from tasks.stages.requests import Request
from tests import skill
from tests.skill import NAMES, Season


def seasons(seeds: range) -> list[Season]:
    """Play a season of 26 rounds over 300 ids for each seed, two at a time."""
    requests = [
        Request(rounds=26, modellers=7, seed=seed, simulated_ids=300, simulated_days=690)
        for seed in seeds
    ]
    # Spawned, not forked: numba and LightGBM have threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        return list(pool.map(skill.season, requests))


def over_seeds(values: list[float]) -> tuple[float, float]:
    """Return the mean over independent seasons, and its error."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / len(values) ** 0.5)


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seeds", [range(20), range(100, 120)], ids=["tuned", "fresh"])
def test_skill__twenty_seasons__informed_models_beat_chance(seeds):
    played = seasons(seeds)

    random = NAMES.index("random")
    meta, meta_error = over_seeds([float(season.meta_corr.mean()) for season in played])
    print(f"\nmeta-model CORR {meta:.4f} +- {meta_error:.4f} over {len(played)} seasons")
    assert 0.02 <= meta <= 0.06
    for model, name in enumerate(NAMES[:random]):
        gains = [float((s.corr[:, model] - s.corr[:, random]).mean()) for s in played]
        gain, error = over_seeds(gains)
        print(f"{name} less random: {gain:.4f} +- {error:.4f}, {gain / error:.1f} errors")
        assert gain > 3 * error
    chance, error = over_seeds([float(season.returns[:, random].mean()) for season in played])
    print(f"random's mean return {chance:+.5f} +- {error:.5f}")
    assert abs(chance) <= 3 * error


def test_skill__one_season__has_a_score_for_every_model_and_round():
    season = skill.season(
        Request(rounds=8, modellers=7, seed=0, simulated_ids=120, simulated_days=620)
    )

    assert season.corr.shape == (8, len(NAMES))
    assert np.isfinite(season.corr).all()
    assert np.isfinite(season.returns).all()
    assert statistics.mean_of(season.meta_corr, OVERLAP).error is not None
