from dataclasses import replace

import numpy as np
import pytest

from tasks.core.data import bars, features, purge, targets
from tasks.core.data.panel import Action
from tasks.core.errors import DataError
from tests.panels import make_panel

DAY = 300


@pytest.fixture(scope="module")
def panel():
    return make_panel(n_assets=150, n_days=360)


def era_target(panel, day=DAY, horizon=20):
    cleaned = bars.clean(panel)
    era = features.era_features(cleaned, day)
    factors = targets.exposures(era, panel.sectors)
    return targets.era_target(cleaned, targets.find_exits(panel), era, factors, horizon)


def test_target__mature__has_the_five_shares(panel):
    values, counts = np.unique(era_target(panel), return_counts=True)

    assert values.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert np.allclose(counts / 150, [0.05, 0.2, 0.5, 0.2, 0.05], atol=0.01)


def test_target__last_price_beyond_the_panel__is_all_missing(panel):
    end = targets.end_day(DAY, 20)

    assert np.isfinite(era_target(panel.until(panel.dates[end]))).all()
    assert np.isnan(era_target(panel.until(panel.dates[end - 1]))).all()


def test_target__panel_cut_at_its_end__is_the_same(panel):
    cut = panel.until(panel.dates[targets.end_day(DAY, 20)])

    assert era_target(cut).tobytes() == era_target(panel).tobytes()


def test_target__prices_of_the_eras_own_lag__do_not_matter(panel):
    close = panel.close.copy()
    close[DAY + 2 : DAY + 21] *= 1.1
    moved = replace(panel, close=close)

    assert era_target(moved).tobytes() == era_target(panel).tobytes()


def test_residuals__factors_in_the_return__are_gone():
    rng = np.random.default_rng(0)
    factors = np.column_stack([np.ones(400), rng.normal(size=(400, 3))])
    own = rng.normal(size=400)

    left = targets.residuals(factors @ np.array([0.3, 2.0, -1.0, 0.5]) + own, factors)

    assert np.abs(np.corrcoef(left, factors[:, 1])[0, 1]) < 0.1
    assert np.corrcoef(left, own)[0, 1] > 0.98


def test_residuals__one_extreme_return__hardly_moves_the_others():
    rng = np.random.default_rng(1)
    factors = np.column_stack([np.ones(200), rng.normal(size=200)])
    returns = factors @ np.array([0.0, 0.5]) + rng.normal(size=200)
    extreme = returns.copy()
    extreme[np.argmax(factors[:, 1])] = 1e3

    shift = targets.residuals(extreme, factors) - targets.residuals(returns, factors)

    assert np.sort(np.abs(shift))[-2] < 0.2
    assert np.abs(shift).max() > 900


def test_exposures__small_sectors__are_pooled(panel):
    sectors = ("big",) * 120 + ("small",) * 9 + (None,) * 21
    era = features.era_features(bars.clean(panel), DAY)

    columns = targets.exposures(era, sectors)

    assert columns.shape == (150, 2 + 5)
    assert columns[:, :2].sum(axis=0).tolist() == [30, 120]


def test_forward_returns__delisted__counts_only_with_a_known_return(panel):
    close = panel.close.copy()
    close[DAY + 10 :, 4] = np.nan
    ended = replace(panel, close=close)
    known = Action(name=panel.names[4], date=panel.dates[DAY + 10], kind="delisting", value=-0.5)
    listed = replace(ended, actions=(known,))

    returns = [
        targets.forward_returns(bars.clean(p), targets.find_exits(p), np.array([4]), DAY, 20)[0]
        for p in (ended, listed)
    ]

    assert np.isnan(returns[0])
    assert returns[1] == pytest.approx(0.5 * close[DAY + 9, 4] / close[DAY + 1, 4] - 1)


def test_admissible__target_ends_at_the_predicted_era__is_the_last_that_may_be_used():
    assert purge.admissible("0100", "0100")
    assert not purge.admissible("0101", "0100")
    assert not purge.admissible(None, "0100")


def test_refit_blocks__all__learn_only_from_targets_that_had_ended():
    eras = [f"{i:04d}" for i in range(1, 121)]
    ends = [f"{i + 5:04d}" if i <= 114 else None for i in range(1, 121)]

    blocks = purge.refit_blocks(ends, eras)

    assert blocks[0][0] == 52 + 4  # the 57th era is the first with 52 admissible ones
    assert [len(block) for block in blocks] == [13, 13, 13, 13, 12]
    for block in blocks:
        learnt = purge.train_eras(ends, eras, eras[block[0]])
        assert len(learnt) >= 52
        assert max(int(ends[i]) for i in learnt) == int(eras[block[0]])


def test_choose_rounds__more_than_there_are__says_how_many():
    eras = [f"{i:04d}" for i in range(1, 71)]
    ends = [f"{i + 5:04d}" if i <= 65 else None for i in range(1, 71)]
    mature = [end is not None for end in ends]

    assert purge.choose_rounds(ends, eras, mature, 3) == ["0063", "0064", "0065"]
    assert len(purge.choose_rounds(ends, eras, mature, None)) == 9
    with pytest.raises(DataError, match=r"10 rounds need .* this panel has 9"):
        purge.choose_rounds(ends, eras, mature, 10)
