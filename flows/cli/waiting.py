"""Progress of a command's own work, on standard error; quick work shows nothing."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

_PATIENCE_S = 2.0


@contextmanager
def shown() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function to tell a work's name, how many parts of it are done, and of how many.

    A work that takes over two seconds has a bar on a terminal, elsewhere a line at its end. Apart
    from `tasks.progress`, which serves flows: importing Prefect takes longer than most such work.
    """
    console = Console(stderr=True)
    bars: Progress | None = None
    works: dict[str, TaskID] = {}
    began = time.monotonic()
    with ExitStack() as stack:

        def tell(name: str, done: int, total: int) -> None:
            nonlocal bars, began
            seconds = time.monotonic() - began
            if console.is_terminal and (name in works or seconds > _PATIENCE_S):
                bars = bars or stack.enter_context(_bars(console))
                if name not in works:
                    works[name] = bars.add_task(name, total=total)
                bars.update(works[name], completed=done)
            elif done == total and seconds > _PATIENCE_S:
                sys.stderr.write(f"{name}: {total} of {total} in {seconds:.0f} s\n")
            if done == total:
                # The next work begins where this one ends.
                began = time.monotonic()

        yield tell


def _bars(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console)
