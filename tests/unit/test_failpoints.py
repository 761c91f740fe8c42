import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.adapters import failpoints, processes
from tasks.core.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
POINTS = (*failpoints.HOME_POINTS, *failpoints.ROUND_POINTS, *failpoints.SENDING_POINTS)
STEPS = {"open", "enter", "close", "resolve", "settle"}
"""Reached by one call, after each of a round's steps."""


def reached():
    """The names that calls of `reach` and its like give literally, in all of the sources."""
    for path in sorted((ROOT / "tasks").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func).endswith("reach")):
                continue
            if isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


def test_points__those_of_the_sources__are_the_registered_ones():
    assert sorted({*reached(), *STEPS}) == sorted(POINTS)


def test_names__two_rounds__are_unique_and_in_order():
    names = failpoints.names([7, 8])

    assert len(set(names)) == len(names) == 5 + 2 * len(failpoints.ROUND_POINTS)
    assert (names[0], names[-1]) == ("ingest", "report")


def test_reach__unknown_name__is_refused():
    with pytest.raises(InputError, match="no failpoint is called 'lunch'"):
        failpoints.reach("lunch")


def test_places__one_round__are_distinct_and_of_registered_points():
    places = failpoints.places(7, 2)
    points = [next(each for each in POINTS if name.startswith(f"{each}/")) for name in places]

    assert len(set(places)) == len(places) == 28
    assert set(points) >= {"open", "signed", "sent", "mined", "noted", "settle"}
    assert set(places).isdisjoint(failpoints.places(8, 3))


def reach(wanted, **changes):
    """Reach the place `signed/settle/7/0/ab` in another process, which then ends with 3."""
    program = (
        "import sys; from tasks.adapters import failpoints; "
        "failpoints.reach('signed', 'settle/7/0/ab'); sys.exit(3)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "ERARIUM_FAILPOINT": wanted, **changes},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("signed/settle/7/0/ab", -signal.SIGKILL),
        ("signed/settle/7/0/*", -signal.SIGKILL),
        ("signed/settle/8/0/*", 3),
        ("signed", 3),
    ],
)
def test_reach__named_place__kills_at_once(wanted, code):
    assert reach(wanted) == (code, "")


@pytest.mark.parametrize(
    ("kills", "code", "alive"),
    [("program", -signal.SIGKILL, True), ("node", 3, False), ("both", -signal.SIGKILL, False)],
)
def test_reach__with_a_chain__kills_what_it_is_told(tmp_path, kills, code, alive):
    started = [
        processes.start(tmp_path / "run", name, ["sleep", "60"], os.environ)
        for name in ("chain", "anvil", "server")
    ]

    ended, errors = reach("signed/*", ERARIUM_HOME=str(tmp_path), ERARIUM_FAILPOINT_KILLS=kills)
    living = [each.is_alive() for each in started]
    processes.reap(tmp_path / "run")

    assert ended == code
    assert living == [alive, alive, True]
    assert errors == ("" if alive else "failpoint signed/*: the chain is killed\n")
