"""The validation report of one model: its figures, its warnings and its page."""

import json
import re
import warnings
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tasks.adapters import diagnosis_plots
from tasks.client import diagnosis, pages, score_sources
from tasks.client.score_tables import Tables
from tasks.core.errors import DataError, InputError
from tasks.core.scoring import metrics, ranks

N_IDS = 50
VOID = {"meta", "br", "hr", "link", "img"}


def make_columns(n_eras, model="model"):
    rng = np.random.default_rng(5)
    n_rows = n_eras * N_IDS
    target = rng.integers(0, 5, n_rows) / 4
    features = rng.integers(0, 5, (3, n_rows)).astype(np.int8)
    return {
        "id": [f"n{number:03d}" for number in range(N_IDS)] * n_eras,
        "era": [f"{era:04d}" for era in range(1, n_eras + 1) for _ in range(N_IDS)],
        model: rng.normal(size=n_rows) + target + features[1],
        "target": target,
        "meta": rng.normal(size=n_rows),
        "blend": rng.normal(size=n_rows),
        **{f"feature_{name}": row for name, row in zip("abc", features, strict=True)},
    }


def diagnose(tmp_path, columns, model="model", overlap=3, **words):
    """Diagnose a file with every part, or with what is said instead."""
    path = tmp_path / "scored.parquet"
    parquet.write_table(pa.table(columns), path)
    words = {"meta_model_column": "meta", "benchmark_column": "blend", "features": path} | words
    tables = Tables(score_sources.named(predictions=path, prediction_columns=(model,), **words))
    return diagnosis.diagnose(tables, overlap, lambda *_: None)


