"""Live homes for tests: brought up as a person does it, and looked at from outside."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tasks import hosting
from tasks.adapters import processes
from tasks.adapters.home import Home
from tasks.adapters.orchestrator import Deployment, Orchestrator, Run
from tasks.hosting import Places
from tests import commands

SMALL = ("--simulated-ids", "120", "--simulated-days", "560")
"""A small market whose days are days, so no schedule disturbs a test."""

OVER = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
_WAIT_S = 240.0
_POLL_S = 0.2


def ports() -> tuple[str, ...]:
    """Return options with two ports that are free now."""
    return (
        *("--port", str(processes.free_port())),
        *("--rpc-port", str(processes.free_port())),
    )


def api(home: Path) -> Orchestrator:
    """Return the API of a home's Prefect server."""
    return hosting.orchestrator(Home.open(home, "live"), Places.read(home))


def deployment(home: Path, name: str) -> Deployment:
    """Return a deployment by its name."""
    return next(each for each in api(home).deployments() if each.name == name)


def run(home: Path, name: str, **parameters: Any) -> Run:
    """Start a deployment and wait until its run is over."""
    started = api(home).start_run(deployment(home, name), parameters)
    wait_for(lambda: over(home, started))
    return api(home).run(started)


def over(home: Path, run_id: str) -> Run | None:
    """Return a run if it is over."""
    found = api(home).run(run_id)
    return found if found.state in OVER else None


def wait_for(found: Callable[[], Any]) -> Any:
    """Return the first true answer.

    Raises:
        TimeoutError: if there is none in time.
    """
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        time.sleep(_POLL_S)
    raise TimeoutError(f"no answer in {_WAIT_S:g} s")


def pids(home: Path) -> dict[str, int]:
    """Return the processes of a home that run."""
    found = hosting.running(Home.open(home, "live"))
    return {name: process.pid for name, process in found.items() if process is not None}


def kill(home: Path, name: str) -> None:
    """Kill a process of a home as a power cut does, and wait until it is gone."""
    os.kill(pids(home)[name], signal.SIGKILL)
    wait_for(lambda: name not in pids(home))


def status(home: Path) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the document of `erarium status`."""
    done = commands.run("status", "--home", home, "--json", "-")
    return done.returncode, json.loads(done.stdout)
