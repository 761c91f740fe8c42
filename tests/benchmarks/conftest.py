"""What is measured is printed as a table and written to bench.json."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.benchmarks.meter import Row

_FILE = Path(__file__).resolve().parents[2] / "bench.json"


@pytest.fixture(scope="session")
def bench() -> Iterator[list[Row]]:
    """Give the list that measurements go into."""
    rows: list[Row] = []
    yield rows
    if not rows:
        return
    table = Table(title="Cost", title_justify="left")
    for name in ("work", "count", "seconds", "bar", "peak MiB"):
        table.add_column(name, justify="left" if name == "work" else "right")
    for row in rows:
        over = " OVER" if row.bar_s is not None and row.seconds > row.bar_s else ""
        bar = "" if row.bar_s is None else f"{row.bar_s:g}{over}"
        table.add_row(row.work, str(row.count), f"{row.seconds:.2f}", bar, f"{row.peak_mib:.0f}")
    Console().print(table)
    _FILE.write_text(json.dumps([row.to_json() for row in rows], indent=2) + "\n")
