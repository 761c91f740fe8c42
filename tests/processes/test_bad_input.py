"""Bad input: one line that says what to mend, exit code 2, and nothing published."""

import json
import shutil
import socket
import sys
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv

from flows.cli import main
from tasks.adapters import locks
from tasks.adapters.home import Home
from tests import commands, panels

HEADER = "date,open,high,low,close,volume,Name\n"
ROW = "2016-05-19,1,1,1,1,100,AAA\n"


def call(monkeypatch, capsys, *words):
    """Run the command in this process, for what fails before it starts anything."""
    monkeypatch.setattr(sys, "argv", ["erarium", *map(str, words)])
    command: Callable[[], None] = main.main
    with pytest.raises(SystemExit) as stopped:
        command()
    return stopped.value.code, capsys.readouterr()


def write_panel(path, panel, names=None):
    """Write a panel as the CSV file that `play` reads, without the rows that have no close."""
    days, assets = np.nonzero(np.isfinite(panel.close))
    columns = {name: getattr(panel, name)[days, assets] for name in HEADER.split(",")[1:6]}
    table = pa.table(
        {
            "date": pa.array(panel.dates[days]),
            **columns,
            "Name": [panel.names[asset] for asset in assets],
        }
    )
    csv.write_csv(table, path)
    return path


def prices(tmp_path, text):
    file = tmp_path / "prices.csv"
    file.write_text(text)
    return file


def missing_column(tmp_path):
    return "--prices", prices(tmp_path, HEADER.replace("volume,", ""))


def text_for_a_price(tmp_path):
    return "--prices", prices(tmp_path, HEADER + ROW + ROW.replace("1,100", "n/a,100"))


def empty_folder(tmp_path):
    folder = tmp_path / "nothing"
    folder.mkdir()
    return "--prices", folder


def empty_file(tmp_path):
    return "--prices", prices(tmp_path, "")


def no_such_file(tmp_path):
    return "--prices", tmp_path / "none.csv"


def no_such_sectors(tmp_path):
    return "--prices", prices(tmp_path, HEADER + ROW), "--sectors", tmp_path / "none.csv"


def too_few_dates(tmp_path):
    return "--simulated-days", 500, "--simulated-ids", 100, "--rounds", 3


def too_many_rounds(tmp_path):
    return "--simulated-days", 700, "--simulated-ids", 100, "--rounds", 500


def too_few_assets(tmp_path):
    panel = panels.make_panel(n_assets=99, n_days=600)
    return "--prices", write_panel(tmp_path / "prices.csv", panel), "--rounds", 3


def other_kind(tmp_path):
    Home.create(tmp_path / "home", "live", None, 0x4552_0000_0001, {})
    return ()


def other_version(tmp_path):
    home = Home.create(tmp_path / "home", "replay", 0, 0x4552_0000_0001, {})
    facts = json.loads((home.root / "home.json").read_bytes())
    (home.root / "home.json").write_text(json.dumps(facts | {"version": 2}))
    return ()


def other_arguments(tmp_path):
    Home.create(tmp_path / "home", "replay", 0, 0x4552_0000_0001, {"modellers": 13, "seed": 0})
    return "--modellers", 9


def damaged_home(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "home.json").write_text("{")
    return ()


