"""A live home at work: founded, looked at, and held for one step by a process of its own."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tasks.adapters import cluster
from tasks.adapters.chain.connection import Chain
from tasks.adapters.cluster import DaskExecutor, Executor, SerialExecutor
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.core.errors import ChainError
from tasks.stages import founding, living
from tasks.stages.agenda import View
from tasks.stages.living import LiveRequest
from tasks.stages.market import Market
from tasks.stages.open_home import OpenHome

LOCK_WAIT_S = 600.0
"""How long a step waits for another one of the same home."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a step of a live home works with."""

    home: Home
    desk: OpenHome
    market: Market

    @property
    def view(self) -> View:
        """Return what the agenda is read from."""
        return View(
            lake=self.desk.lake,
            vault=self.desk.vault,
            chain=self.desk.chain,
            mode=self.desk.mode,
        )


def found(
    root: Path,
    request: LiveRequest,
    port: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Home:
    """Make a live home, or finish making it, and leave its chain running.

    Args:
        root: the home's folder.
        request: what it is founded with.
        port: where its chain listens; None for any.
        progress: told how many eras are built, and of how many.

    Raises:
        TournamentError: of the kind that says what is wrong with request, source or home.
    """
    home, values = living.establish(root, request), Settings()
    with ExitStack() as stack:
        stack.enter_context(home.lock("found the home", values.lock_wait_s))
        living.write_genesis(home, int(time.time()))
        node = Node.start(home, port)
        journal = stack.enter_context(closing(Journal(home.journal)))
        amounts = living.economy(request)
        arbiter = founding.keystore(home).signer("arbiter").address
        chosen = living.parameters(request, arbiter)
        deployment = founding.deploy(home, node.rpc_url, journal, amounts, chosen)
        chain = Chain.connect(node.rpc_url, deployment, *values.connection)
        living.fund(home, chain, journal)
        executor = SerialExecutor()
        living.first_data(home, chain.now, executor, progress)
    return home


@contextmanager
def at_work(root: Path, purpose: str, *, workers: bool = False) -> Iterator[Work]:
    """Hold a live home for one step: its lock, its running chain, its keys.

    Args:
        root: the home's folder.
        purpose: what whoever waits for the lock is told.
        workers: whether Dask workers are started for the step.

    Raises:
        LockedError: if another process works there all the while.
        ChainError: if the chain does not run.
    """
    home, values = Home.open(root, "live"), Settings()
    with ExitStack() as stack:
        stack.enter_context(home.lock(purpose, LOCK_WAIT_S))
        chain = chain_of(home)
        journal = stack.enter_context(closing(Journal(home.journal)))
        executor: Executor = SerialExecutor()
        if workers:
            folder = home.run / "workers"
            client = stack.enter_context(cluster.local_cluster(values.worker_count, folder))
            executor = DaskExecutor(client)
        mode, amounts = living.mode_of(home), living.economy(living.request_of(home))
        desk = founding.open_desk(home, chain, journal, executor, amounts, mode)
        yield Work(home=home, desk=desk, market=living.market_of(home))


def looked_at(root: Path) -> View:
    """Return what the agenda of a live home is read from, beside whoever works there.

    Raises:
        ChainError: if the chain does not run.
    """
    home = Home.open(root, "live")
    chain = chain_of(home)
    return View(
        lake=Lake(home.lake), vault=Lake(home.vault), chain=chain, mode=living.mode_of(home)
    )


def chain_of(home: Home) -> Chain:
    """Return the running chain of a live home.

    Raises:
        ChainError: if it does not run.
    """
    node = Node.attach(home)
    if node is None:
        raise ChainError(f"the chain of {home.root} does not run: start it with `erarium up`")
    return Chain.connect(node.rpc_url, founding.known(home), *Settings().connection)
