"""The intake process of a live home, killed while it works: nothing lost, nothing judged twice."""

import subprocess
import sys

import pytest

from tasks import homes, hosting
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.stages import closing
from tasks.stages.requests import LiveRequest
from tests import live_homes, submitters

REQUEST = LiveRequest(simulated_ids=120, simulated_days=560, approval="auto")
COUNT = 20


@pytest.fixture
def place(tmp_path):
    """Give a live home with an open round, and stop what runs in it."""
    home, round_id = submitters.found(tmp_path / "home", REQUEST)
    yield home, round_id
    hosting.stop_all(home)


def start(home):
    hosting.wait_for_intake(home, hosting.launch_intake(home, Settings()))


def wait_for(home, round_id, count):
    live_homes.wait_for(lambda: len(list(submitters.receipts(home, round_id))) >= count)


def test_intake__killed_again_and_again_while_files_arrive__judges_each_once(place, tmp_path):
    home, round_id = place
    submitters.endow(home.root, [1], COUNT)
    words = (home.root, tmp_path / "models", round_id, 1, COUNT)
    client = subprocess.Popen([sys.executable, "-m", "tests.submitters", *map(str, words)])
    for seen in (1, 12):
        start(home)
        wait_for(home, round_id, seen)
        live_homes.kill(home.root, hosting.INTAKE)
    assert client.wait(60) == 0
    start(home)
    wait_for(home, round_id, COUNT)
    with homes.open(Settings(home=home.root), "close") as opened:
        terms = opened.chain.tournament.facts(round_id).terms
        Node.attach(home).advance(terms.closes)

        closing.close_round(opened, round_id)

        book = opened.lake.document(f"rounds/{round_id}/book")
        n_ids = opened.lake.document(f"rounds/{round_id}/open")["n_ids"]
    reasons = {row["name"]: row["reason"] for row in book["entrants"]}
    assert reasons == {
        submitters.name_of(number): submitters.reason_of(number, n_ids)
        for number in range(1, COUNT + 1)
    }