def somebodys_folder(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years of work")
    return "--simulated-days", 600, "--simulated-ids", 100, "--rounds", 1


def somebodys_folder_fresh(tmp_path):
    return *somebodys_folder(tmp_path), "--fresh"


def fresh_without_prices(tmp_path):
    Home.create(tmp_path / "home", "replay", 0, 0x4552_0000_0001, {})
    return "--fresh", "--prices", tmp_path / "none.csv"


def json_below_a_file(tmp_path):
    return "--json", prices(tmp_path, ROW) / "report.json"


def json_at_a_folder(tmp_path):
    return "--json", tmp_path


BAD = {
    missing_column: "the column 'volume' is missing; needs date,open,",
    text_for_a_price: "line 3, column 'close': 'n/a' is not a number",
    empty_folder: "nothing: the folder has no CSV or Parquet file with prices",
    empty_file: "prices.csv: ",
    no_such_file: "none.csv: no such file or folder",
    no_such_sectors: "none.csv: cannot be read: ",
    too_few_dates: "too few dates: the panel has 500, at least ",
    too_many_rounds: "too few dates: the panel has 700, at least ",
    too_few_assets: "too few assets: the panel has 99, at least 100 are needed",
    other_kind: "is a live home, not a replay one",
    other_version: "has layout version 2, this program has 1",
    other_arguments: "was made with other arguments (modellers 13, now 9",
    damaged_home: "home.json is damaged",
    somebodys_folder: "is no empty folder and no home: choose another --home",
    somebodys_folder_fresh: "is no empty folder and no home: choose another --home",
    fresh_without_prices: "none.csv: no such file or folder",
    json_below_a_file: "cannot be written: Not a directory; see `erarium play --help`",
    json_at_a_folder: "is a directory; see `erarium play --help`",
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.__name__)
def test_play__bad_input__says_what_to_mend_and_makes_nothing(case, tmp_path, monkeypatch, capsys):
    words = case(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    code, printed = call(monkeypatch, capsys, "play", "--home", tmp_path / "home", *words)

    assert code == 2
    assert printed.out == ""
    assert printed.err.startswith("erarium: ")
    assert printed.err.count("\n") == 1
    assert BAD[case] in printed.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "words",
    [
        ("--modellers", 3),
        ("--rounds", 0),
        ("--rounds", "some"),
        ("--seed", -1),
        ("--simulated-ids", 99),
        ("--port", 70_000),
        ("--colour", "red"),
    ],
)
def test_play__word_out_of_range__names_the_option(words, tmp_path, monkeypatch, capsys):
    code, printed = call(monkeypatch, capsys, "play", "--home", tmp_path / "home", *words)

    assert code == 2
    assert printed.err.startswith("erarium: ")
    assert printed.err.count("\n") == 1
    assert words[0] in printed.err
    assert not (tmp_path / "home").exists()


def test_play__port_that_is_taken__says_so(tmp_path, monkeypatch, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        code, printed = call(
            monkeypatch, capsys, "play", "--home", tmp_path / "home", "--port", port
        )

    assert (code, printed.err) == (
        2,
        f"erarium: port {port} for Prefect is taken: choose another\n",
    )
    assert not (tmp_path / "home").exists()


def test_play__home_in_use__exits_3_and_names_the_holder(ingested, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(ingested, home)

    with locks.exclusive(home / "lock", "hold it for a test"):
        refused = commands.run("play", "--home", home, *commands.SMALL, ERARIUM_LOCK_WAIT_S="0.1")

    assert refused.returncode == 3
    assert refused.stderr.endswith("(hold it for a test)\n")
    assert refused.stderr.startswith(f"erarium: {home} is being written by process ")
    assert refused.stderr.count("\n") == 1


def test_play__assets_without_history__one_line_from_inside_the_flow(tmp_path):
    # The panel is large enough; that an era in it is not shows when the eras are built.
    panel = panels.make_panel(n_assets=110, n_days=600)
    panel.close[:400, :30] = np.nan
    file = write_panel(tmp_path / "prices.csv", panel)
    home = tmp_path / "home"

    failed = commands.run("play", "--home", home, "--prices", file, "--rounds", 3)

    last = failed.stderr.splitlines()[-1]
    assert failed.returncode == 2
    assert last.startswith("erarium: too few assets: 80 with enough history on ")
    assert last.endswith("at least 100 are needed")
    assert [line for line in failed.stderr.splitlines()[:-1] if "Prefect's pages" not in line] == []
    assert not home.exists()


@pytest.mark.parametrize("command", ["verify", "report", "node"])
def test_command__no_home_there__says_so(command, tmp_path, monkeypatch, capsys):
    code, printed = call(monkeypatch, capsys, command, "--home", tmp_path / "none")

    assert code == 2
    assert printed.err == f"erarium: {tmp_path / 'none'} is not a home: it has no home.json\n"


@pytest.mark.parametrize("command", ["verify", "node"])
def test_command__home_without_a_chain__says_what_to_do(command, ingested, monkeypatch, capsys):
    code, printed = call(monkeypatch, capsys, command, "--home", ingested)

    assert code == 2
    assert printed.err == (
        "erarium: this home's contracts are not deployed yet: run `erarium play`\n"
    )


def test_report__unfinished_home__says_what_to_do(ingested, monkeypatch, capsys):
    code, printed = call(monkeypatch, capsys, "report", "--home", ingested)

    assert code == 2
    assert "has no report yet: run `erarium play`" in printed.err


def test_verify__chain_program_missing__says_so_in_one_line(unbroken):
    refused = commands.run("verify", "--home", unbroken, ERARIUM_ANVIL="/nonexistent/anvil")

    assert refused.returncode == 2
    assert refused.stderr.startswith(f"erarium: the chain of {unbroken} does not start: ")
    assert "/nonexistent/anvil is missing: run `make setup`" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert commands.processes_of(unbroken) == []
