"""A live home whose processes are killed, whose machine sleeps, whose server has a password."""

import os
import re

import pytest
import requests

from tasks import homes, hosting, standing
from tasks.adapters.home import Home
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.stages import agenda
from tests import commands, live_homes

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

DAY_S = 86_400
PROFILE = """
active = "home"
[profiles.home]
PREFECT_SERVER_API_AUTH_STRING = "admin:a long word"
PREFECT_API_AUTH_STRING = "admin:a long word"
"""


def up(home, *words):
    done = commands.run("up", "--home", home, *words)

    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def live(tmp_path):
    """Give a live home that is up."""
    home = tmp_path / "home"
    try:
        up(home, *live_homes.SMALL, *live_homes.ports())
        yield home
    finally:
        if Home.exists(home):
            hosting.stop_all(Home.open(home))


def test_kill__each_process_in_turn__up_brings_it_back(live):
    for name in hosting.PARTS:
        others = {each: pid for each, pid in live_homes.pids(live).items() if each != name}
        live_homes.kill(live, name)
        shown = standing.look(Settings(home=live))

        up(live)

        assert f"{name} not running: `erarium up` starts it" in shown.wrong
        assert live_homes.pids(live).items() >= others.items(), name
        assert len(live_homes.pids(live)) == len(hosting.PARTS)
        assert live_homes.run(live, "score").state == "COMPLETED"
    print(f"\n{len(hosting.PARTS)} processes killed, each brought back; runs complete")


def test_kill__worker_while_a_run_is_under_way__run_is_crashed_and_the_next_one_runs(live):
    ingest = live_homes.deployment(live, "ingest")
    live_homes.wait_for(lambda: live_homes.api(live).last_completed(ingest))
    # A step that waits: somebody else holds the home.
    with Home.open(live, "live").lock("a test"):
        cut = live_homes.api(live).start_run(live_homes.deployment(live, "keeper"), {})
        live_homes.wait_for(lambda: live_homes.api(live).run(cut).state == "RUNNING")
        live_homes.kill(live, "worker")
        for name in ("score", "score", "settle"):
            live_homes.api(live).start_run(live_homes.deployment(live, name), {})

        printed = up(live)

    assert "runs: 1 had lost their process, 3 were missed and are dropped" in printed
    assert live_homes.api(live).run(cut).state == "CRASHED"
    assert live_homes.run(live, "keeper").state == "COMPLETED"


def test_up__everything_killed_at_once__works_again(live):
    for name in hosting.PARTS:
        live_homes.kill(live, name)

    up(live)

    assert len(live_homes.pids(live)) == len(hosting.PARTS)
    assert live_homes.run(live, "score").state == "COMPLETED"


def test_up__machine_slept_past_an_opening__round_is_opened_by_one_run(live):
    home = Home.open(live, "live")
    commands.run("down", "--home", live)
    Node.start(home, Settings(home=live), hosting.Places.read(live).rpc_port)
    view = homes.look(Settings(home=live))
    asleep = view.chain.now()
    friday = next_opening(asleep)
    Node.attach(home).advance(friday)

    printed = up(live)

    assert "started now: ingest" in printed
    opened = live_homes.wait_for(lambda: homes.look(Settings(home=live)).chain.tournament.opened())
    assert len(opened) == 1
    assert agenda.read(homes.look(Settings(home=live))).troubles == []
    print(
        f"\nround {opened[0].round} was opened after {(friday - asleep) / DAY_S:.1f} days of sleep"
    )


def next_opening(now):
    """Return ten minutes after the next Friday, 22:00 UTC."""
    days = now // DAY_S
    # 1 January 1970 was a Thursday.
    friday = days + (1 - days) % 7
    at = friday * DAY_S + 22 * 3_600 + 600
    return at if at > now else at + 7 * DAY_S


def test_up__server_with_a_password__strangers_are_refused_and_runs_complete(live):
    commands.run("down", "--home", live)
    profile = live / "prefect" / "profiles.toml"
    profile.write_text(PROFILE)
    profile.chmod(0o600)

    up(live)

    url = hosting.Places.read(live).api_url
    assert requests.post(f"{url}/flow_runs/filter", json={}, timeout=30).status_code == 401
    assert live_homes.run(live, "score").state == "COMPLETED"
    assert standing.look(Settings(home=live)).wrong == []
    profile.chmod(0o644)
    refused = commands.run("up", "--home", live)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert re.search(r"profiles.toml can be read by others: chmod 600", refused.stderr)
    assert "a long word" not in refused.stderr + os.environ.get("PREFECT_API_AUTH_STRING", "")
