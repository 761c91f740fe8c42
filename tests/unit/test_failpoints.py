import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.adapters import failpoints
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


@pytest.mark.parametrize(("wanted", "code"), [("open/7", -signal.SIGKILL), ("open/8", 0)])
def test_reach__named_place__kills_at_once(wanted, code):
    program = "from tasks.adapters import failpoints; failpoints.reach('open', 7)"

    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "ERARIUM_FAILPOINT": wanted},
        cwd=ROOT,
        check=False,
    )

    assert ended.returncode == code
