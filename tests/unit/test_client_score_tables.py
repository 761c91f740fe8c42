"""The tables of a scoring: files of any kind, rows in any order, one order of ids."""

import datetime

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet

from tasks.client import score_sources
from tasks.client.score_tables import Tables
from tasks.core.errors import DataError, SubmissionError

ERAS, IDS = ("0009", "0010"), ("007", "b", "C", "ä")


def make_columns(eras=ERAS, ids=IDS):
    """Return the columns of a file that plays every part; the same ids in every era."""
    rng = np.random.default_rng(0)
    n_rows = len(eras) * len(ids)
    return {
        "id": list(ids) * len(eras),
        "era": [era for era in eras for _ in ids],
        "first": rng.normal(size=n_rows),
        "second": rng.normal(size=n_rows),
        "target": rng.integers(0, 5, n_rows) / 4,
        "meta": rng.random(n_rows),
        "feature_x": rng.integers(0, 5, n_rows).astype(np.int8),
        "feature_y": rng.integers(0, 5, n_rows).astype(np.int8),
    }


def write(path, columns, order=None):
    """Write columns as the file that the name's suffix says, its rows in an order."""
    table = pa.table(columns)
    if order is not None:
        table = table.take(pa.array(order))
    if path.suffix == ".csv":
        csv.write_csv(table, path)
    else:
        parquet.write_table(table, path)
    return path


def only(columns, *names):
    return {name: columns[name] for name in ("id", "era", *names)}


def open_all(path, partial=False):
    """Open one file for every part."""
    sources = score_sources.named(
        predictions=path, meta_model_column="meta", features=path, target_column="target"
    )
    return Tables(sources, partial=partial)


def same(rows, others):
    names = ("predictions", "targets", "meta_model", "features")
    return all(np.array_equal(getattr(rows, name), getattr(others, name)) for name in names)


@pytest.fixture
def whole(tmp_path):
    return write(tmp_path / "whole.parquet", make_columns())


def test_tables__one_file__gives_every_part_in_the_order_of_the_ids(whole):
    tables = open_all(whole)

    rows = tables.rows("0010")

    columns = make_columns()
    order = np.array([0, 2, 1, 3]) + 4  # by bytes: 007, C, b, ä
    assert tables.models == ("first", "second")
    assert tables.features == ("feature_x", "feature_y")
    assert rows.predictions.tolist() == [columns[name][order].tolist() for name in tables.models]
    assert rows.targets.tolist() == columns["target"][order].tolist()
    assert rows.meta_model.tolist() == columns["meta"][order].tolist()
    assert rows.features.tolist() == [columns[name][order].tolist() for name in tables.features]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables__shuffled_files_of_any_kind__give_the_same_rows(whole, tmp_path, suffix):
    columns, rng = make_columns(), np.random.default_rng(1)
    files = {
        name: write(tmp_path / f"{name}{suffix}", only(columns, *names), rng.permutation(8))
        for name, names in {
            "predictions": ["first", "second"],
            "targets": ["target"],
            "meta_model": ["meta"],
            "features": ["feature_x", "feature_y"],
        }.items()
    }

    apart = Tables(score_sources.named(**files))

    assert apart.eras == ["0009", "0010"]
    assert all(same(apart.rows(era), open_all(whole).rows(era)) for era in ERAS)


@pytest.mark.parametrize("dictionary", [False, True])
def test_tables__ids_and_eras_of_other_types__are_compared_as_text(tmp_path, dictionary):
    columns = make_columns(eras=("2016-05-19", "2016-05-26"), ids=("1", "10", "2", "7"))
    texts = write(tmp_path / "texts.csv", only(columns, "first"))
    days = [datetime.datetime.fromisoformat(era) for era in columns["era"]]
    ids = pa.array(columns["id"])
    typed = {
        "id": ids.dictionary_encode() if dictionary else ids.cast(pa.int64()),
        "era": pa.array(days, pa.timestamp("ns") if dictionary else pa.date32()),
        "target": columns["target"],
    }
    targets = write(tmp_path / "typed.parquet", typed)

    tables = Tables(score_sources.named(predictions=texts, targets=targets))

    assert tables.rows("2016-05-26").targets.tolist() == columns["target"][4:].tolist()


