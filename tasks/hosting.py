"""The processes of a live home: where they listen, started or found running, stopped in order."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from tasks.adapters import configs, files, locks, processes, server, settings, worker
from tasks.adapters.home import Home
from tasks.adapters.orchestrator import Orchestrator
from tasks.adapters.processes import Managed
from tasks.adapters.settings import Settings
from tasks.core.errors import HomeError, ProcessError
from tasks.core.protocol import canonical

CHAIN, SERVER, WORKER, INTAKE = "chain", server.NAME, worker.NAME, "intake"

PARTS = (CHAIN, SERVER, INTAKE, WORKER)
"""The processes of a home that is up, in the order in which they start."""

GONE = "its process was gone when the home came up"
"""What is said of a run that `down`, a kill or a power cut ended; `up` starts what is due anew."""

_STOPPING = (WORKER, INTAKE, CHAIN, SERVER)
_READY_S = 120.0
_GRACE_S = {WORKER: 30.0, INTAKE: 15.0, CHAIN: 60.0, SERVER: 15.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a home's processes listen; the same at every `up` unless it is told another.

    Attributes:
        port: of Prefect's server and pages.
        rpc_port: of the chain.
        host: the address that Prefect's server binds to; the chain is on loopback always.
        public_url: where browsers find Prefect's pages if a proxy stands before them.
    """

    port: int = 4200
    rpc_port: int = 8545
    host: str = server.LOOPBACK
    public_url: str | None = None

    @property
    def api_url(self) -> str:
        """Return the address of Prefect's API on this machine."""
        return server.api_url(self.port, self.host)

    @property
    def ui_url(self) -> str:
        """Return the address of Prefect's pages."""
        return self.public_url or self.api_url.removesuffix("/api")

    @property
    def rpc_url(self) -> str:
        """Return the chain's endpoint."""
        return f"http://{server.LOOPBACK}:{self.rpc_port}"

    @classmethod
    def read(cls, home: Path) -> Self:
        """Return where a home's processes listened last; the defaults before they ever did.

        Raises:
            HomeError: if the file is damaged.
        """
        path = _places(home)
        try:
            entry = json.loads(path.read_bytes())
            configs.require_known(path, dict(entry), [each.name for each in fields(cls)])
            return cls(**entry)
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, TypeError) as error:
            raise HomeError(f"{path} is damaged: remove it and say the ports again") from error

    def told(self, changes: Mapping[str, Any]) -> Self:
        """Return the places with what somebody said; what is None was not said."""
        return replace(
            self, **{name: value for name, value in changes.items() if value is not None}
        )

    def write(self, home: Path) -> None:
        """Keep the places for the next time."""
        files.replace_file(_places(home), canonical.canonical_json(asdict(self)))


def require_free(run: Path, places: Places, former: Places) -> None:
    """Check every port before anything is started.

    Args:
        run: the home's folder for pid files.
        places: where the processes are to listen.
        former: where those listen that run already.

    Raises:
        ProcessError: if another program has a port, or ours run elsewhere.
    """
    if processes.running(run, SERVER) is None:
        processes.require_port(places.port, "Prefect (--port)")
    elif (places.port, places.host, places.public_url) != (
        former.port,
        former.host,
        former.public_url,
    ):
        raise ProcessError(f"Prefect runs at {former.ui_url} already: `erarium down` it first")
    if processes.running(run, CHAIN) is None:
        processes.require_port(places.rpc_port, "the chain (--rpc-port)")
    elif places.rpc_port != former.rpc_port:
        raise ProcessError(f"the chain runs at {former.rpc_url} already: `erarium down` it first")


def launch_server(home: Home, values: Settings, places: Places) -> Managed:
    """Start Prefect's server, unless it runs; `server.wait_until_ready` waits for it."""
    running = processes.running(home.run, SERVER)
    return running or server.launch(
        values, home.root, places.port, host=places.host, public_url=places.public_url
    )


def start_worker(home: Home, values: Settings, places: Places) -> bool:
    """Start the worker, unless it runs; return whether it was started."""
    if processes.running(home.run, WORKER) is not None:
        return False
    worker.start(values, home.root, places.api_url)
    return True


def launch_intake(home: Home, values: Settings) -> Managed | None:
    """Start the process that judges deliveries as they arrive; None if it runs already."""
    if processes.running(home.run, INTAKE) is not None:
        return None
    argv = [sys.executable, "-m", "tasks.receiving", str(home.root)]
    return processes.start(home.run, INTAKE, argv, settings.child_environment(values, home.root))


def wait_for_intake(home: Home, intake: Managed) -> None:
    """Wait until an intake that was started holds its lock.

    Raises:
        ProcessError: if it ends, or does not come so far in time.
    """
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline and intake.is_alive():
        if locks.holder(home.root / "intake.lock") == intake.pid:
            return
        time.sleep(0.1)
    raise ProcessError(f"the intake of {home.root} does not start: {intake.last_words()}")


def register(home: Home, values: Settings, places: Places, market_day_s: int) -> bool:
    """Register the deployments, unless the server has these; return whether it was done."""
    mark, digest = home.run / "deployments.sha256", worker.digest(market_day_s)
    if mark.exists() and mark.read_text() == digest:
        return False
    worker.register(values, home.root, places.api_url, market_day_s)
    files.replace_file(mark, digest.encode())
    return True


def orchestrator(home: Home, places: Places) -> Orchestrator:
    """Return the API of a home's server."""
    return Orchestrator(places.api_url, home.root)


def running(home: Home) -> dict[str, Managed | None]:
    """Return the processes of a home by name; None where one does not run."""
    return {name: processes.running(home.run, name) for name in PARTS}


def stop(home: Home, name: str) -> bool:
    """Stop one process and what it left behind; return whether it ran.

    The chain saves its state before it ends.
    """
    found = Managed.read(home.run / f"{name}.pid")
    if found is None:
        return False
    ran = found.is_alive()
    found.stop(_GRACE_S[name])
    return ran


def stop_all(home: Home, names: Sequence[str] = PARTS) -> list[str]:
    """Stop some of a home's processes in their order; return those that ran."""
    return [name for name in _STOPPING if name in names and stop(home, name)]


def _places(home: Path) -> Path:
    return home / "run" / "places.json"
