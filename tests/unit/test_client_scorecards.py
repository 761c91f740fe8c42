"""Scores of files, era by era: equal to the engine's, and to numerai-tools' on real data."""

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tasks.adapters.settings import Settings
from tasks.client import score_sources, scorecards
from tasks.client.score_tables import Tables
from tasks.core.errors import DataError
from tasks.core.scoring import metrics

DATA = Settings().test_data
N_IDS = 40


def make_columns(n_eras=3, n_features=2):
    rng = np.random.default_rng(2)
    n_rows = n_eras * N_IDS
    columns = {
        "id": [f"n{number:03d}" for number in range(N_IDS)] * n_eras,
        "era": [f"{era:04d}" for era in range(1, n_eras + 1) for _ in range(N_IDS)],
        "one": rng.normal(size=n_rows),
        "two": np.round(rng.normal(size=n_rows), 1),
        "target": rng.integers(0, 5, n_rows) / 4,
        "meta": rng.normal(size=n_rows),
    }
    bins = {f"feature_{place}": rng.integers(0, 5, n_rows) for place in range(n_features)}
    return columns | bins


def rows_of(era):
    """Return where an era's rows are."""
    return slice((era - 1) * N_IDS, era * N_IDS)


def score(tmp_path, columns, order=None, **words):
    """Score a file with every part, or with what is said instead."""
    table = pa.table(columns)
    path = tmp_path / "scored.parquet"
    parquet.write_table(table if order is None else table.take(pa.array(order)), path)
    words = {"meta_model_column": "meta", "features": path} | words
    told = []
    scores = scorecards.score(
        Tables(score_sources.named(predictions=path, **words)),
        lambda *words: told.append(words),
    )
    n_eras = len(told) - 1
    assert told == [("score the eras", done, n_eras) for done in range(n_eras + 1)]
    return scores


def found(scores, model, name):
    return [getattr(card, name) for card in scores.cards if card.model == model]


def test_score__a_file__gives_a_card_for_each_era_and_model(tmp_path):
    columns = make_columns()

    scores = score(tmp_path, columns)

    era = rows_of(2)
    corr = metrics.corr(np.array([columns["two"][era]]), columns["target"][era])
    assert [(card.era, card.model) for card in scores.cards] == [
        (era, model) for era in ("0001", "0002", "0003") for model in ("one", "two")
    ]
    assert found(scores, "two", "corr")[1] == pytest.approx(float(corr[0]), abs=1e-15)
    assert all(None not in vars_of(card) for card in scores.cards)
    assert scores.notes.lines() == []


def vars_of(card):
    return list(card.to_json().values())


def test_score__rows_in_another_order__gives_the_same_bits(tmp_path):
    columns = make_columns()
    order = np.random.default_rng(3).permutation(3 * N_IDS)

    ordered, shuffled = score(tmp_path, columns), score(tmp_path, columns, order)

    assert ordered.cards == shuffled.cards


def test_score__constant_neighbour__has_no_corr_and_changes_nobody(tmp_path):
    columns = make_columns()
    before = score(tmp_path, columns)
    columns["two"] = np.full(3 * N_IDS, 0.5)

    after = score(tmp_path, columns)

    assert found(after, "one", "corr") == found(before, "one", "corr")
    assert found(after, "one", "fnc") == found(before, "one", "fnc")
    assert found(after, "two", "corr") == [None] * 3
    assert found(after, "two", "mmc") == [0.0] * 3
    assert found(after, "two", "max_feature") == [None] * 3
    assert after.notes.lines() == [
        "two is constant, which has no CORR: 3 eras (0001, 0002, 0003)",
    ]


def test_score__model_that_is_a_feature__has_no_fnc_and_is_told(tmp_path):
    columns = make_columns()
    # Of two values, so that its ranks are a straight line of it.
    columns["feature_1"] = (columns["feature_1"] > 2).astype(np.int8)
    columns["two"] = 3.0 - columns["feature_1"]

    scores = score(tmp_path, columns)

    assert found(scores, "two", "fnc") == [None] * 3
    assert found(scores, "two", "max_feature") == ["feature_1"] * 3
    assert None not in found(scores, "one", "fnc")
    assert scores.notes.lines() == [
        "two is wholly made of the features, which has no FNC: 3 eras (0001, 0002, 0003)"
    ]


