"""The chain of a home on this machine: found running, or served for as long as it is needed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tasks.adapters import processes
from tasks.adapters.chain.connection import Chain, Deployment
from tasks.adapters.home import Home
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings


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
def served(values: Settings, port: int | None) -> Iterator[Served]:
    """Serve a home's chain at a port for whoever asks, if it does not run already.

    Raises:
        HomeError: if it is no home.
        ChainError: if the home has no chain yet.
    """
    home = Home.open(values.home)
    with chain_served(home, values, port) as node:
        found = known(home)
        yield Served(
            home=home.root, rpc_url=node.rpc_url, token=found.token, tournament=found.tournament
        )


def known(home: Home) -> Deployment:
    """Return the contracts that a home knows.

    Raises:
        ChainError: if nothing was deployed yet.
    """
    facts = home.facts
    return Deployment.known(facts.chain_id, facts.genesis_hash, facts.contracts)


@contextmanager
def connected(home: Home, values: Settings) -> Iterator[Chain]:
    """Give the chain of a home; it is started from its saved state if it does not run.

    Raises:
        ChainError: if it does not answer, is another one, or nothing was deployed yet.
    """
    with chain_served(home, values) as node:
        yield Chain.connect(node.rpc_url, known(home), *values.connection, logs=home.logs)


@contextmanager
def chain_served(home: Home, values: Settings, port: int | None = None) -> Iterator[Node]:
    """Give the node of a home: the one that runs, else one that is stopped at the end.

    Raises:
        ChainError: if the home has no chain yet.
    """
    known(home)
    running = Node.attach(home)
    if running is not None and port is None:
        yield running
        return
    with home.lock("serve the chain", values.lock_wait_s):
        try:
            node = Node.start(home, values, port)
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
