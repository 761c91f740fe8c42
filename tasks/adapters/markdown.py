"""Markdown for pages: tables, links and plots, and text that stays text whoever wrote it."""

import base64
import string
from collections.abc import Sequence

from tasks.core import wording

_HARMLESS = ",-/()'"
# Not as entities: Prefect's pages show those letter by letter.
_ESCAPED = {ord(mark): f"\\{mark}" for mark in string.punctuation if mark not in _HARMLESS}


def escape(text: str) -> str:
    """Return a text that a page shows as it is, with no markup and no link in it.

    It stands in a cell or behind other words: at the start of a line a dash would make a list.
    """
    return wording.plain(text).translate(_ESCAPED)


def code(text: str) -> str:
    """Return a digest, hash or other word of letters and digits in the typeface of code.

    Raises:
        ValueError: if it is anything else, which nothing could escape there.
    """
    if not (text.isascii() and text.isalnum()):
        raise ValueError(f"{text!r} is no word of letters and digits")
    return f"`{text}`"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; a column whose title ends in `:` has its numbers on the right.

    Args:
        columns: their titles.
        rows: cells, escaped already.
    """
    titles = [title.removesuffix(":") for title in columns]
    rule = ["---:" if title.endswith(":") else "---" for title in columns]
    return "\n".join(f"| {' | '.join(line)} |" for line in [titles, rule, *rows])


def artifact_link(text: str, key: str) -> str:
    """Return a link to the newest artifact of a key."""
    return f"[{text}](/artifacts/key/{key})"


def run_link(text: str, run_id: str) -> str:
    """Return a link to a flow run."""
    return f"[{text}](/runs/flow-run/{run_id})"


def image(text: str, svg: str) -> str:
    """Return a drawing with its words for those who do not see it."""
    data = base64.b64encode(svg.encode()).decode()
    return f"![{text}](data:image/svg+xml;base64,{data})"
