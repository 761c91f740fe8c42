"""Progress of long work, on standard error; quick work shows nothing."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

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

Tell = Callable[[str, int, int], None]
"""Takes a work's name, how many parts of it are done, and of how many."""

_PATIENCE_S = 2.0
"""What takes no longer is not told of."""

_SILENCE_S = 5.0
"""How long nothing may be said of a work that goes on, where no bar shows it."""


@contextmanager
def shown() -> Iterator[Tell]:
    """Give a function to tell a work's name, how many parts of it are done, and of how many.

    A work that takes over two seconds has a bar on a terminal, elsewhere a line at its end, and
    one before if that is far. Tell it with no part done where it begins. Flows tell it by
    `tasks.progress`.
    """
    display = _Display()
    try:
        yield display.tell
    finally:
        display.end()


@dataclass(slots=True, kw_only=True)
class _Work:
    """How far a work is, and what has been shown of it."""

    total: int
    done: int = 0
    began: float = field(default_factory=time.monotonic)
    bar: TaskID | None = None
    told: bool = False


class _Display:
    """What standard error shows; a thread looks after the works whose first part takes long."""

    def __init__(self) -> None:
        self._terminal = Console(stderr=True, markup=False, emoji=False)
        self._bars: Progress | None = None
        self._works: dict[str, _Work] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def tell(self, name: str, done: int, total: int) -> None:
        """Take note of a work."""
        with self._lock:
            work = self._works.setdefault(name, _Work(total=total))
            work.done, work.total = done, total
            self._show(name, work)
            if done == total:
                del self._works[name]

    def end(self) -> None:
        """Leave the terminal as it was."""
        self._over.set()
        self._watch.join()
        if self._bars is not None:
            self._bars.stop()

    def _look(self) -> None:
        while not self._over.wait(abs(_PATIENCE_S) / 2):
            with self._lock:
                for name, work in self._works.items():
                    self._show(name, work)

    def _show(self, name: str, work: _Work) -> None:
        seconds = time.monotonic() - work.began
        if self._terminal.is_terminal:
            if work.bar is not None or seconds > _PATIENCE_S:
                self._draw(name, work)
        elif work.done == work.total:
            if seconds > _PATIENCE_S:
                sys.stderr.write(f"{name}: {work.total} of {work.total} in {seconds:.0f} s\n")
        elif seconds > _SILENCE_S and not work.told:
            work.told = True
            sys.stderr.write(f"{name}: {work.done} of {work.total} after {seconds:.0f} s\n")

    def _draw(self, name: str, work: _Work) -> None:
        if self._bars is None:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
            )
            self._bars = Progress(*columns, console=self._terminal)
            self._bars.start()
        if work.bar is None:
            work.bar = self._bars.add_task(name, total=work.total)
        self._bars.update(work.bar, completed=work.done)
