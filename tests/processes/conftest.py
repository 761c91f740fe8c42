"""What the tests of the command share: a finished tournament, and one that has its data."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.adapters import processes
from tasks.adapters.home import Home
from tasks.core.protocol import derive
from tests import commands
from tests.commands import Outcome


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a home that was played in one go; tests may read it and serve its chain."""
    home = tmp_path_factory.mktemp("unbroken") / "home"
    played = commands.play(home, "--json", home.with_name("report.json"))
    assert played.returncode == 0, played.stderr
    yield home
    processes.reap(home / "run")


@pytest.fixture(scope="session")
def expected(unbroken: Path) -> Outcome:
    """Give what every other way of playing the same tournament must come to."""
    return commands.outcome(unbroken)


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a home that was killed when its data was ingested; `copied` is made of it.

    There was another one in its place, which `--fresh` moved aside.
    """
    home = tmp_path_factory.mktemp("ingested") / "home"
    Home.create(home, "replay", 1, derive.chain_id(1), {"seed": 1})
    (home / "report.json").write_text("{}")
    killed = commands.play(home, "--fresh", failpoint="ingest")
    assert killed.returncode == -9, killed.stderr
    yield home
    processes.reap(home / "run")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """Give a home that is not there yet; what a failed test leaves in it is stopped."""
    home = tmp_path / "home"
    yield home
    processes.reap(home / "run")


@pytest.fixture
def copied(ingested: Path, empty: Path) -> Path:
    """Give a home of the test's own that has its data."""
    return Path(shutil.copytree(ingested, empty))
