"""`verify`: it needs lake and chain alone, and finds whatever was changed, by its place."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks import auditing
from tasks.adapters.lake import Lake
from tasks.adapters.settings import Settings
from tasks.core.money.units import RoundId
from tasks.core.protocol.documents.ref import Ref
from tasks.verification import home as verification
from tests.flows import tampering

_NEEDED = ("home.json", "lake", "node")


@pytest.fixture
def lake(played, tmp_path):
    """Give a copy of the played lake to tamper with; the chain is the played one's."""
    return Lake(Path(shutil.copytree(played.stopped / "lake", tmp_path / "lake")))


@pytest.fixture
def stopped(played, tmp_path):
    """Give a copy of the home, its chain stopped."""
    return Path(shutil.copytree(played.stopped, tmp_path / "home"))


def failures(played, lake):
    checks = verification.verify(lake, played.tournament.opened.chain)
    return [check for check in checks if check.fails]


def erarium(*arguments):
    code = "from flows.cli import main; main.main()"
    argv = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, env=dict(os.environ))


def test_verify__untouched__all_checks_hold_for_every_round(played, lake):
    checks = verification.verify(lake, played.tournament.opened.chain)

    assert [check.line() for check in checks if check.fails] == []
    for round_id in played.rounds:
        names = {check.name for check in checks if check.round_id == round_id}
        assert {"terms", "book", "commitments", "predictions", "meta-model"} < names
        assert {"targets", "scores", "table", "root", "settlement"} < names
    assert {check.name for check in checks if check.round_id is None} == {
        "log",
        "balances",
        "supply",
    }


def test_verify__node_stopped_and_nothing_private_left__starts_the_chain_and_holds(stopped):
    for path in set(stopped.iterdir()) - {stopped / name for name in _NEEDED}:
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    checks = auditing.verify(Settings(home=stopped), None)

    assert len(checks) > 40
    assert all(check.holds for check in checks)
    assert {path.name for path in stopped.iterdir()} == {*_NEEDED, "lock", "run"}


def test_verify__one_round__checks_that_round_alone(played, lake):
    round_id = played.rounds[1]

    checks = verification.verify(lake, played.tournament.opened.chain, round_id)

    assert {check.round_id for check in checks} == {None, round_id}


def test_verify__round_that_is_not_there__fails(played, lake):
    checks = verification.verify(lake, played.tournament.opened.chain, RoundId(9_999))
    (check,) = [check for check in checks if check.round_id is not None]

    assert not check.holds
    assert "round 9999" in check.line()


TAMPERED = [
    (tampering.flip_prediction, r"predictions: predictions of {model0} differ"),
    (tampering.change_prediction, r"predictions: predictions of {model0} differ"),
    (tampering.swap_predictions, r"predictions: predictions of {model0} differ.*{model1} differ"),
    (tampering.drop_prediction, r"predictions: the matrix is \(5, \d+\)"),
    (tampering.change_target, r"targets: the targets are not those proposed"),
    (tampering.change_meta_model, r"meta-model: the published column differs"),
    (tampering.change_benchmark, r"benchmark: the benchmark column differs"),
    (tampering.swap_ids, r"alignment: the ids are not sorted"),
    (tampering.change_score, r"scores: corr of {model1} is -?\d+, not -?\d+"),
    (tampering.change_score_by_one_nano, r"results: the results' scores_sha256 is"),
    (tampering.change_blend_score, r"blends: corr of the meta_model blend is"),
    (tampering.change_return, r"table: row of {model2} is"),
    (tampering.change_profit, r"table: row of {model2} is"),
    (tampering.change_root, r"results: the results' root is"),
    (tampering.change_stake, r"entrants: {model3}: the book differs from the log"),
    (tampering.swap_digests, r"commitments: {model0}: digest and salt give another"),
    (tampering.hide_entrant, r"entrants: the book's models are not those that entered"),
    (tampering.change_terms, r"terms: the published terms give another config"),
    (tampering.change_multiplier, r"terms: the scoring rule has another digest"),
]


