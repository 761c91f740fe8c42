"""The Prefect server that a home starts for itself (SQLite below the home)."""

import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tasks.adapters import processes
from tasks.adapters.settings import Settings, child_environment
from tasks.core.errors import ProcessError

_HOST = "127.0.0.1"
_READY_S = 120.0


def api_url(port: int) -> str:
    """Return the address of the API of a server on a port."""
    return f"http://{_HOST}:{port}/api"


def start(settings: Settings, home: Path, port: int | None = None) -> str:
    """Start a server and wait until it answers.

    Args:
        settings: what children inherit.
        home: the home that it belongs to.
        port: where it listens; a free port where none is asked for.

    Returns:
        The address of its API.

    Raises:
        ProcessError: if the port is taken, or the server does not answer in time.
    """
    port = processes.free_port() if port is None else processes.require_port(port, "Prefect")
    url = api_url(port)
    argv = [sys.executable, "-m", "prefect", "server", "start", "--host", _HOST]
    environment = child_environment(settings, home, url)
    server = processes.start(
        home / "run", "server", [*argv, "--port", str(port)], environment, tied=True
    )
    _wait(server, url)
    return url


def _wait(server: processes.Managed, url: str) -> None:
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        if not server.is_alive():
            raise ProcessError(f"the Prefect server ended: {server.last_words()} ({server.log})")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - loopback
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ProcessError(f"the Prefect server did not answer in {_READY_S:g} s; see {server.log}")
