import numpy as np
import pytest

from tasks.core.data import bars, features, panel, simulator, targets
from tasks.core.data.simulator import SimulatorSettings
from tasks.core.errors import DataError
from tests.panels import make_panel


def simulate(seed, **settings):
    return simulator.simulate(np.random.default_rng(seed), SimulatorSettings(**settings))


def test_simulate__same_seed__same_panel():
    first, again, other = (simulate(seed, n_assets=40, n_days=300) for seed in (3, 3, 4))

    assert panel.digest(first) == panel.digest(again)
    assert panel.digest(first) != panel.digest(other)


def test_simulate__events__are_those_that_were_asked_for():
    market = simulate(1, n_assets=200, n_days=500)

    closes = np.isfinite(market.close)
    ended = np.flatnonzero(~closes[-1])
    holes = sum(
        (~closes[: np.flatnonzero(column)[-1], i]).sum() for i, column in enumerate(closes.T)
    )
    suspects = [j for j in bars.clean(market).jumps.found if j.kind == "suspect"]

    assert ended.size == 4
    assert holes in (7, 8)  # one may fall behind a delisting or onto another
    assert sorted(a.kind for a in market.actions if a.kind == "split") == ["split"] * 3
    assert [a.kind for a in market.actions].count("delisting") == 2
    assert len(suspects) == 1


def test_simulate__bars__are_consistent():
    market = make_panel(n_assets=50, n_days=300)

    assert (market.high >= np.maximum(market.open, market.close)).all()
    assert (market.low <= np.minimum(market.open, market.close)).all()
    assert (market.volume > 0).all()
    daily = np.diff(np.log(market.close), axis=0)
    assert 0.008 < daily.std() < 0.04


@pytest.mark.parametrize(("ic", "low", "high"), [(0.05, 0.03, 0.075), (0.0, -0.015, 0.015)])
def test_simulate__signal__correlates_with_the_target_as_set(ic, low, high):
    found = []
    for seed in (0, 1):
        market = make_panel(n_assets=400, n_days=620, seed=seed, signal_ic=ic)
        cleaned, exits = bars.clean(market), targets.find_exits(market)
        for day in range(255, 595, 17):
            era = features.era_features(cleaned, day)
            factors = targets.exposures(era, market.sectors)
            target = targets.era_target(cleaned, exits, era, factors, 20)
            measures = ("turnover_trend_5_63", "night_minus_day_21", "momentum_5")
            signal = simulator.mix(*(era.values[name] for name in measures))
            found.append(np.corrcoef(signal, target)[0, 1])

    assert low < np.mean(found) < high


def test_simulator_settings__too_few_days__are_refused():
    with pytest.raises(DataError, match="252 days"):
        SimulatorSettings(n_days=100)
