"""Walking forward with a modeller's own estimator: no target that has not ended is learned from."""

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tasks.adapters.lake import Lake
from tasks.client import cross_validation, estimators
from tasks.client.cross_validation import Plan
from tasks.client.fold_data import FileData, SnapshotData
from tasks.core.data import purge
from tasks.core.errors import DataError, InputError, LakeError
from tests import snapshots

N_IDS = 30

LINEAR = """
import helper

class Linear:
    made = 0

    def __init__(self):
        Linear.made += 1

    def fit(self, X, y):
        self.seen = (X.dtype.name, X.shape)
        self.weights = helper.covariances(X, y)

    def predict(self, X):
        return X @ self.weights
"""
HELPER = """
def covariances(X, y):
    return (X - X.mean(axis=0)).T @ (y - y.mean()) / len(y)
"""


@pytest.fixture
def linear(tmp_path):
    """Give what makes a small estimator, whose file imports another one beside it."""
    (tmp_path / "helper.py").write_text(HELPER)
    return make(tmp_path, LINEAR, "Linear")


def make(tmp_path, code, name="Model"):
    path = tmp_path / "mine.py"
    path.write_text(code)
    return estimators.load(f"{path}:{name}")


def write(path, n_eras=24, ends=None, ids=N_IDS):
    """Write a file in Numerai's layout whose first feature says something of the target."""
    rng = np.random.default_rng(6)
    n_rows = n_eras * ids
    feature = rng.integers(0, 5, n_rows).astype(np.int8)
    eras = [f"{era:04d}" for era in range(1, n_eras + 1)]
    columns = {
        "id": [f"n{number:03d}" for number in range(ids)] * n_eras,
        "era": np.repeat(eras, ids),
        "feature_a": feature,
        "feature_b": rng.integers(0, 5, n_rows).astype(np.int8),
        "target": np.clip(np.round(feature + rng.normal(size=n_rows)), 0, 4) / 4,
    }
    if ends is not None:
        columns["target_end_era"] = pa.array([end for end in ends for _ in range(ids)])
    parquet.write_table(pa.table(columns), path)
    return path


def validate(data, make, n_folds=3, min_train=6):
    told = []
    plan = Plan(n_folds=n_folds, min_train=min_train, overlap=2)
    found = cross_validation.validate(data, make, "mine", plan, lambda *words: told.append(words))
    assert told[: n_folds + 1] == [("fit the folds", done, n_folds) for done in range(n_folds + 1)]
    return found


def test_end_positions__holidays__are_counted_by_dates_not_by_eras():
    # Weeks 3 and 4 had no trading: four eras after 2 comes 8, in less than four weeks 5.
    eras = ["1", "2", "5", "6", "7", "8", "10"]

    positions = purge.end_positions(eras, ["5", "6", "9", "10", "11", None, None])

    assert positions == [2, 3, 6, 6, 7, None, None]


def test_end_positions__target_that_ends_before_it_begins__is_refused():
    with pytest.raises(DataError, match="the target of era 0010 cannot end with era 0009"):
        purge.end_positions(["0009", "0010"], ["0011", "0009"])


@pytest.mark.parametrize("n_folds", [1, 3, 7])
def test_walk_forward__any_folds__never_learn_from_what_has_not_ended(n_folds):
    rng = np.random.default_rng(n_folds)
    ends = [place + int(rng.integers(1, 7)) for place in range(40)]
    ends[3] = None

    folds = purge.walk_forward(ends, n_folds, min_train=10)

    assert len(folds) == n_folds
    assert [place for fold in folds for place in fold.predicted] == list(
        range(folds[0].predicted.start, 40)
    )
    for fold in folds:
        begins = fold.predicted.start
        assert all(ends[place] <= begins for place in fold.train)
        assert all(ends[place] is None or ends[place] > begins for place in fold.purged)
        assert sorted([*fold.train, *fold.purged]) == list(range(begins))
    assert len(folds[0].train) >= 10
    sizes = [len(fold.predicted) for fold in folds]
    assert max(sizes) - min(sizes) <= 1


