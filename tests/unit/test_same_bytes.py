"""The comparison of two checkouts' homes: what it passes over, and what it tells by name."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests import checkouts, same_bytes

SENT = {"from": "0xa", "nonce": "0x0", "to": "0xb", "input": "0x", "value": "0x0", "hash": "0xc"}


@pytest.fixture
def home(tmp_path):
    """Give a function that makes a small home; keywords change what stands in it."""

    def make(name, *, version="1", rows="7", sealed="abc", purposes=("open/1", "book/1")):
        root = tmp_path / name
        (root / "lake" / "rounds").mkdir(parents=True)
        document = f'{{"code_version":"{version}","rows":{rows}}}'
        (root / "lake" / "rounds" / "book.json").write_text(document)
        (root / "lake" / "file.sealed").write_text(sealed)
        (root / "report.json").write_text(json.dumps({"rounds": [{"root": rows}]}))
        with closing(sqlite3.connect(root / "journal.sqlite")) as database, database:
            database.execute("CREATE TABLE writes (id INTEGER, purpose, state, nonce)")
            rows = [(number, purpose, "mined", 0) for number, purpose in enumerate(purposes)]
            database.executemany("INSERT INTO writes VALUES (?, ?, ?, ?)", rows)
        return root

    return make


def told(old, new, changes=None):
    """Return the lines of each subject in which two homes differ."""
    first = same_bytes.evidence(old, [SENT | {"time": "0x1"}])
    second = same_bytes.evidence(new, [SENT | {"time": "0x1"} | (changes or {})])
    lines = {
        subject: same_bytes.differences(texts, second.subjects[subject])
        for subject, texts in first.subjects.items()
    }
    return {subject: found for subject, found in lines.items() if found}


def test_evidence__other_code_version_sealed_bytes_and_signature__are_passed_over(home):
    old = home("old")
    new = home("new", version="22", sealed="xyz")

    assert told(old, new, {"hash": "0xd"}) == {}
    assert same_bytes.evidence(old, []).versioned == ["lake/rounds/book.json"]


@pytest.mark.parametrize(
    ("changes", "subject", "line"),
    [
        ({"sealed": "abcd"}, "files", "lake/file.sealed: 3 bytes | 4 bytes"),
        (
            {"purposes": ("book/1", "open/1")},
            "purposes",
            "journal.sqlite, write 0: open/1 (mined, nonce 0) | book/1 (mined, nonce 0)",
        ),
        ({"purposes": ("open/1",)}, "purposes", "journal.sqlite, write 1: only in OLD"),
        ({"rows": "8"}, "report", 'rounds[0].root: "7" | "8"'),
    ],
)
def test_evidence__something_changed__is_told_by_its_name(home, changes, subject, line):
    assert line in told(home("old"), home("new", **changes))[subject]


@pytest.mark.parametrize("field", ["from", "nonce", "to", "input", "value", "time"])
def test_evidence__transaction_with_another_field__is_told_by_its_number(home, field):
    found = told(home("old"), home("new"), {field: "0xff"})

    assert [line.partition(":")[0] for line in found["transactions"]] == [f"transaction 0 {field}"]


@pytest.mark.parametrize("module", ["tests.same_bytes", "tests.walk"])
def test_script__bad_arguments__says_one_line_and_leaves_with_two(module, tmp_path):
    words = {"tests.same_bytes": [tmp_path, tmp_path], "tests.walk": ["--checkout", tmp_path]}
    argv = [sys.executable, "-m", module, *map(str, words[module])]

    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.endswith("is no checkout: it has no pyproject.toml\n")
    assert done.stderr.count("\n") == 1


def test_find__checkout_without_interpreter__says_what_to_do(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project.scripts]\nerarium = "flows.cli:main"\n')

    with pytest.raises(checkouts.CheckoutError, match="run `make setup` there"):
        checkouts.find(tmp_path, None)