def test_score__parts_that_are_not_there__are_null(tmp_path):
    scores = score(
        tmp_path,
        make_columns(),
        meta_model_column=None,
        features=None,
        prediction_columns=("one", "two"),
    )

    card, document = scores.cards[0].to_json(), scores.to_json(overlap=0)
    assert card["corr"] is not None
    assert [card[name] for name in ("mmc", "fnc", "max_feature", "max_feature_correlation")] == (
        [None] * 4
    )
    assert document["summary"][0]["mmc"] is None
    assert document["summary"][0]["corr"]["n"] == 3


def test_score__eras_without_usable_targets__are_skipped_and_told(tmp_path):
    columns = make_columns()
    columns["target"][rows_of(1)] = 0.5
    columns["target"][rows_of(3)] = np.nan
    columns["target"][5 + N_IDS] = np.nan

    scores = score(tmp_path, columns)

    assert {card.era for card in scores.cards} == {"0002"}
    assert scores.notes.lines() == [
        "skipped, all targets equal: 1 era (0001)",
        "skipped, no target yet: 1 era (0003)",
    ]


def test_score__no_era_with_targets__is_refused(tmp_path):
    columns = make_columns() | {"target": np.full(3 * N_IDS, np.nan)}

    with pytest.raises(DataError, match="no era can be scored: skipped, no target yet: 3 eras"):
        score(tmp_path, columns)


def test_score__target_out_of_range__is_named(tmp_path):
    columns = make_columns()
    columns["target"][N_IDS + 3] = 1.5

    message = r"'target' is outside \[0, 1\] for 1 of 40 ids of era 0002, such as 'n003'"
    with pytest.raises(DataError, match=message):
        score(tmp_path, columns)


def test_score__constant_meta_model__is_told(tmp_path):
    columns = make_columns()
    columns["meta"][rows_of(2)] = 0.5

    scores = score(tmp_path, columns)

    assert scores.notes.lines() == [
        "the meta-model is constant, MMC sets nothing aside: 1 era (0002)"
    ]


def test_score__features_stored_as_small_integers__score_as_floats_do(tmp_path):
    columns = make_columns(n_features=3)
    floats = score(tmp_path, columns)
    small = {f"feature_{place}": columns[f"feature_{place}"].astype(np.int8) for place in range(3)}

    integers = score(tmp_path, columns | small)

    for name in ("fnc", "max_feature_correlation"):
        assert found(integers, "one", name) == pytest.approx(found(floats, "one", name), abs=1e-14)


def test_score__more_features_than_a_fifth_of_the_ids__is_told(tmp_path):
    few = score(tmp_path, make_columns(n_features=8))
    many = score(tmp_path, make_columns(n_features=9))

    assert few.notes.lines() == []
    assert many.notes.lines()[0].startswith("more features than a fifth of the ids")


def test_to_json__whatever_was_scored__is_json_with_exactly_the_named_keys(tmp_path):
    columns = make_columns(n_eras=9)
    columns["two"][rows_of(4)] = 1.0

    document = score(tmp_path, columns).to_json(overlap=2)

    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert list(document) == ["scores", "summary"]
    assert list(document["scores"][0]) == [
        "era", "model", "corr", "mmc", "fnc", "max_feature", "max_feature_correlation",
    ]  # fmt: skip
    assert [row["model"] for row in document["summary"]] == ["one", "two"]
    assert document["summary"][1]["corr"]["n"] == 8
    assert document["summary"][0]["corr"]["error"] > 0


@pytest.mark.skipif(DATA is None, reason="ERARIUM_TEST_DATA is not set: no real scores there")
def test_score__real_equities__equal_numerai_tools():
    path = DATA / "scoring" / "equities_input.parquet"
    expected = csv.read_csv(
        DATA / "scoring" / "equities_expected.csv",
        convert_options=csv.ConvertOptions(column_types={"era": pa.string()}),
    ).to_pylist()

    scores = scorecards.score(
        Tables(
            score_sources.named(predictions=path, meta_model_column="meta_model", features=path)
        ),
        lambda *_: None,
    )

    cards = {(card.era, card.model): card for card in scores.cards}
    assert len(cards) == len(expected) == 576
    for row in expected:
        card = cards[row["era"], row["prediction"]]
        wanted = [row[name] for name in ("numerai_corr", "mmc", "fnc", "max_feature_corr")]
        scored = [card.corr, card.mmc, card.fnc, card.max_feature_correlation]
        assert scored == pytest.approx(wanted, abs=1e-9)
        assert card.max_feature == row["max_feature"]