def test_walk_forward__first_fold__begins_as_soon_as_enough_targets_have_ended():
    folds = purge.walk_forward([place + 3 for place in range(10)], 1, min_train=4)

    assert folds == [purge.Fold(train=(0, 1, 2, 3), predicted=range(6, 10), purged=(4, 5))]


@pytest.mark.parametrize(("n_folds", "min_train"), [(5, 4), (1, 8)])
def test_walk_forward__too_few_eras__says_how_many_there_are(n_folds, min_train):
    with pytest.raises(DataError, match=r"10 eras leave [04] to predict after"):
        purge.walk_forward([place + 3 for place in range(10)], n_folds, min_train)


def test_validate__file_with_purged_eras__scores_out_of_fold(tmp_path, linear):
    data = FileData(write(tmp_path / "data.parquet"), None, (), purge_eras=2)

    found = validate(data, linear)

    first, last = found.folds[0], found.folds[-1]
    assert first.train == [f"{era:04d}" for era in range(1, 7)]
    assert first.purged == ["0007", "0008"]
    assert first.predicted[0] == "0009"
    assert last.predicted[-1] == "0024"
    assert first.n_rows == 6 * N_IDS
    assert [era.era for era in found.diagnosis.eras] == [f"{era:04d}" for era in range(9, 25)]
    assert found.diagnosis.summary("corr").mean > 0.3
    assert found.diagnosis.summary("fnc").n == 16
    assert list(found.predictions) == [era.era for era in found.diagnosis.eras]
    json.dumps(found.to_json(), allow_nan=False)


def test_validate__each_fold__has_an_estimator_of_its_own_and_the_stored_type(tmp_path, linear):
    made = []

    def counted():
        made.append(linear())
        return made[-1]

    found = validate(FileData(write(tmp_path / "data.parquet"), None, (), 2), counted)

    assert len({id(one) for one in made}) == len(made) == 3
    assert [one.seen for one in made] == [("int8", (fold.n_rows, 2)) for fold in found.folds]


def test_validate__rows_whose_target_had_not_ended__change_no_prediction(tmp_path, linear):
    ends = [f"{era + 4:04d}" for era in range(1, 25)]
    path = write(tmp_path / "data.parquet", ends=ends)
    before = validate(FileData(path, None, (), None), linear, n_folds=1)
    table, start = parquet.read_table(path), int(before.folds[0].predicted[0])
    changed = np.array(table["target"].to_numpy())
    purged = slice((start - 4) * N_IDS, None)
    changed[purged] = 1 - changed[purged]
    place = table.column_names.index("target")
    parquet.write_table(table.set_column(place, "target", pa.array(changed)), path)

    after = validate(FileData(path, None, (), None), linear, n_folds=1)

    same = [
        np.array_equal(before.predictions[era][1], after.predictions[era][1])
        for era in before.predictions
    ]
    assert before.folds[0].purged == [f"{era:04d}" for era in range(start - 3, start)]
    assert all(same)
    assert len(same) == 15


def test_validate__rows_without_a_target__are_predicted_but_not_learned_from(tmp_path, linear):
    path = write(tmp_path / "data.parquet")
    table = parquet.read_table(path)
    targets = np.array(table["target"].to_numpy())
    targets[::3] = np.nan
    place = table.column_names.index("target")
    parquet.write_table(table.set_column(place, "target", pa.array(targets)), path)

    found = validate(FileData(path, None, (), 2), linear)

    assert found.folds[0].n_rows == 6 * N_IDS * 2 // 3
    assert {len(values) for _, values in found.predictions.values()} == {N_IDS}
    assert {era.n_ids for era in found.diagnosis.eras} == {N_IDS * 2 // 3}


def test_validate__manifest_beside_the_file__tells_the_ends(tmp_path, linear):
    path = write(tmp_path / "train.parquet")
    eras = [
        {"era": f"{era:04d}", "target_end_era": {"20d1l": f"{era + 5:04d}", "5d1l": None}}
        for era in range(1, 25)
    ]
    (tmp_path / "manifest.json").write_text(json.dumps({"eras": eras}))

    found = validate(FileData(path, None, (), None), linear)

    assert len(found.folds[0].purged) == 4
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match=r"manifest.json does not tell when .* say --purge-eras N"):
        FileData(path, None, (), None)


