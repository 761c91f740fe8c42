"""Runs forge on this folder's tests, which are written in Vyper, and reads what it found."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Any

from deployment.provision import foundry
from deployment.provision.place import Place

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("foundry.toml")
SCRATCH = ROOT / ".forge"
"""The one folder that foundry.toml lets a test write into; git ignores it."""
CALLS = (
    "deposit",
    "deposit_with_permit",
    "withdraw",
    "fund",
    "donate",
    "mint",
    "burn",
    "set_parameters",
    "set_operator",
    "open_round",
    "enter",
    "enter_many",
    "deliver",
    "record_book",
    "propose",
    "challenge",
    "rule",
    "settle",
    "settle_many",
    "release",
    "release_many",
    "abandon",
    "sweep",
)
"""The players' calls, in the order of the constants in parts/world.vy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What forge says of one test; `calls` and `reverts` are 0 for a fuzz test."""

    name: str
    passed: bool
    reason: str
    runs: int
    calls: int
    reverts: int
    targets: Mapping[str, int]


class Forge:
    """A project's build in a folder of its own, and runs on it."""

    def __init__(self, folder: Path, artifacts: Path = ROOT / "contracts" / "artifacts") -> None:
        """Build once, so that runs of single tests need not compile."""
        self._program = foundry.find(Place(ROOT), foundry.FORGE)
        self._folder = folder
        self._artifacts = artifacts
        self._run(["build"])

    def with_artifacts(self, folder: Path) -> "Forge":
        """Return the same build, whose tests deploy other artefacts."""
        return Forge(self._folder, folder)

    def test(self, match: str, seed: int, **limits: int) -> dict[str, Result]:
        r"""Run the tests that match and return their results by name.

        Args:
            match: a regular expression on the tests' signatures, such as `^test_burn\(`.
            seed: forge's seed; every test of the call starts from it.
            limits: settings such as `fuzz_runs`, `invariant_runs` and `invariant_depth`.
        """
        settings = {f"FOUNDRY_{name.upper()}": str(limit) for name, limit in limits.items()}
        self._calls.unlink(missing_ok=True)
        # one thread: the runs write their counts into one file
        arguments = ["test", "--json", "--allow-failure", "--threads", "1"]
        chosen = ["--match-test", match, "--fuzz-seed", str(seed)]
        answer = json.loads(self._run([*arguments, *chosen], settings))
        tests = [test for suite in answer.values() for test in suite["test_results"].items()]
        return {result.name: result for result in starmap(_result, tests)}

    def calls(self) -> dict[str, tuple[int, int]]:
        """Return how many of each of the players' calls landed and were refused in the last run."""
        rows = [_words(line) for line in self._calls.read_text().splitlines()]
        sums = [sum(column) for column in zip(*rows, strict=True)]
        landed, refused = sums[: len(CALLS)], sums[len(CALLS) :]
        return {
            name: (there, not_there)
            for name, there, not_there in zip(CALLS, landed, refused, strict=True)
        }

    @property
    def _calls(self) -> Path:
        return self._folder / "calls"

    def _run(self, arguments: Sequence[str], settings: Mapping[str, str] | None = None) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            # no settings of the user's own
            "HOME": str(self._folder),
            "FOUNDRY_CONFIG": str(CONFIG),
            "FOUNDRY_OUT": str(self._folder / "out"),
            "FOUNDRY_CACHE_PATH": str(self._folder / "cache"),
            "FOUNDRY_TEST_FAILURES_FILE": str(self._folder / "failures"),
            "FOUNDRY_FUZZ_FAILURE_PERSIST_DIR": str(self._folder / "failed"),
            "FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR": str(self._folder / "failed"),
            "ERARIUM_FORGE_ARTIFACTS": str(self._artifacts),
            "ERARIUM_FORGE_CALLS": str(self._calls),
        }
        done = subprocess.run(
            [self._program, *arguments],
            cwd=ROOT,
            env=environment | dict(settings or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"forge {arguments[0]} failed\n{done.stdout}\n{done.stderr}")
        return done.stdout


def _result(signature: str, found: Mapping[str, Any]) -> Result:
    ((_, kind),) = found["kind"].items()
    metrics = kind.get("metrics") or {}
    return Result(
        name=signature.partition("(")[0],
        passed=found["status"] == "Success",
        reason=found["reason"] or "",
        runs=kind["runs"],
        calls=kind.get("calls", 0),
        reverts=kind.get("reverts", 0),
        targets={name.rpartition(".")[2]: entry["calls"] for name, entry in metrics.items()},
    )


def _words(line: str) -> list[int]:
    data = bytes.fromhex(line.strip().removeprefix("0x"))
    return [int.from_bytes(data[i : i + 32]) for i in range(0, len(data), 32)]
