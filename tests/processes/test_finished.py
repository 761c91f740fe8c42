"""A finished home: reported again at once, refused to other arguments, moved aside on demand."""

import json
import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from tasks.adapters.home import Home
from tests import commands

STARTED = ("prefect", "distributed", "web3", "numpy")


def modules_of(*words):
    """Return what a command imports, by Python's own account."""
    done = commands.run(*words, PYTHONPROFILEIMPORTTIME="1")
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert lines
    return done, {line.rpartition("|")[2].strip().split(".")[0] for line in lines}


def told_prefect(home):
    """Return what the runs of a home logged in Prefect's server."""
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as database:
        return [message for (message,) in database.execute("SELECT message FROM log")]


def test_play__open_homes_among_the_parameters__prefect_hashes_and_pickles_none(unbroken):
    told = told_prefect(unbroken)

    words = re.compile(r"hash|pickl|serializ|cache key", re.IGNORECASE)
    assert any("Finished in state Completed" in message for message in told)
    assert [message for message in told if words.search(message)] == []
    for log in (unbroken / "run").glob("*.log"):
        assert not words.search(log.read_text(errors="replace")), log


@pytest.mark.parametrize("words", [("--help",), ("play", "--help"), ("verify", "--help")])
def test_help__before_anything_is_asked__imports_nothing_heavy(words):
    done, modules = modules_of(*words)

    assert done.returncode == 0
    assert "Usage: erarium" in done.stdout
    assert modules.isdisjoint(STARTED)


def test_play__finished_home__prints_its_report_and_starts_nothing(unbroken, tmp_path):
    before = sorted((unbroken / "run").iterdir())
    again, modules = modules_of(
        "play", "--home", unbroken, *commands.SMALL, "--json", tmp_path / "again.json"
    )

    assert again.returncode == 0
    assert "3 rounds, eras 0135 to 0137" in again.stdout
    assert modules.isdisjoint(STARTED)
    assert sorted((unbroken / "run").iterdir()) == before
    assert (tmp_path / "again.json").read_bytes() == (
        unbroken.with_name("report.json").read_bytes()
    )


def test_report__home_of_the_environment__is_printed(unbroken, tmp_path):
    told = commands.run("report", "--home", unbroken)
    found = commands.run("report", ERARIUM_HOME=str(unbroken))
    other = commands.run("report", "--home", tmp_path, ERARIUM_HOME=str(unbroken))

    assert (found.returncode, found.stdout) == (0, told.stdout)
    assert other.returncode == 2


def test_play__finished_home_and_other_arguments__is_refused(unbroken):
    refused = commands.play(unbroken, "--seed", "7")

    assert refused.returncode == 2
    assert "was made with other arguments (seed 0, now 7)" in refused.stderr
    assert "--fresh" in refused.stderr


def test_play__fresh_on_a_finished_home__moves_it_aside_and_plays_anew(ingested):
    aside = ingested.with_name("home.old-1")

    assert Home.open(aside).facts.arguments == {"seed": 1}
    assert (aside / "report.json").read_text() == "{}"
    assert Home.open(ingested).facts.arguments["seed"] == 0
    assert not (ingested / "report.json").exists()


def test_report__failed_verification__exits_1(unbroken, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(unbroken / "home.json", home)
    report = json.loads((unbroken / "report.json").read_bytes()) | {"verified": False}
    (home / "report.json").write_text(json.dumps(report))

    again = commands.play(home)

    assert again.returncode == 1
    assert "A CHECK FAILED" in again.stdout