def test_validate__snapshot__is_purged_by_its_manifest_and_scored_against_its_benchmark(
    tmp_path, linear
):
    name = snapshots.publish(tmp_path / "lake", live=205, n_eras=30)
    data = SnapshotData(Lake(tmp_path / "lake"), name, None, ())

    found = validate(data, linear, min_train=10)

    for fold in found.folds:
        begins = int(fold.predicted[0])
        assert all(int(era) + snapshots.TARGETS["20d1l"] <= begins for era in fold.train)
        assert [int(era) for era in fold.purged] == list(range(begins - 4, begins))
    # The last eras' targets have not ended as of the snapshot.
    assert found.folds[-1].predicted[-1] == "0200"
    assert found.diagnosis.summary("bmc").n == found.diagnosis.summary("corr").n
    assert found.diagnosis.summary("mmc") is None


def test_predictions_file__written__is_what_was_predicted(tmp_path, linear):
    found = validate(FileData(write(tmp_path / "data.parquet"), None, (), 2), linear)
    for suffix, reads in ((".csv", csv.read_csv), (".parquet", parquet.read_table)):
        path = tmp_path / f"predictions{suffix}"
        path.write_bytes(found.predictions_file(as_csv=suffix == ".csv"))

        table = reads(path)

        values = np.concatenate([values for _, values in found.predictions.values()])
        assert table.column_names == ["id", "era", "prediction"]
        assert np.array_equal(table["prediction"].to_numpy(), values)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"target": "60d1l"}, "no column is the target '60d1l'; it has target"),
        ({"words": ("feature_z",)}, "has no feature or set 'feature_z'"),
        ({"words": ("feature_a", "feature_a")}, "a feature is named twice"),
        ({"words": ("feature_a", "target")}, "has no feature or set 'target'"),
        ({"words": ("era",)}, "has no feature or set 'era'"),
        ({"target": "feature_a", "words": ("feature_a",)}, "has no feature or set 'feature_a'"),
        ({"purge_eras": None}, "nothing tells when a target ends: say --purge-eras N, or add"),
    ],
)
def test_file_data__what_cannot_be_meant__is_refused(tmp_path, words, message):
    path = write(tmp_path / "data.parquet")

    with pytest.raises(DataError, match=message):
        FileData(path, **({"target": None, "words": (), "purge_eras": 2} | words))


def test_file_data__feature_sets_beside_it__can_be_named(tmp_path):
    path = write(tmp_path / "data.parquet")
    (tmp_path / "features.json").write_text('{"feature_sets": {"small": ["feature_b"]}}')

    small, one = (FileData(path, "target", (word,), 2) for word in ("small", "feature_a"))

    assert (small.features, one.features) == (("feature_b",), ("feature_a",))
    with pytest.raises(DataError, match="has no feature or set 'large'; its sets are small"):
        FileData(path, "target", ("large",), 2)


@pytest.mark.parametrize("sets", ["5", '{"small": 5}', '{"small": [5]}'])
def test_file_data__feature_sets_that_are_none__are_refused(tmp_path, sets):
    path = write(tmp_path / "data.parquet")
    (tmp_path / "features.json").write_text(f'{{"feature_sets": {sets}}}')

    with pytest.raises(DataError, match=r"features.json has no sound feature_sets"):
        FileData(path, None, ("small",), 2)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (7.0, r"'target' is outside \[0, 1\] for 30 of 30 ids of era 0001, such as 'n000'"),
        (np.nan, "no era has a value in the column 'target'"),
    ],
)
def test_file_data__targets_that_cannot_be_scored_on__are_refused_before_any_fit(
    tmp_path, targets, message
):
    path = write(tmp_path / "data.parquet")
    table = parquet.read_table(path)
    place = table.column_names.index("target")
    values = pa.array(np.full(len(table), targets))
    parquet.write_table(table.set_column(place, "target", values), path)

    with pytest.raises(DataError, match=message):
        FileData(path, None, (), 2)


