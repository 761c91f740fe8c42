from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tasks.core.data import bars, calendar, features, ranking, windows
from tests.panels import make_panel


@pytest.fixture(scope="module")
def panel():
    events: dict[str, Any] = {
        "missing_days": 40,
        "delisted_share": 0.05,
        "splits": 3,
        "spin_offs": 2,
    }
    return make_panel(n_assets=120, n_days=420, **events)


def test_features__at_least_thirty__have_five_even_bins(panel):
    era = features.era_features(bars.clean(panel), 400)
    bins = era.bins()

    assert len(era.values) >= 30
    assert bins.dtype == np.int8
    shares = [(bins == value).mean() for value in range(5)]
    assert set(np.unique(bins)) == {0, 1, 2, 3, 4}
    assert min(shares) > 0.17


def test_features__hand_worked__agree():
    panel = make_panel()
    era = features.era_features(bars.clean(panel), 300)
    close = panel.close[:, era.assets[3]]
    moves = close[49:301] / close[48:300] - 1

    assert era.values["momentum_21"][3] == pytest.approx(close[300] / close[279] - 1)
    assert era.values["momentum_252_skip_21"][3] == pytest.approx(close[279] / close[48] - 1)
    assert era.values["volatility_252"][3] == pytest.approx(moves.std())
    assert era.values["drawdown_252"][3] == pytest.approx(close[300] / close[48:301].max() - 1)
    assert era.values["skew_63"][3] == pytest.approx(
        ((moves[-63:] - moves[-63:].mean()) ** 3).mean() / moves[-63:].std() ** 3
    )


def test_features__panel_cut_after_the_era__are_the_same_bytes(panel):
    cleaned = bars.clean(panel)
    late = replace(panel, close=panel.close.copy())
    late.close[:410, ::7] = np.nan  # these assets are unknown to a panel that is cut before
    for whole, day in ((panel, 252), (panel, 301), (panel, 377), (late, 380)):
        cleaned = bars.clean(whole)
        cut = bars.clean(whole.until(whole.dates[day]))

        full, short = (features.era_features(b, day) for b in (cleaned, cut))

        names = [[b.names[i] for i in e.assets] for b, e in ((cleaned, full), (cut, short))]
        assert names[0] == names[1]
        assert len(cut.names) < len(cleaned.names) or whole is panel
        for name, values in full.values.items():
            assert values.tobytes() == short.values[name].tobytes(), name
        assert full.bins().tobytes() == short.bins().tobytes()


def test_universe__too_short_a_history__leaves_the_asset_out(panel):
    close = panel.close.copy()
    close[:200, 0] = np.nan
    close[:300, 1] = np.nan
    cleaned = bars.clean(replace(panel, close=close))

    assert 0 in bars.universe(cleaned, 400)
    assert 1 not in bars.universe(cleaned, 400)


def test_feature_bins__missing_values__fall_into_the_middle():
    assert ranking.feature_bins(np.array([np.nan, 1, 2, 3, 4, 5.0])).tolist() == [2, 0, 1, 2, 3, 4]


def test_feature_bins__values_that_differ_by_rounding__share_a_bin():
    values = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    noisy = values.copy()
    noisy[1] = noisy[2] - 1e-13

    ranks = ranking.uniform_ranks(noisy)

    assert ranks[1] == ranks[2]
    assert ranking.uniform_ranks(values)[1] != ranking.uniform_ranks(values)[2]


def test_feature_bins__constant_column__is_all_middle():
    assert set(ranking.feature_bins(np.full(50, 0.1)).tolist()) == {2}


def test_window_mean__under_two_thirds_present__is_missing():
    values = np.array([[1.0, 1.0], [np.nan, 2.0], [np.nan, np.nan]])

    means = windows.mean(values)

    assert np.isnan(means[0])
    assert means[1] == 1.5


def test_find_eras__holiday_week__takes_the_last_trading_day():
    dates = np.array(
        ["2014-04-14", "2014-04-17", "2014-04-21", "2014-04-25", "2014-04-28"],
        dtype="datetime64[D]",
    )

    eras = calendar.find_eras(dates)

    assert [(era.name, str(era.date)) for era in eras] == [
        ("0001", "2014-04-17"),
        ("0002", "2014-04-25"),
    ]


def test_find_eras__across_new_year__keeps_one_iso_week():
    dates = np.array(["2014-12-29", "2014-12-31", "2015-01-02", "2015-01-05"], dtype="M8[D]")

    assert [str(era.date) for era in calendar.find_eras(dates)] == ["2015-01-02"]


def test_round_times__friday__closes_after_the_weekend():
    dates = np.array(["2016-05-20", "2016-05-23"], dtype="datetime64[D]")

    times = calendar.round_times(dates, 0)

    assert times.opens == 1463781600  # 2016-05-20 22:00 UTC
    assert times.closes == 1464008400  # 2016-05-23 13:00 UTC
    assert times.book_by - times.closes == 6 * 3600
    assert times.resolves - times.opens == 36 * 86400
    assert calendar.round_times(dates, 1) is None
