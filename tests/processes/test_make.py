"""`make` as a newcomer types it: the list of targets is true."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def make(*words):
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def listed():
    return re.findall(r"^make ([\w-]+) +\S", make("help").stdout, re.MULTILINE)


def test_help__listed_targets__are_all_that_there_are():
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    # `gates` is a part of test and check, and no word of its own.
    assert sorted([*listed(), "gates"]) == sorted(declared[1].split())


@pytest.mark.parametrize("target", listed())
def test_target__dry_run__is_known(target):
    assert make("--dry-run", target).returncode == 0


def test_make__without_a_target__lists_them():
    assert make().stdout == make("help").stdout


@pytest.mark.parametrize("marker", ["bench", "chaos"])
def test_marker__of_a_target__has_tests(marker):
    marked = re.compile(rf"pytest\.mark\.{marker}\b")

    assert any(marked.search(file.read_text()) for file in (ROOT / "tests").rglob("test_*.py"))
