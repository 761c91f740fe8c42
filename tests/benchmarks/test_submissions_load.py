"""A window of five thousand submissions: delivered by eight processes, judged, closed, none lost.

Everything runs as in a live home that is up: its chain, its intake process, which is killed five
times and started again, and clients that know nothing but the addresses of chain and lake.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from tasks import homes, hosting
from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.core.money.units import RoundId
from tasks.stages import closing
from tasks.stages.requests import LiveRequest
from tests import live_homes, submitters
from tests.benchmarks import meter

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

CLIENTS, EACH = 8, 625
FIRSTS = range(0, CLIENTS * EACH, EACH)
CLOSE_S = 60.0
REQUEST = LiveRequest(simulated_ids=1_000, simulated_days=560, approval="auto")

_MIB = 2**20
_SAMPLE_S = 0.5
_WAIT_S = 1_800
_KILLS = (1, 1_000, 2_000, 3_000, 4_000)


@contextmanager
def peaks(groups: Callable[[], dict[str, list[int]]]) -> Iterator[dict[str, float]]:
    """Yield the peaks of groups of processes by name, in MiB."""
    found: dict[str, float] = {}
    done = Event()

    def watch() -> None:
        while not done.wait(_SAMPLE_S):
            for name, pids in groups().items():
                found[name] = max(found.get(name, 0.0), sum(map(_mib, pids)))

    thread = Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def _mib(pid: int) -> float:
    size = 0.0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        size = float(sum(each.memory_info().rss for each in family)) / _MIB
    return size


def start_intake(home: Home) -> None:
    intake = hosting.launch_intake(home, Settings())
    if intake is None:
        raise RuntimeError("an intake runs already")
    hosting.wait_for_intake(home, intake)


def start_clients(home: Home, round_id: RoundId, folder: Path) -> list[subprocess.Popen[bytes]]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.submitters", str(home.root), str(folder)]
    return [subprocess.Popen([*command, str(round_id), str(first), str(EACH)]) for first in FIRSTS]


def judged(home: Home, round_id: RoundId) -> int:
    return sum(1 for _ in submitters.receipts(home, round_id))


def wait_for_receipts(
    home: Home, round_id: RoundId, clients: list[subprocess.Popen[bytes]], wanted: int
) -> dict[str, float]:
    """Wait for clients and receipts, and kill the intake now and then; return the seconds."""
    started, took, kills = time.monotonic(), {}, list(_KILLS)
    while (count := judged(home, round_id)) < wanted:
        if kills and count >= kills[0]:
            kills.pop(0)
            live_homes.kill(home.root, hosting.INTAKE)
            start_intake(home)
        if "delivery" not in took and all(each.poll() is not None for each in clients):
            took["delivery"] = time.monotonic() - started
        if time.monotonic() - started > _WAIT_S:
            raise TimeoutError(f"{count} receipts of {wanted} in {_WAIT_S} s")
        time.sleep(_SAMPLE_S)
    for each in clients:
        each.wait(_WAIT_S)
    seconds = time.monotonic() - started
    took.setdefault("delivery", seconds)
    took["intake after it"] = seconds - took["delivery"]
    assert (kills, [each.returncode for each in clients]) == ([], [0] * CLIENTS)
    return took


def close(home: Home, round_id: RoundId) -> tuple[float, list[dict[str, str]]]:
    """Close the round as its step does, with the machine's workers; return seconds and book."""
    with homes.open(Settings(home=home.root), "close", workers=True) as opened:
        node = Node.attach(home)
        if node is None:
            raise RuntimeError("the chain does not run")
        node.advance(opened.chain.tournament.facts(round_id).terms.closes)
        started = time.monotonic()
        closing.close_round(opened, round_id)
        seconds = time.monotonic() - started
        book = opened.lake.document(f"rounds/{round_id}/book")
    return seconds, list(book["entrants"])


def test_load__five_thousand_submissions_of_eight_processes__are_all_in_the_book(bench, tmp_path):
    numbers = range(CLIENTS * EACH)
    absent = sum(submitters.kind_of(number) == "absent" for number in numbers)
    home, round_id = submitters.found(tmp_path / "home", REQUEST)
    n_ids = Lake(home.lake).document(f"rounds/{round_id}/open")["n_ids"]
    expected = {submitters.name_of(each): submitters.reason_of(each, n_ids) for each in numbers}
    try:
        submitters.endow(home.root, FIRSTS, EACH)
        start_intake(home)
        clients = start_clients(home, round_id, tmp_path / "models")

        def groups() -> dict[str, list[int]]:
            running = live_homes.pids(home.root)
            return {
                "clients": [each.pid for each in clients if each.poll() is None],
                **{name: [pid] for name, pid in running.items()},
            }

        with peaks(groups) as memory:
            took = wait_for_receipts(home, round_id, clients, len(numbers) - absent)
            took["close"], entrants = close(home, round_id)
    finally:
        hosting.stop_all(home)
    reasons = {row["name"]: row["reason"] for row in entrants}
    for name, seconds in took.items():
        print(f"{name:<18}{seconds:>8.1f} s")
        bar = CLOSE_S if name == "close" else None
        bench.append(
            meter.under(f"{name} of submissions in one window", seconds, len(numbers), bar)
        )
    print(", ".join(f"{name} {size:.0f} MiB" for name, size in sorted(memory.items())))
    for reason, count in Counter(map(str, reasons.values())).most_common():
        print(f"{count:>6} {reason if reason != 'None' else 'accepted'}")

    assert len(entrants) == len(reasons)
    assert reasons == expected
    assert took["close"] < CLOSE_S