def test_file_data__ends_that_differ_within_an_era__are_refused(tmp_path):
    path = write(tmp_path / "data.parquet", ends=[f"{era + 4:04d}" for era in range(1, 25)])
    table = parquet.read_table(path)
    ends = table["target_end_era"].to_pylist()
    ends[1] = "0009"
    parquet.write_table(table.set_column(5, "target_end_era", pa.array(ends)), path)

    with pytest.raises(DataError, match="'target_end_era' differs within era 0001"):
        FileData(path, None, (), None)


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ({"name": "live_999"}, LakeError, "live_999"),
        ({"target": "60d1l"}, DataError, "no target '60d1l'; it has 10d1l, 20d1l, 5d1l"),
        ({"words": ("tiny",)}, DataError, "live_205 has no feature or set 'tiny'"),
    ],
)
def test_snapshot_data__what_is_not_there__is_refused(tmp_path, words, error, message):
    name = snapshots.publish(tmp_path / "lake", live=205, n_eras=8)

    with pytest.raises(error, match=message):
        SnapshotData(
            Lake(tmp_path / "lake"), **({"name": name, "target": None, "words": ()} | words)
        )


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def Model(:", r"mine.py:1: SyntaxError"),
        ("import nowhere_to_be_found", r"mine.py:1: ModuleNotFoundError"),
        ("Other = 1", "has no class or function 'Model'"),
        ("Model = dict", "has no method 'fit'"),
        ("def Model():\n    return 1 / 0", r"mine.py:2: ZeroDivisionError: division by zero"),
        (
            "class Model:\n  def fit(self, X, y):\n    pass\n  def predict(self, X):\n    return X",
            r"predict returned the shape \(30, 2\) for 30 rows",
        ),
        (
            "class Model:\n  def fit(self, X, y):\n    raise KeyError('k')\n"
            "  def predict(self, X): ...",
            r"fit failed: .*mine.py:3: KeyError: 'k'",
        ),
        (
            "import numpy\nclass Model:\n  def fit(self, X, y):\n    pass\n"
            "  def predict(self, X):\n    return numpy.full((30, 1), numpy.nan)",
            "30 of 30 values that are not finite",
        ),
        (
            "class Model:\n  def fit(self, X, y):\n    raise SystemExit(0)\n"
            "  def predict(self, X): ...",
            r"fit failed: .*mine.py:3: SystemExit: 0",
        ),
        (
            "class Model:\n  def fit(self, X, y):\n    pass\n"
            "  def predict(self, X):\n    return X[:, 0] * 1j",
            "predict returned complex128: needs one number a row",
        ),
        (
            "class Model:\n  def fit(self, X, y):\n    pass\n"
            "  def predict(self, X):\n    return ['up'] * len(X)",
            "predict returned list: needs one number a row",
        ),
    ],
)
def test_estimator__that_fails__is_told_with_its_place_in_one_line(tmp_path, code, message):
    data = FileData(write(tmp_path / "data.parquet"), None, (), 2)

    with pytest.raises(InputError, match=message) as refused:
        validate(data, make(tmp_path, code))

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("reference", ["mine.py", "none.py:Model", "mine.py:", "data.txt:Model"])
def test_estimator__reference_to_nothing__is_refused(tmp_path, monkeypatch, reference):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("Model = 1")
    (tmp_path / "data.txt").write_text("Model = 1")

    with pytest.raises(InputError, match="--estimator"):
        estimators.load(reference)
