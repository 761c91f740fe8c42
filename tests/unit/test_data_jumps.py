from dataclasses import replace

import numpy as np
import pytest

from tasks.core.data import bars, features, targets
from tasks.core.data.panel import Action
from tests.panels import make_panel, scaled

DAY = 300
ASSET = 7


def kinds(panel):
    return [(j.day, j.asset, j.kind) for j in bars.clean(panel).jumps.found]


def feature(panel, day, name):
    era = features.era_features(bars.clean(panel), day)
    return era.values[name][list(era.assets).index(ASSET)]


def forward(panel, day, horizon=20):
    cleaned = bars.clean(panel)
    assets = np.array([ASSET])
    return targets.forward_returns(cleaned, targets.find_exits(panel), assets, day, horizon)[0]


@pytest.fixture(scope="module")
def panel():
    return make_panel()


@pytest.fixture(scope="module")
def spun_off(panel):
    return scaled(panel, ASSET, slice(DAY, None), 0.45)


@pytest.fixture(scope="module")
def misprinted(panel):
    return scaled(panel, ASSET, slice(DAY, DAY + 1), 0.5)


def test_find_jumps__no_event__finds_none(panel):
    assert kinds(panel) == []


def test_find_jumps__gap_that_stays__is_a_suspect(spun_off):
    assert kinds(spun_off) == [(DAY, ASSET, "suspect")]


def test_find_jumps__back_the_next_day__is_a_bad_print(misprinted):
    assert kinds(misprinted) == [(DAY, ASSET, "bad_print")]


def test_find_jumps__doubled_for_a_day__is_a_bad_print_and_no_suspect(panel):
    assert kinds(scaled(panel, ASSET, slice(DAY, DAY + 1), 2.0)) == [(DAY, ASSET, "bad_print")]


def test_find_jumps__tripled_and_then_halved__was_no_bad_print(panel):
    risen = scaled(panel, ASSET, slice(DAY, DAY + 1), 3.0)
    settled = scaled(risen, ASSET, slice(DAY + 1, None), 1.6)

    assert kinds(settled) == [(DAY + 1, ASSET, "suspect")]


def test_find_jumps__large_move_up_that_stays__is_no_jump(panel):
    risen = scaled(panel, ASSET, slice(DAY, None), 1.7)

    assert kinds(risen) == []
    assert forward(risen, DAY - 5) > 0.4
    assert feature(risen, DAY, "momentum_5") > 0.4


def test_find_jumps__real_in_the_actions__is_no_jump(spun_off):
    date = spun_off.dates[DAY]
    real = Action(name=spun_off.names[ASSET], date=date, kind="real", value=1.0)
    overruled = replace(spun_off, actions=(real,))

    assert kinds(overruled) == []
    assert forward(overruled, DAY - 5) < -0.4


def test_find_jumps__split_in_the_actions__leaves_the_return(panel):
    split = scaled(panel, ASSET, slice(DAY, None), 0.5)
    action = Action(name=panel.names[ASSET], date=panel.dates[DAY], kind="split", value=0.5)
    listed = replace(split, actions=(action,))

    assert kinds(split) != []
    assert kinds(listed) == []
    assert forward(listed, DAY - 5) == pytest.approx(forward(panel, DAY - 5))


def test_features__before_a_suspect__know_nothing_of_it(panel, spun_off):
    assert feature(spun_off, DAY - 1, "momentum_21") == feature(panel, DAY - 1, "momentum_21")


def test_features__from_a_suspect_on__are_missing_across_it(spun_off):
    assert np.isnan(feature(spun_off, DAY, "momentum_5"))
    assert np.isnan(feature(spun_off, DAY + 3, "momentum_5"))
    assert np.isfinite(feature(spun_off, DAY + 6, "momentum_5"))
    assert np.isnan(feature(spun_off, DAY + 6, "momentum_21"))


def test_features__after_a_bad_print__go_around_it(panel, misprinted):
    after = feature(misprinted, DAY + 1, "momentum_5")

    assert after == pytest.approx(feature(panel, DAY + 1, "momentum_5"))
    assert feature(misprinted, DAY + 1, "worst_day_21") > -0.3


def test_features__close_only_print__is_known_the_day_after(panel):
    close = panel.close.copy()
    close[DAY, ASSET] *= 0.5
    printed = replace(panel, close=close)

    assert feature(printed, DAY, "momentum_5") < -0.3
    assert feature(printed, DAY + 1, "worst_day_21") > -0.3


@pytest.mark.parametrize("before", [2, 10, 20])
def test_forward_returns__suspect_inside__is_missing(panel, spun_off, before):
    assert np.isfinite(forward(panel, DAY - before))
    assert np.isnan(forward(spun_off, DAY - before))


def test_forward_returns__suspect_at_entry__does_not_matter(panel, spun_off):
    assert forward(spun_off, DAY - targets.LAG) == pytest.approx(forward(panel, DAY - 1))


def test_forward_returns__bad_print_inside__is_missing(misprinted):
    assert np.isnan(forward(misprinted, DAY - 10))


def test_forward_returns__unexplained_drop_on_the_last_day__is_missing_before_it_is_known(panel):
    close = panel.close.copy()
    close[DAY, ASSET] *= 0.5
    printed = replace(panel, close=close)

    assert np.isnan(forward(printed, DAY - 11, horizon=10))
    assert np.isnan(forward(printed.until(panel.dates[DAY]), DAY - 11, horizon=10))
