"""Trials of mutants: each is compiled and tested in a forked child, in a copy of the repository.

A fork, because the imports of the compiler and of the chain's stack take longer than most mutants
live. The tree itself is never written to.
"""

import importlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

# Loaded once for all the children, and the plugins of pytest with it.
import boa
import hypothesis
import numpy
import pytest
import requests
import vyper.exceptions
import web3

from tests.mutation.mutants import Mutant

PRELOADED: tuple[ModuleType, ...] = (boa, hypothesis, numpy, requests, web3)
COPIED = (
    "contracts",
    "tasks",
    "tests",
    "docs/protocol.md",
    "deployment/compile_contracts.py",
    "pyproject.toml",
)
OURS = ("contracts", "deployment", "tasks", "tests")
LIMIT_S = 300
CODE_LIMIT = 24_576
"""Bytes of runtime code that a chain accepts (EIP-170)."""

KILLED, SURVIVED, INVALID, SAME = "killed", "survived", "invalid", "same code"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant: its state, the test that killed it or the compiler's complaint."""

    state: str
    by: str
    seconds: float


class Verdict:
    """A plugin of pytest that keeps the first test to fail."""

    def __init__(self) -> None:
        self.first = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.first:
            self.first = report.nodeid


class Arena:
    """A copy of the repository in which contracts may be changed."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder / "copy"
        self.log = folder / "log"
        self._answer = folder / "answer"
        for name in COPIED:
            _copy(root / name, self.folder / name)

    def try_out(self, mutant: Mutant | None, tests: Sequence[str]) -> Outcome:
        """Compile a mutant, or nothing for the baseline, and run tests until one fails."""
        began = time.monotonic()
        path = self.folder / "contracts" / mutant.file if mutant else None
        artifacts = self.folder / "contracts" / "artifacts"
        kept = {file: file.read_bytes() for file in [*artifacts.iterdir(), *([path] * bool(path))]}
        if mutant and path:
            path.write_text(mutant.source)
        try:
            state, by = self._fork(mutant.file if mutant else "", tests)
        finally:
            for file, content in kept.items():
                file.write_bytes(content)
        return Outcome(state, by, time.monotonic() - began)

    def _fork(self, changed: str, tests: Sequence[str]) -> tuple[str, str]:
        self._answer.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            self._run_child(changed, tests)
        deadline = time.monotonic() + LIMIT_S
        while os.waitpid(child, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return KILLED, "time-out"
            time.sleep(0.02)
        if not self._answer.exists():
            raise RuntimeError(f"the child left no answer: {self.log.read_text()[-2000:]}")
        state, by = json.loads(self._answer.read_text())
        return state, by

    def _run_child(self, changed: str, tests: Sequence[str]) -> None:
        """Answer by a file and leave without the parent's clean-up."""
        code = 1
        try:
            output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            self._enter()
            fault = _compile(changed) if changed else None
            answer = fault or _test(tests)
            self._answer.write_text(json.dumps(answer))
            code = 0
        finally:
            sys.stdout.flush()
            os._exit(code)

    def _enter(self) -> None:
        """Work in the copy: what is imported from here on comes from it."""
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
            del sys.modules[name]
        importlib.invalidate_caches()


def _compile(changed: str) -> tuple[str, str] | None:
    """Compile the contracts that a source is part of; return why the mutant is no mutant."""
    tool: Any = importlib.import_module("deployment.compile_contracts")
    loader: Any = importlib.import_module("contracts.loader")
    differs = False
    for name, sources in loader.SOURCES.items():
        if changed not in sources:
            continue
        try:
            document = tool.compile_contract(name)
        except (vyper.exceptions.VyperException, ArithmeticError, ValueError) as error:
            # the compiler folds constants with Python's own arithmetic
            return INVALID, f"{type(error).__name__}: {error}".splitlines()[0]
        if len(document["runtime"]) // 2 - 1 > CODE_LIMIT:
            return INVALID, "more code than a chain accepts"
        before = json.loads(loader.path(name).read_text())
        differs |= document["bytecode"] != before["bytecode"]
        loader.path(name).write_text(json.dumps(document))
    return None if differs else (SAME, "")


def _test(tests: Sequence[str]) -> tuple[str, str]:
    verdict = Verdict()
    code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests], plugins=[verdict])
    if code == pytest.ExitCode.OK:
        return SURVIVED, ""
    if code == pytest.ExitCode.TESTS_FAILED:
        return KILLED, verdict.first
    raise RuntimeError(f"pytest ended with {code!r}")


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
