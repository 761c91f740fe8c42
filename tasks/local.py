"""A replay's home as the command uses it: made ready, with Prefect's server beside it."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tasks import stored_homes
from tasks.adapters import processes, server, settings
from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.adapters.settings import Settings
from tasks.core.errors import DataError
from tasks.stages import dataset, founding, ingest
from tasks.stages.requests import Request


@contextmanager
def served(
    values: Settings, arguments: Mapping[str, Any], *, fresh: bool = False, port: int | None = None
) -> Iterator[str]:
    """Make a home ready, start its Prefect server and point this process at it.

    The source is read first: what is wrong with it shows before anything is made. What shows
    only when its eras are built leaves no home either.

    Args:
        values: which home, and what its processes are told.
        arguments: of a `Request`.
        fresh: move a home that is there aside.
        port: where the server listens; None for any.

    Yields:
        The address of the UI.

    Raises:
        TournamentError: of the kind that says what is wrong with arguments, source or home.
    """
    root, request = values.home, Request(**arguments)
    if port is not None:
        processes.require_port(port, "Prefect")
    if fresh or not Home.exists(root):
        ingest.check_source(request)
    if fresh:
        stored_homes.set_aside(values)
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
