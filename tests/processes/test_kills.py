"""kill -9 at a named place, then the same command again: as if nothing had happened."""

from collections import Counter
from dataclasses import fields

import pytest

from tasks.adapters import failpoints
from tests import commands
from tests.commands import Outcome

POINTS = [name for name in failpoints.names(commands.ROUNDS) if name != "ingest"]
# All rounds close before the first one resolves, and after the report nothing is reached.
IN_TURN = sorted(
    (name for name in POINTS if name != "report"),
    key=lambda name: (
        name in failpoints.HOME_POINTS[2:],
        name.startswith(("resolve", "settle")),
        name != "found",
    ),
)
TRANSACTIONS = [
    *("signed/fund/approve", "sent/fund/stake", "signed/deposit/first", "sent/grant/pair-p"),
    *("signed/open/136", "sent/open/136", "signed/enter/136/1", "sent/enter/136/1"),
    *("signed/book/136", "sent/book/136", "signed/propose/136/0", "sent/propose/136/0"),
    *("signed/sweep/1", "sent/sweep/2"),
]
ALONE = ("found", "sent/open/136", "mined/propose/136/0", "snapshot")
"""Where the chain dies and leaves the program alive: before, between and after the rounds."""


def kill(home, point):
    killed = commands.play(home, failpoint=point)

    assert killed.returncode == -9, f"{point} was not reached: {killed.stderr}"


def require_same(home, expected):
    """Compare a home that was killed with the unbroken one."""
    finished = commands.play(home)
    assert finished.returncode == 0, finished.stderr
    assert commands.processes_of(home) == []

    found = commands.outcome(home)

    for field in fields(Outcome):
        assert getattr(found, field.name) == getattr(expected, field.name), field.name


def test_kill__three_points_in_turn__tournament_is_the_unbroken_one(copied, expected):
    # After ingesting that home was killed already. Now: a book is published but the chain not
    # told; a proposal is sent but its receipt not seen.
    for point in ("close/published/136", "sent/propose/135/0"):
        kill(copied, point)

    require_same(copied, expected)


def test_transactions__unbroken_run__serve_each_purpose_once(expected):
    counts = Counter(purpose for purpose, _ in expected.purposes)

    assert len(counts) > 50
    assert set(counts.values()) == {1}
    assert {state for _, state in expected.purposes} == {"mined"}
    assert len(expected.chain) == len(set(expected.chain)) == len(expected.purposes)


def test_settlement__unbroken_run__settles_each_leaf_once(expected):
    entrants = {
        entry["round"]: sorted(row["id"] for row in entry["models"])
        for entry in expected.report["rounds"]
    }

    assert {number: sorted(models) for number, models in expected.settled.items()} == entrants
    assert {len(models) for models in entrants.values()} == {6}


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_kill__while_ingesting__tournament_is_the_unbroken_one(empty, expected):
    kill(empty, "ingest")

    require_same(empty, expected)


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("point", POINTS + TRANSACTIONS)
def test_kill__at_any_point__tournament_is_the_unbroken_one(copied, expected, point):
    kill(copied, point)

    require_same(copied, expected)
    print(f"\n{point}: {len(expected.chain)} transactions, {len(expected.lake)} files, as unbroken")


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("point", ALONE)
def test_kill__of_the_chain_alone__is_one_line_and_the_same_command_ends_it(
    copied, expected, point
):
    broken = commands.play(copied, failpoint=point, kills="node")

    said = [line for line in broken.stderr.splitlines() if line.startswith("erarium: ")]
    assert (broken.returncode, len(said)) == (2, 1), broken.stderr
    assert "no answer from the chain" in said[0]
    assert commands.processes_of(copied) == []
    require_same(copied, expected)
    print(f"\n{point}: the chain killed, as unbroken")


@pytest.mark.chaos
@pytest.mark.timeout(5400)
def test_kill__at_every_point_in_turn__tournament_is_the_unbroken_one(copied, expected):
    for point in IN_TURN:
        kill(copied, point)

    require_same(copied, expected)
    print(f"\n{len(IN_TURN)} kills in one home: as unbroken")
