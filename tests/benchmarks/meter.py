"""Measurements: a command with all its processes, or a function beside its peer and its bound."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import psutil

_SAMPLE_S = 0.5
_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement, as it stands in bench.json; None where a column does not apply.

    `count` is how many of its things (submissions, files, rounds' entries) `ours_s` is for;
    peers and bounds are for as many. `bar` is what the project promises on two cores, `held`
    whether this measurement keeps it.
    """

    work: str
    ours_s: float
    count: int
    peer_int_s: float | None = None
    peer_str_s: float | None = None
    bound_s: float | None = None
    peak_mib: float | None = None
    bar: str = ""
    held: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the measurement as it stands in bench.json."""
        return {key: value for key, value in asdict(self).items() if key not in ("bar", "held")}


def under(work: str, ours_s: float, count: int, bar_s: float | None, **rest: Any) -> Row:
    """Return a measurement whose bar is a number of seconds, None for no bar."""
    if bar_s is None:
        return Row(work=work, ours_s=ours_s, count=count, **rest)
    bar, held = f"under {bar_s:g} s", ours_s < bar_s
    return Row(work=work, ours_s=ours_s, count=count, bar=bar, held=held, **rest)


def interleaved(
    functions: Mapping[str, Callable[[], object]], repeats: int, others: int = 3
) -> dict[str, float]:
    """Return each function's best seconds of several runs, taken in turns after a warm-up.

    Args:
        functions: name -> what to run; all see the same state of the machine.
        repeats: how often ours and bounds are run.
        others: how often a peer (a name that begins with `peer`) is run, which takes long.
    """
    best: dict[str, float] = {}
    for turn in range(repeats + 1):
        for name, function in functions.items():
            if name.startswith("peer") and turn > others:
                continue
            started = time.perf_counter()
            function()
            seconds = time.perf_counter() - started
            # The first turn compiles and fills caches.
            if turn:
                best[name] = min(seconds, best.get(name, seconds))
    return best


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
            peak = max(peak, together_mib(running.pid))
            # What is over at once is looked at more often.
            pause = min(_SAMPLE_S, 0.01 + (time.monotonic() - started) / 10)
            try:
                _, errors = running.communicate(timeout=pause)
                break
            except subprocess.TimeoutExpired:
                continue
    assert running.returncode == 0, errors
    return time.monotonic() - started, peak


def together_mib(pid: int) -> float:
    """Return the memory of a process and all below it; what they share counts once."""
    total = 0
    with suppress(psutil.Error):
        leader = psutil.Process(pid)
        for process in [leader, *leader.children(recursive=True)]:
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
    return total / _MIB
