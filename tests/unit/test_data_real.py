import os
from pathlib import Path

import numpy as np
import pytest

from tasks.adapters import panels
from tasks.core.data import bars, defects, features, targets

FOLDER = os.environ.get("ERARIUM_TEST_DATA")
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="ERARIUM_TEST_DATA names no folder with the real prices"
)


@pytest.fixture(scope="module")
def panel():
    return panels.read_panel(Path(FOLDER) / "prices")


def reported(panel, kind):
    return {(d.asset, d.date) for d in defects.find_defects(panel) if d.kind == kind}


def test_real_panel__known_defects__are_all_reported(panel):
    counts = defects.count_kinds(defects.find_defects(panel))

    late = {asset for asset, _ in reported(panel, "late_start")}
    assert {"GOOG", "KHC", "PYPL", "QRVO", "HPE", "NAVI", "SYF"} <= late
    assert {a for a, _ in reported(panel, "missing_day")} == {"BMY", "DHR", "ICE", "O", "ORCL"}
    assert counts["null_price"] == 8
    assert counts["high_below_low"] == 1
    assert counts["zero_volume"] == 3
    assert counts["outside_range"] == 12
    assert counts["sectors_not_point_in_time"] == 1
    assert reported(panel, "bad_print") == {("LNT", "2016-05-19")}
    assert reported(panel, "suspect") == {
        ("EBAY", "2015-07-20"),
        ("BAX", "2015-07-01"),
        ("DISCA", "2014-08-07"),
        ("DISCK", "2014-08-07"),
        ("NI", "2015-07-02"),
    }


@pytest.mark.parametrize(("name", "date"), [("VRTX", "2014-06-24"), ("AMD", "2016-04-22")])
def test_real_panel__moves_up_of_half_the_price__stay_in_the_targets(panel, name, date):
    cleaned = bars.clean(panel)
    day = int(np.searchsorted(panel.dates, np.datetime64(date)))
    asset = np.array([panel.names.index(name)])

    returns = targets.forward_returns(cleaned, targets.find_exits(panel), asset, day - 3, 5)

    assert returns[0] > 0.3


@pytest.mark.parametrize("day", [256, 400, 603, 826, 1004])
def test_real_panel__cut_at_an_era__gives_the_same_feature_bytes(panel, day):
    whole, cut = (bars.clean(p) for p in (panel, panel.until(panel.dates[day])))

    full, short = (features.era_features(b, day) for b in (whole, cut))

    assert full.bins().tobytes() == short.bins().tobytes()
    for name, values in full.values.items():
        assert values.tobytes() == short.values[name].tobytes(), name


@pytest.mark.parametrize("day", [380, 600, 815])
def test_real_panel__cut_at_a_targets_end__gives_the_same_target(panel, day):
    found = []
    for p in (panel, panel.until(panel.dates[targets.end_day(day, 20)])):
        cleaned = bars.clean(p)
        era = features.era_features(cleaned, day)
        factors = targets.exposures(era, p.sectors)
        found.append(targets.era_target(cleaned, targets.find_exits(p), era, factors, 20))

    assert found[0].tobytes() == found[1].tobytes()
