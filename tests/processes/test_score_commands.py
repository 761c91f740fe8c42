"""The commands that score files, as a person types them."""

import json
import os

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tasks.adapters import waiting
from tasks.adapters.settings import Settings
from tests import snapshots
from tests.in_process import call

DATA = Settings().test_data
N_ERAS, N_IDS = 12, 60


@pytest.fixture
def whole(tmp_path):
    """Give a file with two models and all that they are scored with."""
    rng = np.random.default_rng(4)
    n_rows = N_ERAS * N_IDS
    target = rng.integers(0, 5, n_rows) / 4
    columns = {
        "id": [f"n{number:03d}" for number in range(N_IDS)] * N_ERAS,
        "era": [f"{era:04d}" for era in range(1, N_ERAS + 1) for _ in range(N_IDS)],
        "good": rng.normal(size=n_rows) + target,
        "[red]bad": rng.normal(size=n_rows),
        "meta_model": rng.normal(size=n_rows) + target,
        "target": target,
        "feature_a": rng.integers(0, 5, n_rows),
        "feature_b": rng.integers(0, 5, n_rows),
    }
    path = tmp_path / "whole.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


def test_score__one_file__prints_a_summary_and_writes_the_scores(
    whole, tmp_path, monkeypatch, capsys
):
    file = tmp_path / "out" / "scores.json"

    code, printed = call(
        monkeypatch, capsys, "score", "--predictions", whole, "--targets", whole,
        "--meta-model", whole, "--meta-model-column", "meta_model", "--features", whole,
        "--json", file,
    )  # fmt: skip

    document = json.loads(file.read_bytes())
    assert (code, printed.err) == (0, "")
    assert "12 eras, 0001 to 0012, 2 models" in printed.out
    assert "[red]bad" in printed.out
    assert all(name in printed.out for name in ("CORR", "MMC", "FNC", "sharpe", "exposure"))
    assert sorted(document) == ["scores", "summary"]
    assert len(document["scores"]) == 2 * N_ERAS
    assert document["scores"][0].keys() == {
        "era", "model", "corr", "mmc", "fnc", "max_feature", "max_feature_correlation",
    }  # fmt: skip


def test_score__files_apart_without_meta_model__leaves_what_it_cannot_score_null(
    whole, tmp_path, monkeypatch, capsys
):
    table, file = parquet.read_table(whole), tmp_path / "scores.json"
    csv.write_csv(table.select(["id", "era", "good"]), tmp_path / "predictions.csv")
    parquet.write_table(table.select(["target", "era", "id"]), tmp_path / "targets.parquet")

    code, printed = call(
        monkeypatch, capsys, "score", "--predictions", tmp_path / "predictions.csv",
        "--targets", tmp_path / "targets.parquet", "--json", file,
    )  # fmt: skip

    row = json.loads(file.read_bytes())["scores"][0]
    assert (code, printed.err) == (0, "")
    assert "MMC" not in printed.out
    assert row["corr"] is not None
    assert (row["mmc"], row["fnc"], row["max_feature"]) == (None, None, None)