def test_tables__eras_that_are_numbers__are_ordered_as_numbers(tmp_path):
    columns = make_columns(eras=("10", "9", "100"))
    numbers = open_all(write(tmp_path / "numbers.parquet", columns))
    columns["era"] = [f"week {era}" for era in columns["era"]]
    names = open_all(write(tmp_path / "names.parquet", columns))

    assert numbers.eras == ["9", "10", "100"]
    assert names.eras == ["week 10", "week 100", "week 9"]


def test_tables__same_file_by_another_path__is_the_same_file(whole):
    roundabout = whole.parent / ".." / whole.parent.name / whole.name

    tables = Tables(score_sources.named(predictions=whole, targets=roundabout, features=roundabout))

    assert tables.models == ("first", "second", "meta")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("predictions", "era 0009: 1 of 4 ids with targets are not predicted in .*, such as 'b'"),
        ("targets", "era 0009: 1 of 4 predicted ids have no row of targets in .*, such as 'b'"),
    ],
)
def test_rows__id_on_one_side_alone__is_refused_or_left_out(whole, tmp_path, part, message):
    columns = make_columns()
    names = {"predictions": ["first", "second"], "targets": ["target"]}[part]
    shorter = write(tmp_path / "shorter.parquet", only(columns, *names), [0, 2, 3, 4, 5, 6, 7])
    files = {"predictions": whole, "targets": whole, part: shorter}
    sources = score_sources.named(**files, features=whole, prediction_columns=("first", "second"))

    with pytest.raises(DataError, match=f"{message}; --partial"):
        Tables(sources).rows("0009")
    rows = Tables(sources, partial=True).rows("0009")

    assert rows.left_out == 1
    assert rows.targets.tolist() == columns["target"][[0, 2, 3]].tolist()
    assert rows.features.shape == (2, 3)
    assert Tables(sources).rows("0010").left_out == 0


def test_rows__no_common_id__is_refused_even_where_some_may_be_left_out(whole, tmp_path):
    columns = make_columns(ids=("x", "y", "z", "w"))
    others = write(tmp_path / "others.parquet", only(columns, "target"))
    sources = score_sources.named(predictions=whole, targets=others, prediction_columns=("first",))

    with pytest.raises(DataError, match="have no id in common"):
        Tables(sources, partial=True).rows("0009")


@pytest.mark.parametrize("part", ["meta_model", "features"])
def test_rows__id_without_another_part__is_refused(whole, tmp_path, part):
    names = {"meta_model": ["meta"], "features": ["feature_x"]}[part]
    shorter = write(tmp_path / "shorter.csv", only(make_columns(), *names), range(7))
    sources = score_sources.named(predictions=whole, **{part: shorter})

    tables = Tables(sources, partial=True)

    assert tables.rows("0009").left_out == 0
    with pytest.raises(
        DataError, match=r"0010: 1 of 4 predicted ids are missing in .*, such as 'ä'"
    ):
        tables.rows("0010")


def test_rows__era_that_a_part_lacks__has_none_of_it(whole, tmp_path):
    columns = make_columns()
    later = write(tmp_path / "later.parquet", only(columns, "target"), range(4, 8))
    columns["meta"][:4] = np.nan
    meta = write(tmp_path / "meta.csv", only(columns, "meta"))
    features = write(tmp_path / "features.csv", only(columns, "feature_x"), range(4, 8))
    tables = Tables(
        score_sources.named(predictions=whole, targets=later, meta_model=meta, features=features)
    )

    rows = tables.rows("0009")

    assert np.isnan(rows.targets).all()
    assert rows.meta_model is None
    assert rows.features is None
    assert tables.rows("0010").meta_model is not None
    assert tables.rows("0010").features.shape == (1, 4)


def test_tables__eras_with_targets_alone__are_told_between_the_first_and_the_last(tmp_path):
    columns = make_columns(eras=("1", "2", "3", "4"))
    targets = write(tmp_path / "targets.csv", only(columns, "target"))
    predictions = write(tmp_path / "predictions.csv", only(columns, "first"), [*range(4), 8, 9, 10])

    tables = Tables(score_sources.named(predictions=predictions, targets=targets))

    assert tables.eras == ["1", "3"]
    assert tables.unpredicted == ["2"]


