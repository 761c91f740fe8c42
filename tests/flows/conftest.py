"""What the tests of outcomes share: one data set and one played tournament a session."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.stages import founding, ingest
from tasks.stages.open_home import Keys
from tests import tournaments
from tests.flows import homes, steps
from tests.flows.homes import Ingested, Played, RecordingExecutor
from tests.tournaments import SMALL, Tournament


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """Make the small data set; a home that is copied from it need not ingest again."""
    root, executor = tmp_path_factory.mktemp("ingested") / "home", RecordingExecutor()
    home = founding.establish(root, SMALL)
    key = Keys(home, None).data
    ingest.ingest(Lake(home.vault), Lake(home.lake), SMALL, executor, key)
    return Ingested(root=root, executed=executor)


@pytest.fixture(scope="session")
def played(ingested: Ingested, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Play the small tournament; tests only read it, and tamper with copies of `stopped`."""
    folder = tmp_path_factory.mktemp("played")
    with tournaments.founded(ingested.copy(folder / "home")) as tournament:
        tournament.play()
        report = homes.finish(tournament)
        port = int(tournament.node.rpc_url.rpartition(":")[2])
        tournament.node.stop()
        stopped = Path(shutil.copytree(tournament.home.root, folder / "stopped"))
        tournament.node = Node.start(tournament.home, Settings(), port)
        try:
            yield Played(tournament=tournament, report=report, stopped=stopped)
        finally:
            tournament.node.stop()


@pytest.fixture
def fresh(ingested: Ingested, tmp_path: Path) -> Iterator[Tournament]:
    """Found a tournament of the test's own in which nothing has happened yet."""
    with tournaments.founded(ingested.copy(tmp_path / "home")) as tournament:
        yield tournament


@pytest.fixture(scope="module")
def hosted(ingested: Ingested, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tournament]:
    """Found a tournament whose first round is open, for modellers from outside."""
    root = ingested.copy(tmp_path_factory.mktemp("hosted") / "home")
    with tournaments.founded(root) as tournament:
        steps.start(tournament, tournament.rounds[0])
        yield tournament
