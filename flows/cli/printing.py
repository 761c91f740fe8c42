"""How commands print for people: one console, tables that fit 80 columns, numbers."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.cli import giving
from tasks.core import wording

_PIPE_WIDTH = 120
_NONE = "-"


class _Page(Console):
    """Standard output, on which a name that a stranger chose is shown and never obeyed."""

    def render_str(self, text: str, **words: Any) -> Text:
        """Return a text as it is printed: without markup, emoji codes and control characters."""
        return super().render_str(wording.plain(text), **words)

    def print(self, *objects: Any, **words: Any) -> None:
        """Print.

        Raises:
            InputError: if standard output cannot be written.
        """
        with giving.writable(sys.stdout):
            super().print(*objects, **words)


def console() -> Console:
    """Return a console for standard output; a pipe has no width of its own, so it gets one."""
    if hasattr(sys.stdout, "reconfigure"):
        # Where a locale lacks a letter, another one is better than no table.
        sys.stdout.reconfigure(errors="replace")
    page = _Page(highlight=False, markup=False, emoji=False)
    if page.is_terminal:
        return page
    return _Page(highlight=False, markup=False, emoji=False, width=_PIPE_WIDTH)


def print_lines(lines: Iterable[str]) -> None:
    """Print a line each, however long; a terminal folds it, a pipe gets it whole."""
    page = console()
    for line in lines:
        page.print(line, soft_wrap=True)


def table(first: str, *, words: Sequence[str] = (), numbers: Sequence[str] = ()) -> Table:
    """Return a table that fits a terminal of 80 columns; long names in its first column fold.

    Args:
        first: the first column's title.
        words: titles of the columns that follow it, aligned to the left.
        numbers: titles of the last columns, aligned to the right.
    """
    made = Table(box=box.SIMPLE, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    made.add_column(first, overflow="fold")
    for title in words:
        made.add_column(title, no_wrap=True)
    for title in numbers:
        made.add_column(title, justify="right", no_wrap=True)
    return made


def number_text(value: float | None, form: str) -> str:
    """Return a number in a form such as `.3f`, a dash where there is none."""
    return _NONE if value is None else format(value, form)


def print_notes(page: Console, notes: Sequence[str]) -> None:
    """Print a line each."""
    if notes:
        page.print()
    for line in notes:
        page.print(f"note: {line}")