@pytest.mark.parametrize("value", [np.nan, np.inf, None])
def test_rows__prediction_that_is_not_finite__is_refused(tmp_path, value):
    columns = make_columns()
    columns["second"] = [*columns["second"][:6], value, columns["second"][7]]
    tables = open_all(write(tmp_path / "whole.parquet", columns))

    with pytest.raises(SubmissionError, match=r"'second' .* 1 of 4 ids of era 0010, such as 'C'"):
        tables.rows("0010")


def test_rows__feature_that_is_missing__is_refused(tmp_path):
    columns = make_columns()
    columns["feature_y"] = [None, *columns["feature_y"][1:].tolist()]
    tables = open_all(write(tmp_path / "whole.parquet", columns))

    with pytest.raises(DataError, match=r"'feature_y' .* 1 of 4 ids of era 0009, such as '007'"):
        tables.rows("0009")


def test_rows__feature_that_is_too_large_to_be_summed__is_refused(tmp_path):
    columns = make_columns()
    columns["feature_y"] = np.where(np.arange(8) == 5, 1e200, columns["feature_y"])
    tables = open_all(write(tmp_path / "whole.parquet", columns))

    with pytest.raises(DataError, match=r"'feature_y' .* beyond 1e100 for 1 of 4 ids of era 0010"):
        tables.rows("0010")


def test_rows__id_there_twice__is_refused(tmp_path):
    tables = open_all(write(tmp_path / "whole.parquet", make_columns(ids=("a", "b", "c", "b"))))

    with pytest.raises(DataError, match="the id 'b' is there twice in era 0009"):
        tables.rows("0009")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"target_column": "goal"}, "the column 'goal' is missing; it has id, era, first"),
        ({"prediction_columns": ("first", "first")}, "the column 'first' is named twice"),
        ({"feature_columns": ("id",)}, "the column 'id' holds no numbers to score with"),
        ({"prediction_columns": ("first", "")}, "no empty one"),
    ],
)
def test_sources__columns_that_cannot_be_meant__are_refused(whole, words, message):
    with pytest.raises(DataError, match=message):
        score_sources.chosen(score_sources.named(predictions=whole, **words))


def test_sources__one_file_with_the_usual_names__are_found_there(tmp_path):
    columns = make_columns()
    columns = only(columns, "target") | {
        "prediction": columns["first"],
        "meta_model": columns["meta"],
        "benchmark": columns["second"],
    }
    whole = write(tmp_path / "whole.parquet", columns)

    sources = score_sources.chosen(
        score_sources.named(predictions=whole, meta_model=whole, benchmark=whole)
    )

    assert sources.predictions.chosen == ("prediction",)
    assert sources.meta_model.chosen == ("meta_model",)
    assert sources.benchmark.chosen == ("benchmark",)


def test_sources__predictions_of_the_usual_name__are_no_meta_model_of_themselves(tmp_path):
    columns = make_columns()
    columns = only(columns, "target") | {"prediction": columns["first"], "x": columns["meta"]}
    whole = write(tmp_path / "whole.csv", columns)
    alone = write(tmp_path / "alone.csv", only(columns, "prediction", "x", "target"))

    beside = score_sources.chosen(score_sources.named(predictions=whole, meta_model=alone))
    same = score_sources.chosen(score_sources.named(predictions=whole, meta_model=whole))

    assert beside.meta_model.chosen == ("prediction",)
    assert (same.meta_model.chosen, same.predictions.chosen) == (("x",), ("prediction",))


def test_sources__column_that_the_rules_do_not_decide__asks_for_it(whole):
    with pytest.raises(DataError, match=r"which column is the meta-model. Say --meta-model-column"):
        score_sources.chosen(score_sources.named(predictions=whole, meta_model=whole))


