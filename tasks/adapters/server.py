"""The Prefect server that a home starts for itself (SQLite below the home)."""

import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tasks.adapters import processes
from tasks.adapters.settings import Settings, child_environment
from tasks.core.errors import ProcessError

NAME = "server"
LOOPBACK = "127.0.0.1"

_ANY_ADDRESS = {"0.0.0.0": LOOPBACK, "::": "[::1]"}  # noqa: S104 - looked up, not bound
_READY_S = 120.0


def api_url(port: int, host: str = LOOPBACK) -> str:
    """Return the address of the API of a server, as a process of this machine reaches it."""
    return f"http://{_ANY_ADDRESS.get(host, host)}:{port}/api"


def start(settings: Settings, home: Path, port: int | None = None) -> str:
    """Start a server that ends with this process, and wait until it answers.

    Args:
        settings: what children inherit.
        home: the home that it belongs to.
        port: where it listens; a free port where none is asked for.

    Returns:
        The address of its API.

    Raises:
        ProcessError: if the port is taken, or the server does not answer in time.
    """
    port = processes.free_port() if port is None else port
    server = launch(settings, home, port, tied=True)
    wait_until_ready(server, api_url(port))
    return api_url(port)


def launch(
    settings: Settings,
    home: Path,
    port: int,
    *,
    host: str = LOOPBACK,
    public_url: str | None = None,
    tied: bool = False,
) -> processes.Managed:
    """Start a server; `wait_until_ready` waits for it.

    Args:
        settings: what children inherit.
        home: the home that it belongs to.
        port: where it listens.
        host: the address that it binds to; whoever reaches it can start flows.
        public_url: where browsers find the UI, if that is not where the server listens.
        tied: whether it ends with this process.

    Raises:
        ProcessError: if the port is taken.
    """
    processes.require_port(port, "Prefect")
    argv = [sys.executable, "-m", "prefect", "server", "start", "--host", host]
    environment = child_environment(settings, home, api_url(port, host))
    if public_url is not None:
        environment["PREFECT_SERVER_UI_API_URL"] = f"{public_url.rstrip('/')}/api"
    argv += ["--port", str(port)]
    return processes.start(home / "run", NAME, argv, environment, tied=tied)


def wait_until_ready(server: processes.Managed, url: str) -> None:
    """Wait until a server that was started answers.

    Raises:
        ProcessError: if it ends, or does not answer in time.
    """
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        if not server.is_alive():
            raise ProcessError(f"the Prefect server ended: {server.last_words()} ({server.log})")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - ours
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise ProcessError(f"the Prefect server did not answer in {_READY_S:g} s; see {server.log}")
