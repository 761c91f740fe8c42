from dataclasses import replace

import numpy as np
import pytest

from tasks.adapters import tables
from tasks.adapters.executors import SerialExecutor
from tasks.adapters.lake import Lake
from tasks.core.data import purge
from tasks.core.errors import DataError, LakeError
from tasks.core.protocol import places
from tasks.stages import benchmarks, dataset, ingest, publishing
from tests.panels import Source

KEY = bytes(range(32))


class Stores:
    """A vault and a lake with two rounds' data set and its snapshots."""

    def __init__(self, root):
        self.vault, self.lake = Lake(root / "vault"), Lake(root / "lake")
        ingest.ingest(self.vault, self.lake, Source(), SerialExecutor(), KEY)
        self.dataset = dataset.newest(self.vault)
        self.rounds = self.dataset.playable[-2:]
        for era in self.rounds:
            self.publish(f"live_{int(era)}", as_of_era=era, live_era=era)
        last = self.dataset.eras[-1].name
        blend = {self.rounds[0]: (["n1", "n2"], np.array([0.25, 0.75]))}
        self.publish("s0001", as_of_era=last, files=True, meta_model=blend)

    def publish(self, name, **arguments):
        publishing.publish_snapshot(self.lake, self.vault, name, **arguments)

    def manifest(self, name):
        return self.lake.load(places.manifest(name))

    def read(self, ref):
        return tables.read_table(self.lake.read(ref))

    def era(self, entry):
        return tables.read_table(self.vault.read(entry.object))


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    return Stores(tmp_path_factory.mktemp("ingest"))


def test_ingest__again_elsewhere__gives_the_same_bytes(stores, tmp_path):
    other = Stores(tmp_path)

    for store, twin in ((stores.lake, other.lake), (stores.vault, other.vault)):
        files = sorted(p.relative_to(store.root) for p in store.root.rglob("*") if p.is_file())
        assert files == sorted(
            p.relative_to(twin.root) for p in twin.root.rglob("*") if p.is_file()
        )
        for file in files:
            assert (store.root / file).read_bytes() == (twin.root / file).read_bytes(), file


def test_ingest__done_already__reads_nothing(stores):
    absent = Source(prices="/nowhere")

    ingest.ingest(stores.vault, stores.lake, absent, SerialExecutor(), KEY)

    assert dataset.newest(stores.vault) == stores.dataset


def test_ingest__too_small__publishes_nothing(tmp_path):
    vault, lake = Lake(tmp_path / "vault"), Lake(tmp_path / "lake")

    with pytest.raises(DataError, match=r"too few dates: the panel has 400, at least \d+"):
        ingest.ingest(vault, lake, Source(simulated_days=400), SerialExecutor(), KEY)
    with pytest.raises(DataError, match="too few assets: the panel has 60, at least 100"):
        ingest.check_source(Source(simulated_ids=60))

    assert not lake.root.exists()
    assert dataset.find(vault) is None


def test_dataset__eras__are_sorted_by_id_and_complete(stores):
    entry = stores.dataset.eras[10]
    era = stores.era(entry)

    ids = era["id"].to_pylist()
    assert ids == sorted(ids)
    assert len(ids) == entry.n_ids >= 100
    expected = ["asset", "id", *stores.dataset.features]
    expected += [*stores.dataset.targets, *stores.dataset.benchmarks]
    assert era.column_names == expected
    assert str(era[stores.dataset.features[0]].type) == "int8"
    assert str(era["benchmark"].type) == "double"


def test_dataset__playable__have_times_targets_and_benchmarks(stores):
    entries = {entry.name: entry for entry in stores.dataset.eras}

    for era in stores.dataset.playable:
        entry = entries[era]
        assert entry.mature
        assert entry.benchmarked
        assert entry.times.opens < entry.times.closes < entry.times.book_by
        assert np.isfinite(stores.era(entry)["benchmark"].to_numpy()).all()
    assert not stores.dataset.eras[-1].mature


def test_benchmarks__plan__never_learns_from_a_target_that_ends_later(stores):
    eras = [entry.name for entry in stores.dataset.eras]
    ends = {
        name: [entry.target_end_era[name] for entry in stores.dataset.eras]
        for name in ("20d1l", "10d1l", "5d1l")
    }
    starts = list(range(len(eras) + 1))
    matrix = benchmarks.Matrix(features="", targets="", eras=eras, starts=starts, ends=ends)

    for fit in benchmarks.plan(matrix):
        name = ("20d1l", "10d1l", "5d1l")[fit.column]
        last = ends[name][fit.train_stop - 1]
        assert purge.admissible(last, eras[fit.start])
        assert not purge.admissible(ends[name][fit.train_stop], eras[fit.start])


