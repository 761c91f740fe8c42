"""A home at work: its chain, its workers and the desk, held by the process that runs a flow."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tasks import progress
from tasks.adapters import cluster
from tasks.adapters.cluster import DaskExecutor, Executor
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.client.modeller import Client
from tasks.core.errors import ProcessError
from tasks.core.rules import Economy
from tasks.modellers.roster import ModellerSpec
from tasks.stages.open_home import OpenHome


@dataclass(slots=True, kw_only=True)
class Resources:
    """What the tasks of one home share while it is at work."""

    home: Home
    settings: Settings
    lake: Lake
    vault: Lake
    executor: Executor
    journal: Journal
    economy: Economy
    specs: Sequence[ModellerSpec] = ()
    node: Node | None = None
    desk: OpenHome | None = None
    clients: Mapping[str, Client] = field(default_factory=dict)


_AT_WORK: dict[Path, Resources] = {}


@contextmanager
def at_work(home: Home, settings: Settings) -> Iterator[Resources]:
    """Hold a home's lock and its workers; stop what was started, in order, at the end."""
    root = home.root.resolve()
    with ExitStack() as stack:
        stack.enter_context(home.lock("play"))
        client = stack.enter_context(
            cluster.local_cluster(settings.worker_count, home.run / "workers")
        )
        resources = Resources(
            home=home,
            settings=settings,
            lake=Lake(home.lake),
            vault=Lake(home.vault),
            executor=DaskExecutor(client, progress=_long_work),
            journal=Journal(home.journal),
            economy=Economy(),
        )
        stack.callback(resources.journal.close)
        resources.lake.clear_parts()
        resources.vault.clear_parts()
        _AT_WORK[root] = resources
        stack.callback(_AT_WORK.pop, root)
        try:
            yield resources
        finally:
            for modeller in resources.clients.values():
                modeller.close()
            if resources.node is not None:
                resources.node.stop()


def _long_work(key: str, done: int, total: int) -> None:
    """Report the batches of what takes long; a round's own batches are over in a moment."""
    if key == "benchmarks":
        progress.report("fit the benchmarks", done, total)


def of(home: str) -> Resources:
    """Return what is at work in a home.

    Raises:
        ProcessError: if this process has not started it.
    """
    found = _AT_WORK.get(Path(home).resolve())
    if found is None:
        raise ProcessError(f"nothing is at work in {home}: run the flow `play`, not its tasks")
    return found


def desk_of(home: str) -> OpenHome:
    """Return the operator's desk of a home at work.

    Raises:
        ProcessError: if its chain is not up yet.
    """
    desk = of(home).desk
    if desk is None:
        raise ProcessError(f"the chain of {home} is not up yet")
    return desk
