"""What a tournament costs: seconds, and the memory of all its processes together.

Nothing here fails for being slow, since other machines are; the table says what is over its bar.
"""

import json
import statistics
import sys
from pathlib import Path

import pytest

from tasks.adapters.settings import Settings
from tests import commands
from tests.benchmarks import meter

ROOT = Path(__file__).resolve().parents[2]
MEMORY_MIB = 4096
REPEATS = 5

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]


def real_panel():
    """Return the words that play real prices, or skip."""
    folder = Settings().test_data
    if folder is None or not (folder / "prices").is_dir():
        pytest.skip("ERARIUM_TEST_DATA names no folder with prices")
    prices = folder / "prices"
    return "--prices", prices, "--sectors", prices / "sectors.csv"


def measure(*words, argv=None):
    argv = argv or [str(commands.PROGRAM), *map(str, words)]
    return meter.measure(argv, commands.environment())


def measure_play(bench, home, work, bar_s, *words):
    """Play in a new home, and note what it cost."""
    seconds, peak = measure("play", "--home", home, *words)
    report = json.loads((home / "report.json").read_bytes())
    count = sum(len(entry["models"]) for entry in report["rounds"])
    bench.append(meter.under(work, seconds, count, bar_s, peak_mib=peak))

    assert report["verified"]
    assert peak < MEMORY_MIB
    return report


def measure_quick(bench, work, bar_s, *words, argv=None):
    """Note the median of some runs of what should be over at once."""
    runs = [measure(*words, argv=argv) for _ in range(REPEATS)]
    seconds = statistics.median(seconds for seconds, _ in runs)
    peak = max(peak for _, peak in runs)
    bench.append(meter.under(work, seconds, 1, bar_s, peak_mib=peak))


def test_play__small_tournament__cost(bench, tmp_path):
    home = tmp_path / "home"

    measure_play(bench, home, "play: 3 rounds x 6 models, simulator", None, *commands.SMALL)

    measure_quick(bench, "play: finished home", 2.0, "play", "--home", home, *commands.SMALL)
    measure_quick(bench, "verify: 3 rounds x 6 models", None, "verify", "--home", home)


def test_play__twelve_rounds_of_real_prices__cost(bench, tmp_path):
    words = (*real_panel(), "--rounds", 12, "--modellers", 13)

    work = "play: 12 rounds x 13 models, real prices"
    report = measure_play(bench, tmp_path / "home", work, 180.0, *words)

    assert (len(report["rounds"]), len(report["models"])) == (12, 13)


def test_play__all_rounds_of_real_prices__cost(bench, tmp_path):
    words = (*real_panel(), "--rounds", "all", "--modellers", 13)

    report = measure_play(bench, tmp_path / "home", "play: all rounds, real prices", 600.0, *words)

    assert len(report["rounds"]) > 90


def test_help__cost(bench):
    measure_quick(bench, "erarium --help", 0.3, "--help")


def test_set_up__second_time__cost(bench):
    argv = [sys.executable, str(ROOT / "deployment" / "setup.py"), "--dev"]

    measure_quick(bench, "set-up that is done", 2.0, argv=argv)