def test_sources__file_with_features_of_other_names__takes_all_that_are_left(tmp_path):
    columns = make_columns()
    columns = {"id": columns["id"], "era": columns["era"], "size": columns["first"], "vol": [0] * 8}
    features = write(tmp_path / "features.csv", columns)
    whole = write(tmp_path / "whole.csv", make_columns())

    sources = score_sources.chosen(score_sources.named(predictions=whole, features=features))

    assert sources.features.columns == ("size", "vol")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read: Empty CSV file"),
        ("id,era,first,target\n", "it has no rows"),
        ("id,first,target\na,1,0\n", "the column 'era' is missing; it has id, first, target"),
        ("id,era,first,first\na,1,0,0\n", "the column 'first' is there twice"),
        ("id;era;first;target\na;1;0;0\n", "its columns are not separated by commas"),
        ("id\tera\tfirst\ttarget\na\t1\t0\t0\n", "its columns are not separated by commas"),
        ("id,era,first,target\na,1," + "0\x1b,0,0,0\n" * 99, r"Expected 4 .* got .*\\x1b"),
        ("id,era,first,target\na,1,0,0\nb,1,x,0\n", "line 3, column 'first': 'x' is not a number"),
        ("id,era,first,target\na,1,0\n", "Expected 4 columns, got 3"),
        ("id,era,first,target\na,,0,0\n", "the column 'era' is empty in 1 row, the first is row 1"),
        ("id,era,target\na,1,0\n", "no column is left to score; say --prediction-columns"),
    ],
)
def test_tables__damaged_csv__says_what_to_mend(tmp_path, text, message):
    path = tmp_path / "table.csv"
    path.write_text(text)

    with pytest.raises(DataError, match=message) as refused:
        Tables(score_sources.named(predictions=path))

    assert str(refused.value).count("\n") == 0


def test_tables__text_that_is_not_utf_8__is_told_so(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes("id,era,first,target\né,1,0,0\n".encode("latin-1"))

    with pytest.raises(DataError, match="cannot be read: its text is not UTF-8"):
        Tables(score_sources.named(predictions=path))


def test_tables__decimals__are_numbers(tmp_path):
    columns = make_columns()
    columns["first"] = pa.array([1, 2, 3, 4] * 2, pa.decimal128(10, 2))

    tables = Tables(score_sources.named(predictions=write(tmp_path / "whole.parquet", columns)))

    assert sorted(tables.rows("0009").predictions[0]) == [1.0, 2.0, 3.0, 4.0]


def test_tables__index_that_pandas_wrote_without_a_name__is_no_model(tmp_path):
    columns = make_columns()
    whole = write(tmp_path / "whole.csv", {"": list(range(8)), **columns})
    other = write(tmp_path / "whole.parquet", {**columns, "__index_level_0__": list(range(8))})

    models = {Tables(score_sources.named(predictions=path)).models for path in (whole, other)}

    assert models == {("first", "second", "meta")}


def test_tables__no_common_era__is_refused(whole, tmp_path):
    later = write(tmp_path / "later.csv", only(make_columns(eras=("9", "10")), "target"))

    with pytest.raises(DataError, match=r"share no era: the first ones are '0009' and '9'"):
        Tables(score_sources.named(predictions=whole, targets=later))


def test_tables__each_file__is_told_before_and_after_it_is_read(whole, tmp_path):
    other = write(tmp_path / "meta.csv", only(make_columns(), "meta"))
    told = []

    Tables(
        score_sources.named(predictions=whole, meta_model=other, meta_model_column="meta"),
        progress=lambda *words: told.append(words),
    )

    assert told == [("read the files", done, 2) for done in range(3)]


def test_tables__other_file_formats__are_refused(tmp_path):
    path = tmp_path / "table.parquet"
    feather.write_feather(pa.table(make_columns()), path)

    with pytest.raises(DataError, match="is neither a Parquet nor a CSV file"):
        Tables(score_sources.named(predictions=path))
    path.write_bytes(b"PAR1 and nothing of the kind")
    with pytest.raises(DataError, match="cannot be read"):
        Tables(score_sources.named(predictions=path))


def test_tables__text_where_numbers_are_needed__is_refused_unless_nobody_needs_it(tmp_path):
    columns = make_columns() | {"sector": ["Energy"] * 8}
    path = write(tmp_path / "whole.parquet", columns)
    needed = score_sources.named(predictions=path)
    unneeded = score_sources.named(predictions=path, prediction_columns=("first",))

    with pytest.raises(DataError, match="the column 'sector' holds string, not numbers"):
        Tables(needed)
    assert Tables(unneeded).models == ("first",)
