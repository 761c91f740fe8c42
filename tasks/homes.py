"""Homes at work: the one way to open a home, and to look at one beside whoever works there."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tasks import serving
from tasks.adapters.chain import reconciling
from tasks.adapters.chain.connection import Chain
from tasks.adapters.executors import Executor, Progress, SerialExecutor
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.lake import Lake
from tasks.adapters.locks import Lock
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.core.errors import ChainError
from tasks.core.rules import ScoringRule
from tasks.stages import requests
from tasks.stages.open_home import Keys, OpenHome, Site, View


@contextmanager
def open(
    values: Settings,
    purpose: str,
    *,
    chain: Chain | None = None,
    workers: bool = False,
    wait_s: float | None = None,
) -> Iterator[OpenHome]:
    """Hold a founded home for one run: lock, journal, workers, chain, keys.

    What a killed run signed and the chain does not have is sent first.

    Args:
        values: which home, and how to reach its chain.
        purpose: what whoever waits for the lock is told.
        chain: the home's, where it is connected already; None to connect, and to start it from its
            saved state if it does not run.
        workers: whether Dask workers are started.
        wait_s: how long to wait for another process; the settings' time if None.

    Raises:
        HomeError: if it is no home.
        LockedError: if another process works there all the while.
        ChainError: if the chain does not answer, or nothing was deployed yet.
    """
    with ExitStack() as stack:
        site = stack.enter_context(hold(values, purpose, workers=workers, wait_s=wait_s))
        found = chain or stack.enter_context(serving.connected(site.installation, values))
        yield resume(at(site, found))


@contextmanager
def hold(
    values: Settings,
    purpose: str,
    *,
    workers: bool = False,
    progress: Progress | None = None,
    wait_s: float | None = None,
) -> Iterator[Site]:
    """Hold a home whose chain need not be there yet; arguments and errors as `open`'s.

    Args:
        values: which home, and how many workers.
        purpose: what whoever waits for the lock is told.
        workers: whether Dask workers are started.
        progress: told of the batches on the workers.
        wait_s: how long to wait for another process; the settings' time if None.
    """
    home = Home.open(values.home)
    with ExitStack() as stack:
        lock = home.lock(purpose, values.lock_wait_s if wait_s is None else wait_s)
        held = stack.enter_context(lock)
        executor: Executor = SerialExecutor(progress)
        if workers:
            # Imported here, so that a command without workers does not load Dask.
            from tasks.adapters import cluster

            started = cluster.local_cluster(values.worker_count, home.run / "workers")
            executor = cluster.DaskExecutor(stack.enter_context(started), progress=progress)
        yield stack.enter_context(_site(home, held, home.journal, values, executor))


@contextmanager
def beside(values: Settings, lock: Lock, journal: str) -> Iterator[OpenHome]:
    """Open a live home beside whoever works there, for a process that sends nothing.

    Args:
        values: which home, and how to reach its chain.
        lock: the process's own.
        journal: the name of a file of its own, for the one that every sender shares stays closed.

    Raises:
        ChainError: if the chain does not run.
    """
    home = Home.open(values.home, "live")
    chain = running_chain(home, values)
    with _site(home, lock, home.run / journal, values, SerialExecutor()) as site:
        yield at(site, chain)


def at(site: Site, chain: Chain) -> OpenHome:
    """Return a site with its chain and its rules; nothing is sent."""
    amounts, mode = requests.terms_of(site.installation)
    return OpenHome(
        installation=site.installation,
        lock=site.lock,
        journal=site.journal,
        keys=site.keys,
        executor=site.executor,
        lake=site.lake,
        vault=site.vault,
        chain=chain,
        opened_at_block=chain.header().number,
        rule=ScoringRule(opening=mode.opening),
        economy=amounts,
        mode=mode,
    )


def resume(home: OpenHome) -> OpenHome:
    """Send what a killed run signed and the chain does not have, and note what it sent.

    Raises:
        ChainError: if that cannot be done.
    """
    chain, hosts = home.chain, [home.operator, home.keeper]
    reconciling.reconcile(chain, home.journal, hosts, cap_wei=chain.cap_wei)
    return home


def look(values: Settings) -> View:
    """Return what is read of a live home, beside whoever works there.

    Raises:
        HomeError: if it is no live home.
        ChainError: if the chain does not run.
    """
    home = Home.open(values.home, "live")
    chain = running_chain(home, values)
    return View(
        lake=Lake(home.lake), vault=Lake(home.vault), chain=chain, mode=requests.mode_of(home)
    )


def running_chain(home: Home, values: Settings) -> Chain:
    """Return the chain of a live home, which nobody but `up` starts.

    Raises:
        ChainError: if it does not run.
    """
    node = Node.attach(home)
    if node is None:
        raise ChainError(f"the chain of {home.root} does not run: start it with `erarium up`")
    known = serving.known(home)
    return Chain.connect(node.rpc_url, known, *values.connection, logs=home.logs)


@contextmanager
def _site(
    home: Home, lock: Lock, journal: Path, values: Settings, executor: Executor
) -> Iterator[Site]:
    with closing(Journal(journal)) as opened:
        yield Site(
            installation=home,
            lock=lock,
            journal=opened,
            keys=Keys(home, values.passphrase_file),
            executor=executor,
            lake=Lake(home.lake),
            vault=Lake(home.vault),
        )
