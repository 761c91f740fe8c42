import numpy as np
import pytest

from tasks.adapters import tables
from tasks.adapters.lake import Lake
from tasks.client.data import Dataset
from tasks.core.errors import DataError, LakeError
from tests import snapshots

LIVE = 200


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    snapshots.publish(root, LIVE)
    return Lake(root)


@pytest.fixture
def dataset(lake):
    return Dataset.open(lake, f"live_{LIVE}")


def test_dataset__an_era__has_rows_in_the_order_of_the_ids(dataset):
    ids, bins, targets = snapshots.make_era(150, 60, 8)

    assert dataset.ids("0150") == ids == sorted(ids)
    assert np.array_equal(dataset.features("0150"), bins)
    assert np.array_equal(dataset.targets("0150")["10d1l"], targets["10d1l"])
    assert set(dataset.benchmarks("0150")) == {"benchmark"}
    assert dataset.feature_names == [f"feature_{i:02d}" for i in range(8)]


@pytest.mark.parametrize(("target", "last"), [("20d1l", 185), ("10d1l", 187), ("5d1l", 188)])
def test_training_eras__first_predicted_era__purges_what_ends_after_it(dataset, target, last):
    eras = dataset.training_eras(target, "0190")

    assert eras == [f"{number:04d}" for number in range(LIVE - 70, last + 1)]
    assert all(int(dataset.eras[era].target_end_era[target]) <= 190 for era in eras)


def test_training_eras__target_without_an_end__is_left_out(lake):
    document = lake.document(f"versions/v1/live_{LIVE}/manifest")
    document["eras"][3]["target_end_era"]["20d1l"] = None
    lake.publish("versions/v1/unknown_end/manifest", document)

    eras = Dataset.open(lake, "unknown_end").training_eras("20d1l", "0190")

    assert document["eras"][3]["era"] not in eras


def test_training_rows__immature_rows__are_left_out(dataset):
    # 0196's own 20-day target has not ended in this snapshot, its 5-day one has.
    features, targets = dataset.training_rows("20d1l", ["0150", "0196"], [0, 2])

    assert np.array_equal(features, dataset.features("0150")[:, [0, 2]])
    assert np.array_equal(targets, dataset.targets("0150")["20d1l"])
    with pytest.raises(DataError, match="no row of 1 eras"):
        dataset.training_rows("20d1l", ["0196"], [0])


def test_dataset__rows__cannot_be_changed(dataset):
    with pytest.raises(ValueError, match="read-only"):
        dataset.features("0150")[0, 0] = 1


def test_targets__live_era__has_none_yet(dataset):
    with pytest.raises(DataError, match="era 0200 of live_200 has no targets yet"):
        dataset.targets("0200")


def test_dataset__unknown_era_or_snapshot__is_refused(dataset, lake):
    with pytest.raises(DataError, match="has no era 0999"):
        dataset.features("0999")
    with pytest.raises(LakeError, match="is not published"):
        Dataset.open(lake, "live_999")


def test_dataset__manifest_without_eras__is_refused(lake):
    lake.publish("versions/v1/broken/manifest", {"eras": [{"era": "0001"}]})

    with pytest.raises(LakeError, match="versions/v1/broken/manifest: "):
        Dataset.open(lake, "broken")


def test_targets__of_other_ids__are_refused(lake):
    document = lake.document(f"versions/v1/live_{LIVE}/manifest")
    other = tables.table({"id": ["x", "y"], "target_20d1l": [0.0, 1.0]})
    document["eras"][5]["targets"] = lake.put(tables.table_bytes(other), ".parquet").to_document()
    lake.publish("versions/v1/misaligned/manifest", document)

    with pytest.raises(LakeError, match="other ids than its era's features"):
        Dataset.open(lake, "misaligned").targets(document["eras"][5]["era"])


def test_live__snapshot_without_a_live_era__is_refused(lake):
    document = lake.document(f"versions/v1/live_{LIVE}/manifest")
    document["eras"].pop()
    lake.publish("versions/v1/s0001/manifest", document)

    with pytest.raises(DataError, match="no live era"):
        _ = Dataset.open(lake, "s0001").live
