"""The worker of a home, which starts each flow run as a process, and what it serves."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tasks.adapters import processes
from tasks.adapters.orchestrator import POOL, Deployment, Orchestrator
from tasks.adapters.settings import Settings, child_environment
from tasks.core.errors import ProcessError
from tasks.core.protocol import canonical

NAME = "worker"

_PROJECT = Path(__file__).resolve().parents[2]
_DEPLOYMENTS = _PROJECT / "deployment" / "prefect.yaml"
_AT_ONCE = 2
_LOOK_EVERY_S = 3
_READY_S = 120.0
_REGISTER_S = 300.0

# How often a deployment runs where a market day is shorter than a day, by the tag that says how
# often it runs otherwise: the shortest interval, seconds, and the runs of a market day.
_PACES = {"deadline": (30, 48), "hourly": (90, 24), "daily": (240, 1)}
_DAY_S = 86_400


def start(settings: Settings, home: Path, api_url: str) -> processes.Managed:
    """Start a worker and wait until the server has heard of it.

    Raises:
        ProcessError: if it does not come up.
    """
    argv = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--name", NAME]
    options = ["--type", "process", "--limit", str(_AT_ONCE), "--install-policy", "never"]
    environment = _environment(settings, home, api_url)
    worker = processes.start(home / "run", NAME, [*argv, *options], environment)
    api, begun = Orchestrator(api_url, home), datetime.now(UTC)
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline and worker.is_alive():
        if api.has_worker(NAME, begun):
            return worker
        time.sleep(0.2)
    words = worker.last_words()
    worker.stop()
    raise ProcessError(f"the worker of {home} does not start: {words} ({worker.log})")


def register(settings: Settings, home: Path, api_url: str, market_day_s: int) -> list[Deployment]:
    """Bring the server's deployments to what `deployment/prefect.yaml` says.

    Args:
        settings: what children inherit.
        home: the home.
        api_url: its server's API.
        market_day_s: how long a market day lasts; under a day the schedules become intervals.

    Returns:
        The deployments.

    Raises:
        ProcessError: if Prefect refuses one.
    """
    api = Orchestrator(api_url, home)
    api.make_pool()
    argv = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(
        [*argv, "--prefect-file", str(_DEPLOYMENTS)],
        cwd=_PROJECT,
        env=_environment(settings, home, api_url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_REGISTER_S,
        check=False,
    )
    if done.returncode:
        words = " ".join((done.stderr or done.stdout).split())[-300:]
        raise ProcessError(f"{_DEPLOYMENTS.name} cannot be registered: {words}")
    for deployment in api.deployments():
        api.change(deployment, _changes(deployment, market_day_s))
    return api.deployments()


def digest(market_day_s: int) -> str:
    """Return what tells one set of deployments from another: their file, their flows, the pace."""
    content = _DEPLOYMENTS.read_bytes() + (_PROJECT / "flows" / "live.py").read_bytes()
    return canonical.sha256_hex(content + str(market_day_s).encode())


def _environment(settings: Settings, home: Path, api_url: str) -> dict[str, str]:
    """Return a child's environment in which `python` is this one, as the deployments say it."""
    environment = child_environment(settings, home, api_url)
    path = environment.get("PATH", os.defpath)
    return environment | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{path}",
        "PREFECT_WORKER_QUERY_SECONDS": str(_LOOK_EVERY_S),
    }


def _changes(deployment: Deployment, market_day_s: int) -> dict[str, object]:
    """Return what a deployment has beyond the file: a closed form, and a quick market's pace."""
    # Prefect lets parameters through that the flow does not have, and the run then crashes.
    changes: dict[str, object] = {
        "parameter_openapi_schema": {**deployment.schema, "additionalProperties": False}
    }
    if market_day_s < _DAY_S and deployment.schedules:
        every_s = pace_s(deployment, market_day_s)
        changes["schedules"] = [{"schedule": {"interval": every_s}, "active": True}]
    return changes


def pace_s(deployment: Deployment, market_day_s: int) -> int:
    """Return the seconds from one run to the next where a market day is shorter than a day.

    Raises:
        ProcessError: if no tag of the deployment says how often it runs.
    """
    found: Mapping[str, tuple[int, int]] = {
        tag: _PACES[tag] for tag in deployment.tags if tag in _PACES
    }
    if len(found) != 1:
        tags = " or ".join(_PACES)
        raise ProcessError(f"deployment {deployment.name} has a schedule and needs a tag: {tags}")
    ((shortest_s, runs_a_day),) = found.values()
    return max(shortest_s, market_day_s // runs_a_day)
