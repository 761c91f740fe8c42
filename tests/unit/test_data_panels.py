from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from tasks.adapters import panels
from tasks.core.data import defects, panel
from tasks.core.errors import DataError
from tests.panels import make_panel, scaled

HEADER = "date,open,high,low,close,volume,Name\n"
ROWS = ["2016-01-04,1,2,0.5,1.5,100,A\n", "2016-01-05,1,2,0.5,1.6,100,A\n"]


def write(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("".join(lines))
    return path


def planted():
    """Return a panel with one of each defect."""
    whole = scaled(make_panel(n_assets=12), 5, slice(200, None), 0.4)
    whole = scaled(whole, 6, slice(210, 211), 0.4)
    values = {field: getattr(whole, field).copy() for field in panel.FIELDS}
    for field in panel.FIELDS:
        values[field][:20, 0] = np.nan
        values[field][100, 1] = np.nan
        values[field][300:, 2] = np.nan
    values["open"][50, 3] = np.nan
    values["high"][60, 3], values["low"][60, 3] = values["low"][60, 3], values["high"][60, 3]
    values["volume"][70, 4] = 0
    values["open"][80, 4] = values["high"][80, 4] * 1.1
    values["low"][90, 4] = -1.0
    return replace(whole, sectors=(None, *whole.sectors[1:]), **values)


@pytest.mark.parametrize(
    ("kind", "asset", "day"),
    [
        ("late_start", 0, 20),
        ("missing_day", 1, 100),
        ("early_end", 2, 299),
        ("null_price", 3, 50),
        ("high_below_low", 3, 60),
        ("zero_volume", 4, 70),
        ("outside_range", 4, 80),
        ("not_positive", 4, 90),
        ("suspect", 5, 200),
        ("bad_print", 6, 210),
        ("no_sector", 0, None),
        ("sectors_not_point_in_time", None, None),
    ],
)
def test_find_defects__planted__is_reported_once(kind, asset, day):
    whole = planted()
    name = "" if asset is None else whole.names[asset]
    date = None if day is None else str(whole.dates[day])

    found = defects.find_defects(whole)

    matching = [d for d in found if d.kind == kind and (d.asset, d.date) == (name, date)]
    assert len(matching) == 1
    assert matching[0].detail
    assert defects.count_kinds(found)[kind] >= 1


def test_find_defects__clean_panel__reports_only_the_sectors():
    found = defects.find_defects(make_panel(n_assets=12))

    assert defects.count_kinds(found) == {"sectors_not_point_in_time": 1}


def test_read_panel__folder__concatenates_and_recognises_by_header(tmp_path):
    write(tmp_path, "b.csv", HEADER, "2016-01-05,1,2,0.5,,100,B\n", ROWS[1])
    write(tmp_path, "a.csv", HEADER, ROWS[0])
    write(tmp_path, "sectors.csv", "Symbol,Sector\n", "A,Energy\n")
    write(tmp_path, "readme.csv", "what,ever\n")
    write(tmp_path, "actions.csv", "date,Name,kind,value\n", "2016-01-05,A,split,0.5\n")

    read = panels.read_panel(tmp_path)

    assert read.names == ("A", "B")
    assert [str(date) for date in read.dates] == ["2016-01-04", "2016-01-05"]
    assert read.close[:, 0].tolist() == [1.5, 1.6]
    assert np.isnan(read.close[:, 1]).all()
    assert read.sectors == ("Energy", None)
    assert (read.actions[0].kind, read.actions[0].value) == ("split", 0.5)
    assert any("readme.csv" in note and "skipped" in note for note in read.notes)


def test_read_panel__csv_and_parquet__are_the_same(tmp_path):
    file = write(tmp_path, "a.csv", HEADER, *ROWS)
    parquet.write_table(csv.read_csv(file), tmp_path / "a.parquet")

    both = [panels.read_panel(tmp_path / name) for name in ("a.csv", "a.parquet")]

    assert panel.digest(both[0]) == panel.digest(both[1])


def test_read_panel__a_ticker_named_na__is_an_asset(tmp_path):
    file = write(tmp_path, "a.csv", HEADER, "2016-01-04,1,2,0.5,1.5,100,NA\n")

    assert panels.read_panel(file).names == ("NA",)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((HEADER, ROWS[0], "2016-01-05,1,2,abc,1.6,100,A\n"), r"line 3, column 'low': 'abc'"),
        ((HEADER, ROWS[0], "05/01/2016,1,2,1,1.6,100,A\n"), r"line 3, column 'date': '05/01/2"),
        ((HEADER, *ROWS, ROWS[0]), r"line 4: A on 2016-01-04 is there already"),
        ((HEADER, "2016-01-04,1,2,inf,1.5,100,A\n"), r"line 2, column 'low': the value is inf"),
        ((HEADER, ",1,2,1,1.5,100,A\n"), r"line 2: the date is missing"),
        ((HEADER, "2016-01-04,1,2,1,1.5,100,\n"), r"line 2: the Name is missing"),
        ((HEADER.replace("close,", ""), ROWS[0]), r"the column 'close' is missing"),
        ((HEADER.replace("high", "open"), ROWS[0]), r"the column 'high' is missing"),
        ((HEADER,), r"there are no prices in it"),
        ((HEADER, "2016-01-04,1,2\n"), r"Expected 7 columns, got 3"),
    ],
)
def test_read_panel__bad_file__is_one_line_that_names_the_place(tmp_path, lines, message):
    file = write(tmp_path, "prices.csv", *lines)

    with pytest.raises(DataError, match=message) as error:
        panels.read_panel(file)

    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