class Reader(HTMLParser):
    """Reads a page, and fails where tags do not match."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(page):
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_diagnose__a_model__has_each_era_s_figures(tmp_path):
    columns = make_columns(10)

    found = diagnose(tmp_path, columns)

    era = slice(2 * N_IDS, 3 * N_IDS)
    row, blend = np.array([columns["model"][era]]), columns["blend"][era]
    bmc = metrics.contribution(row, blend, columns["target"][era])
    likeness = np.corrcoef(ranks.gauss(row)[0], ranks.gauss(blend[np.newaxis])[0])[0, 1]
    plain = [np.corrcoef(row[0], columns[f"feature_{name}"][era])[0, 1] for name in "abc"]
    figures = found.eras[2]
    assert (figures.era, figures.n_ids) == ("0003", N_IDS)
    assert figures.bmc == pytest.approx(float(bmc[0]), abs=1e-12)
    assert figures.benchmark_correlation == pytest.approx(likeness, abs=1e-9)
    assert figures.mean_feature_correlation == pytest.approx(np.abs(plain).mean(), abs=1e-12)
    assert figures.max_feature == "feature_b"
    assert found.features[0].feature == "feature_b"
    assert None not in vars_of(found)


def vars_of(found):
    return [value for era in found.to_json()["eras"] for value in era.values()]


def test_diagnose__cumulative_and_drawdown__follow_from_the_series(tmp_path):
    found = diagnose(tmp_path, make_columns(10))
    corr = found.series("corr")

    errors, losses = found.cumulative_errors("corr"), found.drawdown()

    curve = [1.0]
    for score in corr:
        curve.append(curve[-1] * (1 + score))
    by_hand = [value / max(curve[: place + 1]) - 1 for place, value in enumerate(curve)][1:]
    assert found.cumulative("corr")[-1] == pytest.approx(corr.sum())
    assert np.isnan(errors[:7]).all()
    assert errors[-1] == pytest.approx(10 * found.summary("corr").error)
    assert losses == pytest.approx(by_hand)
    assert -losses.min() == pytest.approx(found.summary("corr").max_drawdown)


def test_diagnose__files_without_other_parts__is_the_target_s_figures_alone(tmp_path):
    found = diagnose(
        tmp_path, make_columns(9), meta_model_column=None, benchmark_column=None, features=None
    )

    document = found.to_json()
    assert document["summary"]["corr"]["n"] == 9
    assert [
        document["summary"][name] for name in ("mmc", "bmc", "fnc", "benchmark_correlation")
    ] == ([None] * 4)
    assert found.features == []
    read(pages.diagnosis_page(found, "file.parquet"))


@pytest.mark.parametrize(
    ("n_eras", "warning"),
    [
        (7, "too few eras, 7: under 8 no mean has an error"),
        (12, "few eras: 12 with an overlap of 3 are worth "),
        (60, None),
    ],
)
def test_diagnose__number_of_eras__is_warned_of(tmp_path, n_eras, warning):
    notes = diagnose(tmp_path, make_columns(n_eras)).notes

    assert [note.startswith(warning or "") for note in notes] == [True] * (warning is not None)


def test_diagnose__era_where_the_model_is_constant__is_told_and_left_out(tmp_path):
    columns = make_columns(12)
    columns["model"][N_IDS : 2 * N_IDS] = 0.5

    found = diagnose(tmp_path, columns)

    assert found.eras[1].corr is None
    assert found.eras[1].max_feature is None
    assert found.summary("corr").n == 11
    assert "model is constant, which has no CORR: 1 era (0002)" in found.notes
    json.dumps(found.to_json(), allow_nan=False)
    read(pages.diagnosis_page(found, "file.parquet"))


def test_diagnose__several_models__asks_for_one(tmp_path):
    path = tmp_path / "scored.parquet"
    parquet.write_table(pa.table(make_columns(2)), path)

    with pytest.raises(
        InputError, match="there are 3: model, meta, blend; say --prediction-column"
    ):
        diagnosis.diagnose(Tables(score_sources.named(predictions=path)), 0, lambda *_: None)


@pytest.mark.parametrize("n_eras", [1, 12])
def test_page__hostile_names__stay_text_and_ask_nobody(tmp_path, n_eras):
    name = '<script>alert(1)</script>$x^2$ & "q"'
    columns = make_columns(n_eras, model=name)
    columns["era"] = [f"<b>{era}" for era in columns["era"]]
    columns["feature_<i>$b$"] = columns.pop("feature_b")

    page = pages.diagnosis_page(diagnose(tmp_path, columns, model=name), "<u>.parquet")

    reader = read(page)
    tags = {tag for tag, _ in reader.seen}
    assert tags.isdisjoint({"script", "i", "u"})
    assert "<b>&lt;" not in page
    assert name in reader.text
    assert "feature_<i>$b$" in reader.text
    assert "http" not in page.replace("http-equiv", "")
    assert not re.search(r"\burl\((?!#)|@import|\bsrc=", page)
    assert "default-src 'none'" in page


def test_page__names_of_other_alphabets_and_of_none__are_written_without_a_warning(tmp_path):
    columns = make_columns(9, model="\x1b[31mred\0")
    columns["era"] = [f"第{era}\n" for era in columns["era"]]
    columns["feature_日本"] = columns.pop("feature_b")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = diagnose(tmp_path, columns, model="\x1b[31mred\0")
        page = pages.diagnosis_page(found, "\udcff.parquet")

    text = read(page.encode().decode()).text
    assert not re.search("[\x00\x1b\udcff]", page)
    assert "\\x1b[31mred\\x00" in text
    assert "feature_日本" in text
    assert "第0001\\n to 第0009\\n" in text


def test_page__its_figures__are_on_it_and_the_same_bytes_each_time(tmp_path):
    found = diagnose(tmp_path, make_columns(20))

    page = pages.diagnosis_page(found, "my-file.parquet")

    text = read(page).text
    mean = found.summary("corr").mean
    wanted = (
        "CORR",
        "MMC",
        "BMC",
        "FNC",
        f"{mean:+.4f}",
        "my-file.parquet",
        "20 eras, 0001 to 0020",
    )
    assert [word for word in wanted if word not in text] == []
    assert page.count("<svg") == 6
    assert len(page) < 300_000
    assert pages.diagnosis_page(found, "my-file.parquet") == page


def test_page__colours_of_its_plots__are_the_page_s_own(tmp_path):
    page = pages.diagnosis_page(diagnose(tmp_path, make_columns(9)), "file.parquet")

    plots = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert not any(colour in page for colour in diagnosis_plots.COLOURS.values())
    assert set(re.findall(r"var\(--(\w+)\)", plots)) <= set(diagnosis_plots.COLOURS)
    assert all(f"--{name}:" in page for name in diagnosis_plots.COLOURS)


def test_plots__series_of_another_length__are_refused():
    with pytest.raises(DataError, match="every series of the plot bars must have 2 values"):
        diagnosis_plots.bars(["1", "2"], np.zeros(3), 0.0)
    with pytest.raises(DataError, match="over 0"):
        diagnosis_plots.drawdown([], np.zeros(0))