def test_live_snapshot__as_of_its_era__shows_no_later_target(stores):
    era = stores.rounds[0]
    manifest = stores.manifest(f"live_{int(era)}")

    for entry in manifest.eras[:-1]:
        assert int(entry.name) < int(era)
        content = stores.read(entry.targets)
        for name, end in entry.target_end_era.items():
            known = np.isfinite(content[f"target_{name}"].to_numpy())
            assert end is None or int(end) <= int(era)
            assert known.mean() > 0.9 if end else not known.any()


def test_live_snapshot__live_era__is_last_without_targets(stores):
    era = stores.rounds[1]
    manifest = stores.manifest(f"live_{int(era)}")
    live = manifest.eras[-1]

    assert (live.name, live.data_type, live.targets) == (era, "live", None)
    assert manifest.live_era == era
    assert manifest.files is None
    content = stores.read(live.features)
    assert content.column_names == ["id", "era", "data_type", *stores.dataset.features]
    assert set(content["data_type"].to_pylist()) == {"live"}
    assert stores.read(live.benchmarks)["id"] == content["id"]


def test_live_snapshot__validation__is_the_26_eras_before_the_first_round(stores):
    manifest = stores.manifest(f"live_{int(stores.rounds[0])}")
    validation = [e.name for e in manifest.eras if e.data_type == "validation"]

    assert len(validation) == 26
    assert int(validation[-1]) == int(stores.rounds[0]) - 1


def test_snapshot__built_without_an_earlier_one__has_the_same_objects(stores, tmp_path):
    fresh = Lake(tmp_path)
    era = stores.rounds[1]
    ingest.publish_version(fresh, stores.dataset.features, KEY)

    publishing.publish_snapshot(fresh, stores.vault, "other", as_of_era=era, live_era=era)

    assert fresh.load(places.manifest("other")).eras == stores.manifest(f"live_{int(era)}").eras


def test_single_files__newest_snapshot__have_numerais_layout(stores):
    files = stores.manifest("s0001").files
    folder = stores.lake.root / "versions" / "v1" / "s0001"

    assert {"train.parquet", "validation.parquet", "features.json"} <= set(files)
    for name, facts in files.items():
        assert (folder / name).stat().st_size == facts.size
    train = tables.read_path(folder / "train.parquet")
    assert train.num_rows == files["train.parquet"].rows
    assert train.column_names[:3] == ["id", "era", "data_type"]
    target, main = train["target"].to_numpy(), train["target_20d1l"].to_numpy()
    assert np.array_equal(target, main, equal_nan=True)
    assert np.isfinite(target).mean() > 0.9
    meta_model = tables.read_path(folder / "meta_model.parquet")
    assert meta_model["meta_model"].to_pylist() == [0.25, 0.75]
    sets = stores.lake.document("versions/v1/s0001/features")["feature_sets"]
    assert (
        len(sets["small"]) < len(sets["medium"]) < len(sets["all"]) == len(stores.dataset.features)
    )


def test_single_files__with_a_live_era__have_its_example(stores):
    era = stores.rounds[1]
    stores.publish("s0002", as_of_era=era, live_era=era, files=True)

    folder = stores.lake.root / "versions" / "v1" / "s0002"
    live = tables.read_path(folder / "live.parquet")
    example = tables.read_path(folder / "live_example_preds.parquet")

    assert example.column_names == ["id", "prediction"]
    assert example["id"] == live["id"]
    assert "target" not in live.column_names
    assert 0 < min(example["prediction"].to_pylist()) < max(example["prediction"].to_pylist()) < 1


def test_publish_snapshot__unknown_or_past_live_era__is_refused(stores):
    era = stores.rounds[0]

    with pytest.raises(DataError, match="era 9999 is not in the data set"):
        stores.publish("bad", as_of_era="9999")
    with pytest.raises(DataError, match="lies before the snapshot's era"):
        stores.publish("bad", as_of_era=stores.rounds[1], live_era=era)


def test_read_table__no_parquet_or_a_missing_column__is_a_lake_error(stores):
    content = tables.table_bytes(tables.table({"id": ["a"]}))

    assert tables.read_table(content, ["id"]).num_rows == 1
    with pytest.raises(LakeError, match="no column 'b'"):
        tables.read_table(content, ["b"])
    with pytest.raises(LakeError, match="not a Parquet table"):
        tables.read_table(b"PAR1")


def test_ingest__target_ends_after_its_round_resolves__is_refused_before_anything_is_written(
    tmp_path, monkeypatch
):
    panel = ingest.load_panel(Source())
    # Two weeks without a trading day, among the days of the last rounds' targets.
    dates = panel.dates.copy()
    dates[-10:] += np.timedelta64(14, "D")
    monkeypatch.setattr(ingest, "load_panel", lambda source: replace(panel, dates=dates))
    vault, lake = Lake(tmp_path / "vault"), Lake(tmp_path / "lake")

    with pytest.raises(DataError, match="rounds resolve after 36 days"):
        ingest.ingest(vault, lake, Source(), SerialExecutor(), KEY)
    assert not vault.root.exists()
    assert not lake.root.exists()