def test_read_panel__duplicate_across_files__names_the_second(tmp_path):
    write(tmp_path, "a.csv", HEADER, ROWS[0])
    write(tmp_path, "b.csv", HEADER, ROWS[1], ROWS[0])

    with pytest.raises(DataError, match=r"b\.csv, line 3: A on 2016-01-04"):
        panels.read_panel(tmp_path)


def test_read_panel__text_in_a_parquet_price__names_the_column(tmp_path):
    table = pa.table({name: ["x"] for name in HEADER.strip().split(",")})
    parquet.write_table(
        table.set_column(0, "date", pa.array(["2016-01-04"])), tmp_path / "a.parquet"
    )

    with pytest.raises(DataError, match=r"a\.parquet.*column 'open': 'x' is not a number"):
        panels.read_panel(tmp_path)


@pytest.mark.parametrize("content", [b"\x80\x81", b"PAR1 but not really"])
def test_read_panel__not_a_table__is_a_data_error(tmp_path, content):
    for name in ("a.csv", "a.parquet"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=name):
            panels.read_panel(tmp_path / name)


def test_read_panel__nothing_there__says_so(tmp_path):
    with pytest.raises(DataError, match="no CSV or Parquet file with prices"):
        panels.read_panel(tmp_path)
    with pytest.raises(DataError, match="no such file or folder"):
        panels.read_panel(tmp_path / "absent")


def test_read_panel__bad_actions__name_the_line(tmp_path):
    prices = write(tmp_path, "p.csv", HEADER, *ROWS)
    unknown = write(tmp_path, "a.csv", "date,Name,kind,value\n", "2016-01-05,A,merger,1\n")
    zero = write(tmp_path, "z.csv", "date,Name,kind,value\n", "2016-01-05,A,split,0\n")

    with pytest.raises(DataError, match=r"a\.csv, line 2: kind 'merger'"):
        panels.read_panel(prices, actions=unknown)
    with pytest.raises(DataError, match=r"z\.csv, line 2: the value 0"):
        panels.read_panel(prices, actions=zero)


def test_require_size__too_small__says_how_many_are_needed():
    small = make_panel(n_assets=12, n_days=260)

    with pytest.raises(DataError, match="the panel has 260, at least 300 are needed"):
        panel.require_size(small, min_days=300, min_assets=5)
    with pytest.raises(DataError, match="the panel has 12, at least 100 are needed"):
        panel.require_size(small, min_days=200, min_assets=100)
