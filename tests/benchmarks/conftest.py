"""What is measured is printed as a table and written to bench.json."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from tests.benchmarks.meter import Row

_FILE = Path(__file__).resolve().parents[2] / "bench.json"
_WIDTH = 140


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Give BLAS and OpenMP one thread, ours and the peer's alike."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def bench() -> Iterator[list[Row]]:
    """Give the list that measurements go into."""
    rows: list[Row] = []
    yield rows
    if not rows:
        return
    console = Console(width=_WIDTH)
    console.print()
    console.print(_table(rows))
    document = {"rows": [row.to_json() for row in rows]}
    _FILE.write_text(json.dumps(document, indent=2) + "\n")


def _table(rows: list[Row]) -> Table:
    """Return the measurements; peers and bounds as how many times our time they are."""
    table = Table(title="Best of several, one thread unless said", title_justify="left")
    for name in ("work", "count", "s", "each", "peer int", "peer str", "of bound", "MiB", "bar"):
        table.add_column(name, justify="left" if name in ("work", "bar") else "right")
    for row in rows:
        verdict = {None: "", True: "held", False: "MISSED"}[row.held]
        bound = "" if row.bound_s is None else f"{row.ours_s / row.bound_s:.2f}x"
        table.add_row(
            row.work,
            f"{row.count:,}",
            f"{row.ours_s:.3f}",
            _each(row.ours_s / max(row.count, 1)),
            _times(row.peer_int_s, row),
            _times(row.peer_str_s, row),
            bound,
            "" if row.peak_mib is None else f"{row.peak_mib:.0f}",
            f"{row.bar}: {verdict}" if row.bar else "",
        )
    return table


def _each(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} us" if seconds < 0.01 else f"{seconds:,.2f} s"


def _times(seconds: float | None, row: Row) -> str:
    return "" if seconds is None else f"{seconds / row.ours_s:.0f}x"
