"""A home on this machine, as the command uses it: made ready and served."""

import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks import homes
from tasks.adapters import processes, server, settings
from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.core.errors import DataError
from tasks.stages import dataset, founding, ingest
from tasks.stages.founding import Request


@contextmanager
def served(
    root: Path, arguments: Mapping[str, Any], *, fresh: bool = False, port: int | None = None
) -> Iterator[str]:
    """Make a home ready, start its Prefect server and point this process at it.

    The source is read first: what is wrong with it shows before anything is made. What shows
    only when its eras are built leaves no home either.

    Args:
        root: the home.
        arguments: of a `Request`.
        fresh: move a home that is there aside.
        port: where the server listens; None for any.

    Yields:
        The address of the UI.

    Raises:
        TournamentError: of the kind that says what is wrong with arguments, source or home.
    """
    values, request = Settings(), Request(**arguments)
    if port is not None:
        processes.require_port(port, "Prefect")
    if fresh or not Home.exists(root):
        ingest.check_source(request)
    if fresh:
        homes.set_aside(root)
    home = founding.establish(root, request)
    try:
        with _prefect(home, values, port) as url:
            yield url.removesuffix("/api")
    except DataError:
        _discard_empty(home)
        raise


@contextmanager
def _prefect(home: Home, values: Settings, port: int | None) -> Iterator[str]:
    with home.lock("play", values.lock_wait_s):
        processes.reap(home.run)
        try:
            url = server.start(values, home.root, port)
            quiet = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
            settings.adopt(settings.child_environment(values, home.root, url) | quiet)
            yield url
        finally:
            with processes.undisturbed():
                processes.reap(home.run)


def _discard_empty(home: Home) -> None:
    """Remove a home whose source cannot be played, so that its arguments bind nobody."""
    with home.lock("discard the home"):
        if dataset.find(Lake(home.vault)) is None and not home.lake.exists():
            shutil.rmtree(home.root)


@dataclass(kw_only=True)
class Served:
    """A chain that is being served."""

    home: Path
    rpc_url: str
    token: str
    tournament: str
    _stop: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Return at Ctrl-C or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stop.set())
        self._stop.wait()


@contextmanager
def chain_served(root: Path, port: int | None) -> Iterator[Served]:
    """Serve a home's chain, if it does not run already.

    Raises:
        HomeError: if the home has no chain yet.
    """
    home = Home.open(root)
    with _chain(home, port) as node:
        found = founding.known(home)
        yield Served(
            home=root,
            rpc_url=node.rpc_url,
            token=found.token,
            tournament=found.tournament,
        )


@contextmanager
def _chain(home: Home, port: int | None = None) -> Iterator[Node]:
    founding.known(home)
    running = Node.attach(home)
    if running is not None and port is None:
        yield running
        return
    with home.lock("serve the chain", Settings().lock_wait_s):
        try:
            node = Node.start(home, port)
            yield node
            node.stop()
        finally:
            with processes.undisturbed():
                _stop_chain(home)


def _stop_chain(home: Home) -> None:
    """Stop what is left of the chain; a replay's home has nothing else that may run on."""
    if home.facts.kind == "replay":
        processes.reap(home.run)
        return
    for name in ("chain", "anvil"):
        left = processes.running(home.run, name)
        if left is not None:
            left.stop()
