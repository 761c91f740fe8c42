"""`erarium settle` killed with -9 at named places, alone or with its chain, then run again."""

import json
import subprocess
from dataclasses import fields

import pytest

from tests import commands
from tests.commands import Outcome

ROUND = commands.ROUNDS[0]
# What was signed is sent before anything else when the command runs again, so "sent" is not
# reached once more: one place a transaction.
SIGNED = (f"signed/propose/{ROUND}/0", f"settle/paid/{ROUND}", "sent/sweep/0")
SENT = (f"sent/propose/{ROUND}/0", f"settle/paid/{ROUND}", "signed/sweep/0")

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]


def settle(home, *words, **changes):
    return commands.run("settle", "--round", ROUND, "--home", home, *words, **changes)


@pytest.mark.parametrize(
    ("points", "kills", "code"),
    [(SIGNED, "program", -9), (SENT, "both", -9), (SIGNED, "node", 2)],
    ids=["program", "both", "node"],
)
def test_settle__killed_at_every_place__ends_as_the_unbroken_tournament(
    copied, expected, points, kills, code
):
    killed = commands.play(copied, failpoint=f"resolve/published/{ROUND}")
    assert killed.returncode == -9, killed.stderr

    for point in points:
        broken = settle(copied, **commands.broken_at(copied, point, kills))
        said = [line for line in broken.stderr.splitlines() if line.startswith("erarium: ")]
        assert broken.returncode == code, f"{point} was not reached: {broken.stderr}"
        assert len(said) == (kills == "node"), broken.stderr
    done = settle(copied, "--json", copied / "settled.json")
    again = settle(copied)
    doctor = commands.run("chain", "doctor", "--home", copied)

    assert (done.returncode, again.returncode, doctor.returncode) == (0, 0, 0), doctor.stdout
    (state,) = json.loads((copied / "settled.json").read_bytes())["rounds"]
    assert (state["settled"], state["locked"]) == (6, "0")
    assert again.stdout.startswith("nothing was left to do\n")
    assert doctor.stdout.startswith("consistent: ")
    finished = commands.play(copied)
    assert finished.returncode == 0, finished.stderr
    found = commands.outcome(copied)
    for field in fields(Outcome):
        assert getattr(found, field.name) == getattr(expected, field.name), field.name
    print(f"\n{len(points)} places, {kills} killed: 0 lost, 0 doubled")


def test_settle__twice_at_once__one_waits_and_each_is_done_once(copied):
    killed = commands.play(copied, failpoint=f"resolve/published/{ROUND}")
    assert killed.returncode == -9, killed.stderr
    words = ("settle", "--round", ROUND, "--home", copied)

    both: list[subprocess.Popen[str]] = [commands.start(*words) for _ in range(2)]
    printed = [each.communicate(timeout=240) for each in both]

    assert [each.returncode for each in both] == [0, 0], printed
    idle = [out for out, _ in printed if out.startswith("nothing was left to do")]
    assert len(idle) == 1
    doctor = commands.run("chain", "doctor", "--home", copied)
    assert doctor.returncode == 0, doctor.stdout