@pytest.mark.parametrize(
    ("tamper", "pattern"), TAMPERED, ids=[tamper.__name__ for tamper, _ in TAMPERED]
)
def test_verify__one_thing_changed__fails_and_names_the_place(played, lake, tamper, pattern):
    round_id = played.rounds[1]
    rows = played.report["rounds"][1]["models"]
    names = {f"model{place}": row["model"] for place, row in enumerate(rows)}

    tamper(lake, round_id)

    failed = failures(played, lake)
    assert {check.round_id for check in failed} == {round_id}
    lines = "\n".join(check.line() for check in failed)
    assert re.search(rf"FAIL round {round_id}: " + pattern.format(**names), lines), lines


DOCUMENTS = ("open", "book", "results", "scores", "table", "live")
DAMAGED = {
    "missing": None,
    "empty": b"",
    "no JSON": b"\xff{",
    "a list": b"[]",
    "an empty object": b"{}",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_verify__damaged_document__is_a_failed_check_of_its_round(played, lake, name, content):
    round_id = played.rounds[0]
    place = "versions/v1/live_{}/manifest" if name == "live" else "rounds/{}/" + name
    path = lake.root / f"{place.format(round_id)}.json"

    replace_file(path, content)

    failed = failures(played, lake)
    assert {check.round_id for check in failed} == {round_id}
    assert all("\n" not in check.line() for check in failed)


@pytest.mark.parametrize("name", ["open", "book", "results", "scores", "table"])
def test_verify__entry_of_another_kind__is_a_failed_check_of_its_round(played, lake, name):
    round_id = played.rounds[0]
    path = lake.root / f"rounds/{round_id}/{name}.json"
    document = json.loads(path.read_bytes())

    for key in sorted(set(document) - {"round"}):
        path.write_text(json.dumps(document | {key: 3}))

        failed = verification.verify(lake, played.tournament.opened.chain, round_id)
        assert any(not check.holds for check in failed), f"{key} of {name} is not checked"


OBJECTS = {
    "missing": lambda content: None,
    "empty": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "a zip file's beginning": lambda content: b"PK\3\4" + content,
    "a byte too long": lambda content: content + b"\0",
    "noise": lambda content: bytes(reversed(content)),
}


@pytest.mark.parametrize("damage", OBJECTS.values(), ids=OBJECTS)
@pytest.mark.parametrize("name", ["columns", "predictions", "live features"])
def test_verify__damaged_object__is_a_failed_check_of_its_round(played, lake, name, damage):
    round_id = played.rounds[2]
    manifest = lake.document(f"versions/v1/live_{round_id}/manifest")
    results = lake.document(f"rounds/{round_id}/results")
    entry = manifest["eras"][-1]["features"] if name == "live features" else results[name]
    path = lake.path(Ref.from_document(entry))

    replace_file(path, damage(path.read_bytes()))

    assert {check.round_id for check in failures(played, lake)} == {round_id}


HEADERS = {
    "more numbers than there is memory for": "'<f8', 'fortran_order': False, 'shape': (9, 10**12)",
    "no dimension": "'<f8', 'fortran_order': False, 'shape': ()",
    "Python objects": "'O', 'fortran_order': False, 'shape': (6, 3)",
    "integers": "'<i8', 'fortran_order': False, 'shape': (6, 118)",
    "an open bracket": "(((('<f8'",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_verify__matrix_with_a_hostile_header__is_a_failed_check(played, lake, header):
    round_id = played.rounds[0]
    line = f"{{'descr': {header.replace('10**12', str(10**12))}, }}\n".encode()
    magic = b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little")

    tampering.swap_object(lake, round_id, "predictions", magic + line + bytes(6 * 118 * 8))

    (failed, *_) = failures(played, lake)
    assert failed.round_id == round_id


def test_erarium_verify__untouched_then_one_wei_changed__exits_with_0_then_1(played, stopped):
    good = erarium("verify", "--home", stopped)
    tampering.change_stake(Lake(stopped / "lake"), played.rounds[0])
    bad = erarium("verify", "--home", stopped, "--round", played.rounds[0])

    assert (good.returncode, good.stderr) == (0, "")
    assert "FAIL" not in good.stdout
    assert (bad.returncode, bad.stderr) == (1, "")
    assert f"FAIL round {played.rounds[0]}: entrants: " in bad.stdout


def replace_file(path, content):
    """Write bytes in a file's place; None removes it."""
    path.unlink()
    if content is not None:
        path.write_bytes(content)
