"""Dask workers that this process starts, and batches that run on them."""

from __future__ import annotations

import itertools
import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tasks.adapters import threads
from tasks.adapters.executors import Progress
from tasks.core.errors import ProcessError

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_POLL_S = 1.0
_REVIVAL_S = 15.0
"""A worker that died is started again within this, unless its cluster is broken."""

# Dask answers a key that it has not forgotten yet with its old result, so no call repeats one.
_calls = itertools.count()

_QUIET = {
    # A dead parent's workers notice by themselves, and nothing is there to be profiled.
    "distributed.worker.profile.enabled": False,
    # The HTTP servers cannot be switched off, so they get no page to serve.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.diagnostics.nvml": False,
    "distributed.comm.timeouts.connect": "30s",
}


class DaskExecutor:
    """Runs batches on a Dask cluster's workers."""

    def __init__(
        self, client: Client, timeout_s: float = 1800, progress: Progress | None = None
    ) -> None:
        """Give each map `timeout_s` in all, and report each batch to `progress`."""
        self._client = client
        self._timeout_s = timeout_s
        self._progress = progress

    def map(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item], *, key: str
    ) -> list[_Result]:
        """Return the results in the order of the items.

        Raises:
            ProcessError: if they are not there in time, or a batch keeps killing its worker.
        """
        from distributed import KilledWorker

        if not items:
            return []
        call = next(_calls)
        keys = [f"{key}/{call}/{index}" for index in range(len(items))]
        futures = self._client.map(function, items, key=keys, pure=False)
        try:
            self._wait(futures, key)
            results: list[_Result] = self._client.gather(futures)
            return results
        except TimeoutError as error:
            done = sum(future.done() for future in futures)
            raise ProcessError(
                f"{key}: {done} of {len(items)} batches done after {self._timeout_s:g} s; "
                "give it more time, or more workers"
            ) from error
        except KilledWorker as error:
            raise ProcessError(
                f"{key}: a batch killed its worker, which may lack memory: {error}"
            ) from error
        finally:
            # What is still queued must not keep the workers from the next map.
            self._client.cancel([future for future in futures if not future.done()], force=True)

    def _wait(self, futures: Sequence[Future[Any]], key: str) -> None:
        """Wait for all, reporting each; raise what a batch raises, as soon as it does."""
        from distributed import wait

        deadline, alive = time.monotonic() + self._timeout_s, time.monotonic()
        pending = list(futures)
        while pending:
            now = time.monotonic()
            if now > deadline:
                raise TimeoutError
            if self._client.scheduler_info(n_workers=1)["workers"]:
                alive = now
            elif now > alive + _REVIVAL_S:
                raise ProcessError(f"{key}: all Dask workers are gone")
            with suppress(TimeoutError), self._client.as_current():
                wait(pending, timeout=min(_POLL_S, deadline - now), return_when="FIRST_COMPLETED")
            for future in [future for future in pending if future.done()]:
                pending.remove(future)
                if future.status != "finished":
                    future.result()
                if self._progress:
                    self._progress(key, len(futures) - len(pending), len(futures))


@contextmanager
def local_cluster(
    workers: int,
    run_folder: Path,
    memory_limit: str = "1500MiB",
    log_level: int = logging.CRITICAL,
) -> Iterator[Client]:
    """Start Dask workers, one process and one thread each, and stop them at the end.

    Ctrl-C in a terminal reaches this process only, which then stops the workers in order. If
    this process is killed, they end by themselves.

    Args:
        workers: how many; at least 1.
        run_folder: where the workers keep what they spill.
        memory_limit: of one worker, which is restarted if it passes it.
        log_level: of Dask's own loggers; a batch's error is raised by `map` at any level.

    Raises:
        ProcessError: if they do not come up.
    """
    if workers < 1:
        raise ProcessError(f"{workers} workers: need at least 1")
    threads.limit_threads()
    # Here, for most processes start no workers.
    import dask
    from distributed import Client

    with dask.config.set(_QUIET), _without_interrupts():
        cluster = _start(workers, run_folder, memory_limit, log_level)
    try:
        with Client(cluster, set_as_default=False) as client:
            yield client
    finally:
        cluster.close()


def _start(workers: int, run_folder: Path, memory_limit: str, log_level: int) -> LocalCluster:
    from distributed import LocalCluster
    from distributed.security import Security

    run_folder.mkdir(parents=True, exist_ok=True)
    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            local_directory=str(run_folder),
            memory_limit=memory_limit,
            silence_logs=log_level,
            # A scheduler runs what anyone sends it; without this, so would another account
            # on the machine.
            security=Security.temporary(),
        )
    except (OSError, RuntimeError, TimeoutError) as error:
        raise ProcessError(f"the Dask workers did not come up: {error}") from error


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start threads and processes that SIGINT does not reach.

    They inherit this thread's signal mask and keep it, so that neither a worker nor one that
    replaces it is ever killed by a terminal's Ctrl-C; an interrupt in between waits.
    """
    # Its first start unblocks SIGINT again in the thread that happens to start it.
    resource_tracker.ensure_running()
    before: Any = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
