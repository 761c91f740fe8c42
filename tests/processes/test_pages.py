"""What a played tournament leaves in Prefect's pages, and what its flow accepts."""

import json
import subprocess
import sys

from tests import commands

STEPS = ("open", "enter", "close", "resolve", "propose", "settle")
PROGRAM = """
from flows.play import play
from prefect.exceptions import ParameterTypeError, SignatureMismatchError
for words in ({"modellers": 3}, {"seed": "x"}, {"colour": "red"}, {"last_rounds": "all"}):
    try:
        play.validate_parameters(words)
    except (ParameterTypeError, SignatureMismatchError) as error:
        print(" ".join(str(error).split()))
    else:
        print("accepted")
"""


def test_flow_run__played__is_named_and_completed(unbroken):
    runs = commands.prefect_rows(unbroken, "SELECT name, state_type FROM flow_run")

    assert runs == [("play 3 rounds, seed 0", "COMPLETED")]


def test_task_runs__played__are_one_a_step_and_completed(unbroken):
    runs = commands.prefect_rows(unbroken, "SELECT name, state_type FROM task_run")

    steps = [f"round {number}: {step}" for number in commands.ROUNDS for step in STEPS]
    others = ["ingest", "found the chain", "publish the last snapshot", "verify", "report"]
    assert sorted(runs) == sorted((name, "COMPLETED") for name in steps + others)


def test_artifacts__played__have_a_key_each(unbroken):
    found: dict[str, str] = dict(commands.prefect_rows(unbroken, "SELECT key, data FROM artifact"))

    rounds = {f"round-{number}" for number in commands.ROUNDS}
    assert set(found) >= {"data-set", "report", "models", "verification", *rounds}
    assert "every check holds" in found["verification"]
    assert "data:image/svg+xml;base64," in found["report"]
    assert len(json.loads(json.loads(found["models"]))) == 6
    for key in rounds:
        assert "settled 6 leaves" in found[key]


def test_flow__bad_parameters__are_named_before_anything_runs(tmp_path):
    # In a process of its own: Prefect takes over logging and signals of whoever imports it.
    changes = {"PREFECT_HOME": str(tmp_path), "PREFECT_API_URL": "http://127.0.0.1:1/api"}

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=commands.environment(**changes),
        capture_output=True,
        text=True,
        check=False,
    )

    few, text, other, good = done.stdout.splitlines()
    assert "modellers: Input should be greater than or equal to 6" in few
    assert "seed: Input should be a valid integer" in text
    assert "parameters ['colour']" in other
    assert good == "accepted"
