"""`make parity`: the runner of numerai-tools' own tests, on checkouts made up here."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.parity import run

PASSING = """
from numerai_tools import scoring
from numerai_tools.submissions import _validate_headers, _validate_ids


def test_modules__under_the_peers_name__are_ours():
    for function in (scoring.numerai_corr, _validate_headers, _validate_ids):
        assert function.__module__.startswith("tasks.numerai_compat")
"""
FAILING = """

def test_arithmetic__wrong__fails():
    assert 1 + 1 == 3
"""


def make_checkout(folder, source, name="numerai-tools"):
    (folder / "tests").mkdir()
    (folder / "tests" / "__init__.py").touch()
    (folder / "tests" / "test_small.py").write_text(source)
    (folder / "numerai_tools").mkdir()
    (folder / "numerai_tools" / "__init__.py").touch()
    (folder / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "9.8.7"\n')
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize(
    ("source", "code", "counts"), [(PASSING, 0, "1 of 1"), (PASSING + FAILING, 1, "1 of 2")]
)
def test_parity__checkout__counts_the_tests_that_pass_on_ours(tmp_path, source, code, counts):
    before = make_checkout(tmp_path, source)

    ran = subprocess.run(
        [sys.executable, Path(run.__file__), tmp_path], capture_output=True, text=True, check=False
    )

    assert ran.returncode == code, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1] == (
        f"parity: {counts} tests of numerai-tools 9.8.7 pass on tasks.numerai_compat"
    )
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("what", ["nothing", "no folder", "empty folder", "other project"])
def test_parity__no_checkout__says_so_in_one_line(tmp_path, capsys, what):
    if what == "other project":
        make_checkout(tmp_path, PASSING, name="other")
    folder = {"nothing": "", "no folder": str(tmp_path / "none")}.get(what, str(tmp_path))

    code = run.main([folder])

    said = capsys.readouterr().err
    assert code == 2
    assert said.count("\n") == 1
    assert "must be a checkout of github.com/numerai/numerai-tools" in said
