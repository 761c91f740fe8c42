"""The cumulative plot: valid, small, and the same bytes each time."""

from xml.etree import ElementTree

import numpy as np
import pytest

from tasks.adapters import plots, round_plots
from tasks.core.errors import DataError


def make_plot(n_rounds, n_models):
    rng = np.random.default_rng(0)
    models = {f"lgbm-{i:02d}": rng.normal(0.02, 0.05, n_rounds) for i in range(n_models)}
    models["lgbm-00"][:1] = np.nan
    bands = [
        plots.Band(
            name=name, values=rng.normal(0.02, 0.03, n_rounds), errors=np.full(n_rounds, 0.1)
        )
        for name in ("meta-model", "benchmark")
    ]
    return plots.cumulative_corr(range(100, 100 + n_rounds), models, bands)


@pytest.mark.parametrize(("n_rounds", "n_models"), [(1, 1), (12, 13), (96, 30)])
def test_cumulative_corr__any_size__is_a_small_svg_that_names_each_model(n_rounds, n_models):
    svg = make_plot(n_rounds, n_models)

    texts = {"".join(node.itertext()) for node in ElementTree.fromstring(svg).iter()}
    assert {f"lgbm-{i:02d}" for i in range(n_models)} < texts
    assert {"meta-model, with one error", "benchmark, with one error"} < texts
    assert len(svg.encode()) < 150_000


def test_cumulative_corr__drawn_twice__has_the_same_bytes():
    assert make_plot(12, 13) == make_plot(12, 13)


def test_cumulative_corr__no_rounds__is_refused():
    with pytest.raises(DataError, match="at least 1"):
        make_plot(0, 2)


@pytest.mark.parametrize("n_models", [1, 40, 5_000])
def test_distributions__any_number_of_models__is_a_small_svg_of_each_score(n_models):
    rng = np.random.default_rng(0)
    scores = {name: rng.normal(0.0, 0.05, n_models) for name in ("CORR", "MMC")}

    svg = round_plots.distributions(scores, "round 7")

    texts = {"".join(node.itertext()) for node in ElementTree.fromstring(svg).iter()}
    what = "models" if n_models > 40 else "a point a model"
    assert {"CORR", "MMC", "round 7", what} < texts
    assert len(svg.encode()) < 150_000


def test_tokens__amounts_of_rounds__name_their_unit():
    amounts = {name: np.array([1.0, 2.0]) for name in ("at risk", "payout", "burn")}

    svg = round_plots.tokens([7, 9], amounts)

    texts = {"".join(node.itertext()) for node in ElementTree.fromstring(svg).iter()}
    assert {"at risk (ERA)", "payout up, burn down (ERA)", "round"} < texts
    assert svg == round_plots.tokens([7, 9], amounts)


def test_round_plots__nothing_to_draw__are_refused():
    with pytest.raises(DataError, match="at least one score"):
        round_plots.distributions({"CORR": np.array([])}, "round 7")
    with pytest.raises(DataError, match="at least 1"):
        round_plots.tokens([], {"burn": np.array([])})
