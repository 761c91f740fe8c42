"""Progress of a flow's long work: told to whoever watches the terminal, and a bar in the UI."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import FlowRunContext

from tasks.adapters import waiting
from tasks.adapters.waiting import Tell

_UI_EVERY_S = 2.0


@dataclass(slots=True)
class _Work:
    started: float
    artifact: UUID | None = None
    told_ui: float = 0.0


@dataclass(slots=True)
class _Display:
    """Who is told in this process; nobody on a terminal unless `shown` is entered."""

    tell: Tell | None = None
    works: dict[str, _Work] = field(default_factory=dict)


_DISPLAY = _Display()


@contextmanager
def shown() -> Iterator[None]:
    """Show progress on standard error, as the other commands do."""
    try:
        with waiting.shown() as tell:
            _DISPLAY.tell = tell
            yield
    finally:
        _DISPLAY.tell = None
        _DISPLAY.works.clear()


def report(name: str, done: int, total: int) -> None:
    """Say that `done` of `total` parts of a work are done."""
    work = _DISPLAY.works.setdefault(name, _Work(started=time.monotonic()))
    _tell_ui(work, name, done, total)
    if _DISPLAY.tell is not None:
        _DISPLAY.tell(name, done, total)
    if done == total:
        _DISPLAY.works.pop(name)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Report a work of one part."""
    report(name, 0, 1)
    yield
    report(name, 1, 1)


def _tell_ui(work: _Work, name: str, done: int, total: int) -> None:
    """Keep one progress bar a work in the UI of the flow run, told every few seconds."""
    now = time.monotonic()
    last = done == total
    if FlowRunContext.get() is None or (not last and now - work.told_ui < _UI_EVERY_S):
        return
    percent = 100.0 * done / total if total else 100.0
    # Work that ends at once needs no bar of its own.
    if work.artifact is None and not last and now - work.started >= _UI_EVERY_S:
        key = "".join(c if c.isalnum() else "-" for c in name.lower())
        # Called from a synchronous flow, so it is the id itself and no coroutine.
        created = create_progress_artifact(percent, key=f"progress-{key}", description=name)
        work.artifact = cast(UUID, created)
    elif work.artifact is not None:
        update_progress_artifact(work.artifact, percent)
    work.told_ui = now
