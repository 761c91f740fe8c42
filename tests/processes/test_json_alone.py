"""`--json -` where commands succeed: standard output is one JSON document and nothing else."""

import json
import shutil
import signal

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests import commands, in_process, snapshots
from tests import submission_files as files
from tests.in_process import call

ELSEWHERE = {
    *{("up",), ("status",), ("down",)},  # test_up_down.py, which has a live home
    *{("model", "deposit"), ("model", "withdraw"), ("submit",)},  # tests/flows/test_modelling.py
    ("abandon",),  # what it gives is what `settle` does
}
"""What a finished home cannot serve; the errors of all commands are in tests/unit."""

LIVE = "live_205"
ESTIMATOR = """
import numpy as np
print("an estimator of somebody's own says hello")


class Half:
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.asarray(X)[:, 0] + 0.1 * np.arange(len(X)) / len(X)
"""


@pytest.fixture(scope="module")
def home(unbroken, tmp_path_factory):
    """Give a finished home of this module's own."""
    return shutil.copytree(unbroken, tmp_path_factory.mktemp("finished") / "home")


def of_files(folder):
    """Return what to type for the commands that need no chain, with files to read."""
    ids = files.live_ids()
    parquet.write_table(files.table(ids, files.predictions()), folder / "mine.parquet")
    eras = [f"{1 + number // 10:04d}" for number in range(len(ids))]
    whole = {"id": ids, "era": eras, "mine": files.predictions(), "target": [0.25, 0.75] * 25}
    parquet.write_table(pa.table(whole), folder / "whole.parquet")
    row = "round,model,corr,mmc,payout_factor,stake\n1,a,0.01,0.02,1,10\n"
    (folder / "stakes.csv").write_text(row)
    (folder / "half.py").write_text(ESTIMATOR)
    snapshots.publish(folder / "lake", live=205, n_eras=20)
    return {
        ("score",): ("--predictions", "whole.parquet"),
        ("diagnose",): ("--predictions", "whole.parquet"),
        ("validate",): ("mine.parquet", "--live", "whole.parquet"),
        ("payouts",): ("stakes.csv",),
        ("cv",): (
            *(LIVE, "--lake", "lake", "--estimator", "half.py:Half"),
            *("--folds", 2, "--min-train", 4, "--target", "5d1l"),
        ),
    }


def of_home(home):
    """Return what to type for the commands that have a finished home."""
    here = ("--home", home)
    return {
        ("play",): (*here, *commands.SMALL),
        ("report",): here,
        ("export",): (*here, "--to", "handed"),
        ("verify",): (*here, "--round", commands.ROUNDS[0]),
        ("settle",): (*here, "--all"),
        ("grant",): ("0x" + "ab" * 20, *here),
        ("chain", "doctor"): here,
    }


def of_chain(served, home):
    """Return what to type for the commands that have a chain and a lake."""
    place = ("--rpc", served["rpc"], "--tournament", served["tournament"], "--lake", home / "lake")
    return {
        ("rounds",): place,
        ("leaderboard",): (*place, "--season", "all"),
        ("data", "list"): place,
        ("data", "download"): place,
        ("scores",): ("--model", "ab" * 32, *place),
        ("model", "create"): ("mine", *place),
        ("model", "status"): (),
    }


def test_json_alone__every_command__is_one_document(home, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    tried = [("node",)]

    def say_all(cases):
        for name, words in cases.items():
            code, printed = call(monkeypatch, capsys, *name, *words, "--json", "-")
            assert code == 0, (name, printed.err)
            assert isinstance(json.loads(printed.out), dict), name
            tried.append(name)

    say_all(of_files(tmp_path) | of_home(home))
    node = commands.start("node", "--home", home, "--json", "-")
    try:
        text = iter(node.stdout.readline, "}\n")
        served = json.loads("".join([*text, "}"]))
        say_all(of_chain(served, home))
    finally:
        node.send_signal(signal.SIGTERM)
        left, errors = node.communicate(timeout=60)

    assert (node.returncode, left, errors) == (0, "", "")
    assert sorted(tried) == sorted(set(in_process.commands()) - ELSEWHERE)
