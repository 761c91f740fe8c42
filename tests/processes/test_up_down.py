"""`erarium up`, `status` and `down`: what runs, what is refused, what a run says of itself."""

import json
import re
import subprocess
import sys

import pytest

from tasks import hosting, service, standing
from tasks.adapters import processes, settings
from tasks.adapters.home import Home
from tasks.adapters.settings import Settings
from tasks.core.errors import TournamentError
from tests import commands, live_homes

pytestmark = pytest.mark.timeout(600)

SCHEDULED = {"ingest", "open", "close", "score", "resolve", "settle", "keeper", "snapshot"}
BY_ROUND = {"open", "close", "score", "resolve", "settle"}

PROGRAM = """
import time
from contextlib import nullcontext
from unittest import mock

from prefect import flow

from tasks import duties, steps
from tasks.core.errors import ChainError
from tasks.core.protocol.steps import Step
from tasks.stages import closing


def close_round(home, round_id):
    if round_id == 1:
        time.sleep(60)
    if round_id == 2:
        raise ChainError("the chain does not answer")


quick = steps.close_round.with_options(timeout_seconds=1, retries=0)


@flow(flow_run_name="three rounds")
def close():
    return duties.take([duties.StepTask(step=Step.CLOSE, act=quick)])


with (
    mock.patch.object(duties.agenda, "due", return_value=[1, 2, 3]),
    mock.patch.object(duties, "_chosen", return_value=[1, 2, 3]),
    mock.patch.object(duties.homes, "look"),
    mock.patch.object(duties.homes, "open", return_value=nullcontext(mock.Mock())),
    mock.patch.object(duties, "_leave"),
    mock.patch.object(duties, "_leave_overview"),
    mock.patch.object(closing, "close_round", close_round),
):
    state = close(return_state=True)
print(state.type.value, state.message)
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """Give a live home that is up, and what was printed when it came up."""
    home = tmp_path_factory.mktemp("live") / "home"
    try:
        done = commands.run("up", "--home", home, *live_homes.SMALL, *live_homes.ports())
        assert done.returncode == 0, done.stderr
        yield home, done.stdout
    finally:
        if Home.exists(home):
            hosting.stop_all(Home.open(home))


def test_up__new_home__says_where_it_is_and_what_comes_next(live):
    home, printed = live

    places = hosting.Places.read(home)
    assert sorted(live_homes.pids(home)) == sorted(hosting.PARTS)
    for word in (places.ui_url, places.rpc_url, str(home / "lake"), "scheduled: "):
        assert word in printed
    assert re.search(r"tournament 0x[0-9a-fA-F]{40}", printed)


def test_up__again__starts_nothing(live):
    home, _ = live
    before = live_homes.pids(home)
    told: list[str] = []

    places = service.up(Settings(home=home), {}, {}, told.append)
    typed = commands.run("up", "--home", home, "--json", "-")

    assert (typed.returncode, json.loads(typed.stdout)["home"]) == (0, str(home))
    assert live_homes.pids(home) == before
    assert told == [f"chain: {places.rpc_url}", f"Prefect: {places.ui_url}"]


@pytest.mark.parametrize(
    ("said", "ports", "message"),
    [
        ({}, {"port": 1}, "Prefect runs at"),
        ({}, {"host": "0.0.0.0"}, "Prefect runs at"),  # noqa: S104 - never bound
        ({}, {"rpc_port": 1}, "the chain runs at"),
        ({"seed": 5}, {}, "was made with other arguments (seed 0, now 5)"),
    ],
)
def test_up__other_words_than_those_that_it_runs_with__is_refused(live, said, ports, message):
    home, _ = live
    before = live_homes.pids(home)

    with pytest.raises(TournamentError, match=re.escape(message)):
        service.up(Settings(home=home), said, ports)

    assert live_homes.pids(home) == before


@pytest.mark.parametrize("field", ["port", "rpc_port"])
def test_up__port_of_another_program__leaves_nothing(live, tmp_path, field):
    taken = getattr(hosting.Places.read(live[0]), field)
    free = {"port": processes.free_port(), "rpc_port": processes.free_port()}

    with pytest.raises(TournamentError, match=f"port {taken} for .* is taken: choose another"):
        service.up(Settings(home=tmp_path / "other"), {}, free | {field: taken})

    assert not (tmp_path / "other").exists()


def test_deployments__all__have_schedules_limits_and_closed_forms(live):
    found = {each.name: each for each in live_homes.api(live[0]).deployments()}

    assert set(found) == SCHEDULED | {"approve"}
    for name, deployment in found.items():
        crons = [each["schedule"] for each in deployment.schedules]
        assert [each["timezone"] for each in crons] == ["UTC"] * (name in SCHEDULED)
        assert all(len(each["cron"].split()) == 5 for each in crons)
        assert deployment.schema["additionalProperties"] is False


def test_deployments__form_of_a_round__is_typed_described_bounded_and_defaulted(live):
    forms = {each.name: each.schema for each in live_homes.api(live[0]).deployments()}

    for name in BY_ROUND:
        field = forms[name]["properties"]["round_id"]
        number = next(each for each in field["anyOf"] if each["type"] == "integer")
        assert (number["minimum"], number["exclusiveMaximum"]) == (0, 2**53)
        assert field["default"] is None
        assert field["description"].startswith("the round's number; empty for every round")
    digest = forms["approve"]["properties"]["table_digest"]
    assert forms["approve"]["required"] == ["round_id", "table_digest"]
    assert digest["pattern"] == "^(0x)?[0-9a-fA-F]{64}$"
    assert digest["description"].startswith("the sha256 of the table")


@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("close", {"round_id": -1}, "'round_id'. Failure reason: -1 is less than the minimum"),
        ("close", {"round_id": "x"}, "'round_id'. Failure reason: 'x' is not valid"),
        ("close", {"colour": "red"}, "'colour' was unexpected"),
        ("approve", {"round_id": 1, "table_digest": "0x12"}, "'0x12' does not match"),
        ("approve", {"round_id": 1}, "'table_digest' is a required property"),
    ],
)
def test_run__wrong_value__is_refused_before_it_starts(live, name, parameters, said):
    home, _ = live

    with pytest.raises(TournamentError, match=re.escape(said)):
        live_homes.api(home).start_run(live_homes.deployment(home, name), parameters)


def test_run__of_a_round_that_is_not__fails_with_one_line(live):
    home, _ = live

    failed = live_homes.run(home, "close", round_id=4_000)
    shown = standing.look(Settings(home=home))

    assert (failed.name, failed.state) == ("round 4000: close", "FAILED")
    assert failed.message == "round 4000 does not exist: nobody opened it on this chain"
    assert shown.needs_a_person
    assert failed.message in "\n".join(shown.wrong)


def test_run__a_round_times_out_and_one_fails__the_others_are_taken(live):
    home, _ = live
    env = settings.child_environment(settings.Settings(), home, hosting.Places.read(home).api_url)

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=True
    )

    timed_out = "round 1: Task run exceeded timeout of 1.0 second(s)"
    failed = "round 2: the chain does not answer"
    assert done.stdout.splitlines()[-1] == f"FAILED {timed_out}; {failed}; close: round 3 done"


def test_down__twice__stops_all_and_only_that(live):
    home, _ = live

    first = commands.run("down", "--home", home)
    again = commands.run("down", "--home", home, "--json", "-")
    code, shown = live_homes.status(home)

    stopped = ["worker: stopped", "intake: stopped", "chain: stopped", "server: stopped"]
    assert (first.returncode, first.stdout.splitlines()) == (0, stopped)
    assert (again.returncode, json.loads(again.stdout)) == (0, {"stopped": []})
    assert commands.processes_of(home) == []
    assert (code, shown["wrong"]) == (1, ["nothing runs: `erarium up` starts it"])


def test_down__no_live_home__is_refused(tmp_path):
    with pytest.raises(TournamentError, match="is not a home"):
        service.down(Settings(home=tmp_path))
