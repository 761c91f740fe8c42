"""Nothing that a round uses was known only later: not its data, its models, its meta-model."""

import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa
import pytest

from tasks.adapters import tables
from tasks.client.data import Dataset
from tasks.core.data.panel import FIELDS
from tasks.core.data.targets import HORIZONS
from tasks.core.money.units import RoundId
from tasks.core.protocol import places
from tasks.modellers import fitting
from tasks.stages import ingest, opening, replay
from tasks.stages.requests import Request
from tests import tournaments
from tests.tournaments import SMALL

_DELAY_DAYS = 1


@pytest.fixture(scope="session")
def panel():
    """Give the prices that the session's tournament is played on."""
    return ingest.load_panel(SMALL)


@pytest.fixture(scope="session")
def calendar(played, panel):
    """Give each era's row among the panel's dates."""
    days = {str(date): day for day, date in enumerate(panel.dates)}
    return {entry.name: days[entry.date] for entry in played.tournament.dataset.eras}


def ends_by(panel, calendar, era, target, predicted):
    """Say by dates whether an era's target had its last price on the predicted era's date."""
    last = calendar[era] + _DELAY_DAYS + HORIZONS[target]
    return last < len(panel.dates) and panel.dates[last] <= panel.dates[calendar[predicted]]


def known_at_close(panel, closes_on):
    """Return the panel at 13:00 of a day: that day is one of trading, its prices are to come."""
    cut = panel.until(panel.dates[closes_on])
    values = {field: getattr(cut, field).copy() for field in FIELDS}
    for array in values.values():
        array[-1] = np.nan
    return dataclasses.replace(cut, **values)


def write_panel(panel, folder):
    """Write a panel as the files that `--prices` reads."""
    n_days, n_assets = panel.close.shape
    columns = {
        "date": np.repeat(panel.dates, n_assets),
        "Name": pa.array(np.tile(np.array(panel.names), n_days), pa.string()),
    }
    columns |= {field: getattr(panel, field).ravel() for field in FIELDS}
    sectors = {"Symbol": list(panel.names), "Sector": list(panel.sectors)}
    actions = {
        "date": np.array([action.date for action in panel.actions], dtype="datetime64[D]"),
        "Name": [action.name for action in panel.actions],
        "kind": [action.kind for action in panel.actions],
        "value": [action.value for action in panel.actions],
    }
    folder.mkdir()
    for name, content in {"prices": columns, "sectors": sectors, "actions": actions}.items():
        (folder / f"{name}.parquet").write_bytes(tables.table_bytes(tables.table(content)))
    return folder


def test_meta_model__everything_after_the_close_deleted__is_the_same(
    played, panel, calendar, tmp_path
):
    rounds = played.rounds
    day = calendar[f"{rounds[-1]:04d}"]
    prices = write_panel(known_at_close(panel, day + 1), tmp_path / "prices")
    request = Request(**SMALL.arguments() | {"prices": str(prices)})

    with tournaments.founded(tmp_path / "home", request) as cut:
        steps: dict[str, Callable[[RoundId], None]] = {
            "open": partial(opening.open_round, cut.opened),
            "enter": cut.enter,
            "close": cut.close,
        }
        events = [e for e in replay.schedule(cut.dataset, rounds) if e.step in steps]
        replay.drive(events, cut.advance, steps)

    full = played.tournament.opened.lake
    assert max(int(era) for era in cut.dataset.playable) < rounds[0]
    for round_id in rounds:
        for name in ("open", "book"):
            document = f"rounds/{round_id}/{name}"
            assert cut.opened.lake.document(document) == full.document(document)


def test_live_snapshots__targets__are_those_that_had_ended_by_dates(played, panel, calendar):
    lake = played.tournament.opened.lake

    for round_id in played.rounds:
        live = f"{round_id:04d}"
        for era in lake.load(places.manifest(places.live_snapshot(round_id))).eras[:-1]:
            published = tables.read_table(lake.read(era.targets))
            for target in HORIZONS:
                there = np.isfinite(published[f"target_{target}"].to_numpy()).any()
                assert there == ends_by(panel, calendar, era.name, target, live), (era, target)


def test_benchmarks__what_each_fit_learned__had_ended_by_the_first_era_predicted(
    ingested, played, panel, calendar
):
    entries = played.tournament.dataset.eras
    names = [entry.name for entry in entries]
    starts = np.cumsum([0, *[entry.n_ids for entry in entries]])
    fits = ingested.executed.items["benchmarks"]

    for fit in fits:
        target = list(HORIZONS)[fit.column]
        predicted = names[int(np.searchsorted(starts, fit.start))]
        learned = names[: int(np.searchsorted(starts, fit.train_stop))]
        ended = [era for era in names if ends_by(panel, calendar, era, target, predicted)]
        assert starts[len(learned)] == fit.train_stop
        # Every row that may be used is, so the purge takes no more than it must.
        assert learned == ended
    assert len(fits) >= 2 * len(HORIZONS)


def test_modellers__what_each_fit_learned__had_ended_by_the_first_era_predicted(
    played, panel, calendar, tmp_path
):
    first, last = played.rounds[0], played.rounds[-1]
    fitted = [spec for spec in played.tournament.specs if spec.kind in ("linear", "lightgbm")]

    for spec in fitted:
        learned: list[tuple] = []

        def fit(features, targets, learned=learned):
            learned.append((features, targets))
            return b"model"

        for round_id in (first, last):
            dataset = Dataset.open(played.tournament.opened.lake, f"live_{round_id}")
            fitting.fitted(spec, dataset, tmp_path / spec.name, fit)

        # The second round is in the block that the first one's fit predicts.
        ((features, targets),) = learned
        target, predicted = spec.training.target, f"{first:04d}"
        eras = [
            era
            for era in dataset.eras
            if era != dataset.live.name and ends_by(panel, calendar, era, target, predicted)
        ]
        expected = np.concatenate([dataset.targets(era)[target] for era in eras])
        np.testing.assert_array_equal(targets, expected[np.isfinite(expected)])
        assert len(features) == len(targets) > 0
    assert {spec.training.target for spec in fitted} == {"20d1l"}


@pytest.mark.parametrize("target", HORIZONS)
def test_training_eras__any_target__end_by_the_era_predicted(played, panel, calendar, target):
    for round_id in played.rounds:
        dataset = Dataset.open(played.tournament.opened.lake, f"live_{round_id}")

        eras = dataset.training_eras(target, dataset.live.name)

        assert eras == [
            era
            for era in list(dataset.eras)[:-1]
            if ends_by(panel, calendar, era, target, dataset.live.name)
        ]
