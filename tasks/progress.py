"""Progress of long work: a bar in the terminal, lines where there is none, a bar in the UI."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import FlowRunContext
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_UI_EVERY_S = 2.0


@dataclass(slots=True)
class _Work:
    started: float
    bar: TaskID | None = None
    artifact: UUID | None = None
    told_ui: float = 0.0


@dataclass(slots=True)
class _Display:
    """What this process shows now; nothing unless `shown` is entered."""

    bars: Progress | None = None
    quiet: bool = True
    works: dict[str, _Work] = field(default_factory=dict)


_DISPLAY = _Display()


@contextmanager
def shown() -> Iterator[None]:
    """Show progress on standard error: bars on a terminal, a line a finished work elsewhere."""
    console = Console(stderr=True)
    _DISPLAY.quiet = False
    try:
        if not console.is_terminal:
            yield
            return
        columns = (
            TextColumn("{task.description:<24}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console) as bars:
            _DISPLAY.bars = bars
            yield
    finally:
        _DISPLAY.bars, _DISPLAY.quiet = None, True
        _DISPLAY.works.clear()


def report(name: str, done: int, total: int) -> None:
    """Say that `done` of `total` parts of a work are done."""
    work = _DISPLAY.works.setdefault(name, _Work(started=time.monotonic()))
    _tell_ui(work, name, done, total)
    if _DISPLAY.bars is not None:
        if work.bar is None:
            work.bar = _DISPLAY.bars.add_task(name, total=total)
        _DISPLAY.bars.update(work.bar, completed=done, total=total)
    elif done == total and not _DISPLAY.quiet:
        seconds = time.monotonic() - work.started
        sys.stderr.write(f"{name}: {total} of {total} in {seconds:.0f} s\n")
    if done == total and _DISPLAY.bars is None:
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
