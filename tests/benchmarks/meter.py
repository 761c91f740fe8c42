"""Measure a command: its seconds, and the memory of all its processes together."""

import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil

_SAMPLE_S = 0.5
_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement; `bar_s` is what the project promises on two cores."""

    work: str
    seconds: float
    peak_mib: float
    count: int
    bar_s: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the measurement as it stands in bench.json."""
        return {
            "count": self.count,
            "peak_mib": round(self.peak_mib, 1),
            "seconds": round(self.seconds, 3),
            "work": self.work,
        }


def measure(argv: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command and return its seconds and its processes' peak in MiB.

    Raises:
        AssertionError: if it fails.
    """
    started, peak = time.monotonic(), 0.0
    with subprocess.Popen(
        argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        while True:
            peak = max(peak, _together_mib(running.pid))
            # What is over at once is looked at more often.
            pause = min(_SAMPLE_S, 0.01 + (time.monotonic() - started) / 10)
            try:
                _, errors = running.communicate(timeout=pause)
                break
            except subprocess.TimeoutExpired:
                continue
    assert running.returncode == 0, errors
    return time.monotonic() - started, peak


def _together_mib(pid: int) -> float:
    """Return the memory of a process and all below it; what they share counts once."""
    total = 0
    with suppress(psutil.Error):
        leader = psutil.Process(pid)
        for process in [leader, *leader.children(recursive=True)]:
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
    return total / _MIB