def test_score__long_work__is_told_at_its_end_where_there_is_no_terminal(
    whole, monkeypatch, capsys
):
    monkeypatch.setattr(waiting, "_PATIENCE_S", -1.0)

    code, printed = call(
        monkeypatch, capsys, "score", "--predictions", whole, "--prediction-columns", "good"
    )

    assert code == 0
    assert [line.split(" in ")[0] for line in printed.err.splitlines()] == [
        "read the files: 1 of 1", "score the eras: 12 of 12",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--target-column", "goal"), "the column 'goal' is missing; it has id, era, good"),
        (("--prediction-columns", "good,,x"), "holds an empty column name; see `erarium score"),
        (("--meta-model", "none.parquet"), "'none.parquet' does not exist"),
        (("--overlap", "-1"), "--overlap"),
        (("--feature-columns", "good,feature_c"), "the column 'feature_c' is missing"),
    ],
)
def test_score__bad_input__is_one_line_and_exit_2(words, message, whole, monkeypatch, capsys):
    code, printed = call(monkeypatch, capsys, "score", "--predictions", whole, *words)

    assert (code, printed.out) == (2, "")
    assert printed.err.startswith("erarium: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err


def test_diagnose__one_model__prints_figures_and_writes_a_page(
    whole, tmp_path, monkeypatch, capsys
):
    page, file = tmp_path / "out" / "page.html", tmp_path / "figures.json"

    code, printed = call(
        monkeypatch, capsys, "diagnose", "--predictions", whole, "--prediction-column", "good",
        "--benchmark-column", "meta_model", "--features", whole, "--html", page, "--json", file,
    )  # fmt: skip

    document = json.loads(file.read_bytes())
    assert (code, printed.err) == (0, "")
    assert "good: 12 eras, 0001 to 0012" in printed.out
    assert all(name in printed.out for name in ("CORR", "BMC", "FNC", "with the benchmark"))
    assert "note: few eras: 12 with an overlap of 6" in printed.out
    assert f"{page} shows it all" in printed.out
    assert page.read_text().startswith("<!doctype html>")
    assert len(document["eras"]) == N_ERAS
    assert document["summary"]["mmc"] is None


def test_score__one_era__is_told_by_its_name(whole, tmp_path, monkeypatch, capsys):
    path = tmp_path / "one.csv"
    csv.write_csv(parquet.read_table(whole).slice(0, N_IDS), path)

    code, printed = call(monkeypatch, capsys, "score", "--predictions", path)

    assert (code, printed.err) == (0, "")
    assert "era 0001, 3 models" in printed.out
    assert "(too few)" in printed.out


def test_score__names_of_strangers__are_shown_and_not_obeyed(whole, tmp_path, monkeypatch, capsys):
    names = [
        "id",
        "era",
        "\x1b[31mred",
        ":smile:",
        "two\nlines",
        "target",
        "feature_[b]",
        "feature_",
    ]
    path, file = tmp_path / "names.parquet", tmp_path / "scores.json"
    parquet.write_table(parquet.read_table(whole).rename_columns(names), path)

    code, printed = call(
        monkeypatch, capsys, "score", "--predictions", path, "--features", path, "--json", file
    )

    assert (code, printed.err) == (0, "")
    assert all(name in printed.out for name in ("\\x1b[31mred", ":smile:", "two\\nlines"))
    assert "\x1b" not in printed.out
    models = [row["model"] for row in json.loads(file.read_bytes())["summary"]]
    assert models == ["\x1b[31mred", ":smile:", "two\nlines"]


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_diagnose__result_that_would_replace_an_input__is_refused(
    option, whole, monkeypatch, capsys
):
    monkeypatch.chdir(whole.parent)
    before = whole.read_bytes()
    words = ("--predictions", whole, "--prediction-column", "good", option)

    code, printed = call(
        monkeypatch, capsys, "diagnose", *words, whole.parent / "x" / ".." / whole.name
    )

    assert (code, printed.out) == (2, "")
    assert f"'{option}' would replace what '--predictions' reads" in printed.err
    assert printed.err.count("\n") == 1
    assert whole.read_bytes() == before


def test_diagnose__two_results_in_one_file__are_refused(whole, tmp_path, monkeypatch, capsys):
    file = tmp_path / "both"

    code, printed = call(
        monkeypatch, capsys, "diagnose", "--predictions", whole, "--json", file, "--html", file
    )

    assert (code, printed.out) == (2, "")
    assert "'--html' and '--json' are one file" in printed.err
    assert not file.exists()


def test_score__result_that_is_no_file__is_refused_and_left_as_it_is(
    whole, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    pipe, words = tmp_path / "pipe", ("score", "--predictions", whole, "--json")
    os.mkfifo(pipe)

    code, printed = call(monkeypatch, capsys, *words, pipe)
    empty, _ = call(monkeypatch, capsys, *words, "")

    assert (code, printed.out, empty) == (2, "", 2)
    assert f"{pipe} cannot be written: it is not a file" in printed.err
    assert pipe.is_fifo()


def test_score__result_that_a_link_leads_to__is_written_there(whole, tmp_path, monkeypatch, capsys):
    link, file = tmp_path / "link.json", tmp_path / "scores.json"
    link.symlink_to(file)

    code, _ = call(monkeypatch, capsys, "score", "--predictions", whole, "--json", link)

    assert code == 0
    assert link.is_symlink()
    assert file.is_file()


def test_diagnose__several_models__asks_for_one(whole, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    code, printed = call(monkeypatch, capsys, "diagnose", "--predictions", whole)

    assert (code, printed.out) == (2, "")
    assert printed.err == (
        "erarium: a diagnosis is of one model, and there are 3: good, [red]bad, meta_model; "
        "say --prediction-column\n"
    )
    assert not (tmp_path / "diagnosis.html").exists()


ESTIMATOR = """
class Slope:
    def fit(self, X, y):
        self.sign = 1.0 if ((X[:, 0] - X[:, 0].mean()) * y).sum() > 0 else -1.0

    def predict(self, X):
        return self.sign * X[:, 0] + 0.01 * X[:, 1]

def broken():
    raise RuntimeError("out\\nof luck")
"""


def test_cv__file__prints_folds_and_writes_predictions_that_score_reads(
    whole, tmp_path, monkeypatch, capsys
):
    (tmp_path / "mine.py").write_text(ESTIMATOR)
    predictions, file, scores = (tmp_path / name for name in ("p.csv", "cv.json", "s.json"))

    code, printed = call(
        monkeypatch, capsys, "cv", whole, "--estimator", f"{tmp_path / 'mine.py'}:Slope",
        "--purge-eras", 2, "--folds", 2, "--min-train", 4, "--features", "feature_b,feature_a",
        "--predictions", predictions, "--json", file,
    )  # fmt: skip
    again, _ = call(
        monkeypatch, capsys, "score", "--predictions", predictions, "--targets", whole,
        "--features", whole, "--feature-columns", "feature_b,feature_a", "--json", scores,
    )  # fmt: skip

    document = json.loads(file.read_bytes())
    assert (code, again, printed.err) == (0, 0, "")
    assert "learns until" in printed.out
    assert "Slope: 6 eras, 0007 to 0012" in printed.out
    assert [fold["purged_eras"] for fold in document["folds"]] == [
        ["0005", "0006"], ["0008", "0009"],
    ]  # fmt: skip
    summary = json.loads(scores.read_bytes())["summary"][0]
    assert summary["corr"] == document["summary"]["corr"]
    assert summary["fnc"] == document["summary"]["fnc"]


def test_cv__snapshot__is_found_in_the_lake(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.py").write_text(ESTIMATOR)
    name = snapshots.publish(tmp_path / "home" / "lake", live=205, n_eras=20)

    code, printed = call(
        monkeypatch, capsys, "cv", name, "--home", tmp_path / "home", "--folds", 2,
        "--estimator", f"{tmp_path / 'mine.py'}:Slope", "--min-train", 4, "--target", "5d1l",
    )  # fmt: skip

    assert (code, printed.err) == (0, "")
    assert "BMC" in printed.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("whole", "mine.py:broken"), "mine.py:10: RuntimeError: out of luck"),
        (("whole", "mine.py:Slope", "--folds", 9), "for 9 folds: take fewer of either"),
        (("whole", "mine.py:Other"), "has no class or function 'Other'"),
        (("none.csv", "mine.py:Slope"), "none.csv is not a file"),
        (("", "mine.py:Slope"), "DATA is not a file"),
        (
            ("whole", "mine.py:Slope", "--predictions", "mine.py"),
            "would replace what mine.py reads",
        ),
        (("live_205", "mine.py:Slope"), "is purged by dates: leave --purge-eras out"),
    ],
)
def test_cv__bad_input__is_one_line_and_exit_2(
    words, message, whole, tmp_path, monkeypatch, capsys
):
    (tmp_path / "mine.py").write_text(ESTIMATOR)
    data = whole if words[0] == "whole" else words[0]
    monkeypatch.chdir(tmp_path)

    code, printed = call(
        monkeypatch, capsys, "cv", data, "--estimator", words[1], "--purge-eras", 2,
        "--min-train", 4, *words[2:],
    )  # fmt: skip

    assert (code, printed.out) == (2, "")
    assert printed.err.startswith("erarium: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err


@pytest.mark.parametrize("command", ["score", "diagnose", "cv"])
def test_command__help__is_quick_to_say_and_names_its_options(command, monkeypatch, capsys):
    code, printed = call(monkeypatch, capsys, command, "--help")

    assert (code, printed.err) == (0, "")
    assert "--json" in printed.out
    assert "--overlap" in printed.out


@pytest.mark.skipif(DATA is None, reason="ERARIUM_TEST_DATA is not set: no real scores there")
def test_score__real_equities__equal_numerai_tools(tmp_path, monkeypatch, capsys):
    path, file = DATA / "scoring" / "equities_input.parquet", tmp_path / "scores.json"
    models = ["pred_reversal5", "pred_mom12_1", "pred_lowvol60", "pred_tied"]

    code, _ = call(
        monkeypatch, capsys, "score", "--predictions", path, "--targets", path,
        "--meta-model", path, "--features", path, "--prediction-columns", ",".join(models),
        "--target-column", "target", "--meta-model-column", "meta_model",
        "--feature-columns", "feature_size,feature_vol60,feature_mom6,feature_turn",
        "--json", file,
    )  # fmt: skip

    rows = json.loads(file.read_bytes())["scores"]
    scored = {(row["era"], row["model"]): row for row in rows}
    expected = csv.read_csv(
        DATA / "scoring" / "equities_expected.csv",
        convert_options=csv.ConvertOptions(column_types={"era": pa.string()}),
    ).to_pylist()
    assert code == 0
    assert len(scored) == len(expected) == 576
    for row in expected:
        found = scored[row["era"], row["prediction"]]
        names = ("corr", "mmc", "fnc", "max_feature_correlation")
        wanted = [row[name] for name in ("numerai_corr", "mmc", "fnc", "max_feature_corr")]
        assert [found[name] for name in names] == pytest.approx(wanted, abs=1e-9)
        assert found["max_feature"] == row["max_feature"]
