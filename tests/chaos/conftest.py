"""What the tests share that play a small tournament: its data, and how it ends undisturbed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.adapters import processes
from tasks.adapters.executors import SerialExecutor
from tasks.adapters.lake import Lake
from tasks.stages import founding, ingest
from tasks.stages.open_home import Keys
from tasks.stages.requests import Request
from tests.chaos import ends, hosting
from tests.chaos.ends import End

SMALL = Request(rounds=3, modellers=6, simulated_ids=110, simulated_days=580)


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home that has its data and no chain."""
    root = tmp_path_factory.mktemp("data") / "home"
    home = founding.establish(root, SMALL)
    stores = (Lake(home.vault), Lake(home.lake))
    ingest.ingest(*stores, SMALL, SerialExecutor(), Keys(home, None).data)
    return root


@pytest.fixture(scope="session")
def unbroken(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> End:
    """Give what every other way of playing the same tournament must come to."""
    root = Path(shutil.copytree(ingested, tmp_path_factory.mktemp("unbroken") / "home"))
    assert hosting.run(hosting.play, root) == hosting.Ended(code=0, lines=[])
    return ends.of(root)


@pytest.fixture(scope="session")
def rounds(unbroken: End) -> list[int]:
    return [entry["round"] for entry in unbroken.outcome.report["rounds"]]


@pytest.fixture
def home(ingested: Path, tmp_path: Path) -> Iterator[Path]:
    """Give a home of the test's own that has its data; what is left running is stopped."""
    root = Path(shutil.copytree(ingested, tmp_path / "home"))
    yield root
    processes.reap(root / "run")
