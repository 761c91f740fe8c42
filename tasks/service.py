"""A live home up and down: what starts and stops, in which order, and what is caught up."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tasks import homes, hosting, living
from tasks.adapters import locks, processes, server
from tasks.adapters.home import Home
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.core.errors import DataError, HomeError, InputError
from tasks.hosting import Places
from tasks.stages import agenda, ingest
from tasks.stages import living as stages
from tasks.stages.requests import LiveRequest

Tell = Callable[[str], None]
Progress = Callable[[int, int], None]

_LOCK = "up.lock"
_DEPLOYMENTS = {"keep": "keeper", "reveal": "keeper"}
"""The deployment of a step, where it has another name."""

_CATCH_UP = "catch-up"


def up(
    values: Settings,
    said: Mapping[str, Any],
    ports: Mapping[str, Any],
    tell: Tell = lambda line: None,
    progress: Progress = lambda done, total: None,
) -> Places:
    """Bring a live home up, founding it where it is missing; start only what does not run.

    Where something cannot be started, what this call has started is stopped again.

    Args:
        values: which home, and what its processes are told.
        said: arguments of a `LiveRequest`; None where the home's own, or the default, counts.
        ports: fields of `Places`; None where the last ones, or the defaults, count.
        tell: told of each part that is ready.
        progress: told how many eras are built while the home is founded.

    Returns:
        Where it is reached.

    Raises:
        TournamentError: of the kind that says what is wrong, or which port is taken.
    """
    root = values.home
    former = Places.read(root)
    places = former.told(ports)
    hosting.require_free(root / "run", places, former)
    request, is_new = _request(root, said), not Home.exists(root)
    if is_new:
        ingest.check_source(request)
    home = stages.establish(root, request)
    with locks.exclusive(home.run / _LOCK, "bring the home up", values.lock_wait_s):
        already = {name for name, running in hosting.running(home).items() if running}
        try:
            _start(values, request, places, tell, progress)
        except BaseException as error:
            with processes.undisturbed():
                hosting.stop_all(home, [name for name in hosting.PARTS if name not in already])
                if is_new and isinstance(error, DataError):
                    # Its arguments must not bind anybody who mends them.
                    shutil.rmtree(root)
            raise
        places.write(root)
    return places


def down(values: Settings) -> list[str]:
    """Stop a live home's processes: worker, intake, chain after saving its state, server.

    Returns:
        The names of those that ran.

    Raises:
        HomeError: if it is no live home.
        LockedError: if a command works in it all the while; worker and intake are stopped then.
    """
    home = Home.open(values.home, "live")
    with locks.exclusive(home.run / _LOCK, "bring the home down", values.lock_wait_s):
        stopped = hosting.stop_all(home, (hosting.WORKER, hosting.INTAKE))
        with home.lock("stop the chain", values.lock_wait_s):
            stopped += hosting.stop_all(home, (hosting.CHAIN, hosting.SERVER))
    return stopped


def _request(root: Path, said: Mapping[str, Any]) -> LiveRequest:
    """Return what the home was founded with, changed by what is said, which it then refuses."""
    chosen = {name: value for name, value in said.items() if value is not None}
    if Home.exists(root):
        known = Home.open(root, "live").facts.arguments
        if set(known) != set(asdict(LiveRequest())):
            raise HomeError(f"{root} was made by another version of this program: use that one")
        chosen = {**known, **chosen}
    return LiveRequest(**chosen)


def _start(
    values: Settings, request: LiveRequest, places: Places, tell: Tell, progress: Progress
) -> None:
    home = Home.open(values.home, "live")
    launched = hosting.launch_server(home, values, places)
    _start_chain(home, values, request, places, progress)
    tell(f"chain: {places.rpc_url}")
    intake = hosting.launch_intake(home, values)
    server.wait_until_ready(launched, places.api_url)
    tell(f"Prefect: {places.ui_url}")
    if hosting.register(home, values, places, request.market_day_s):
        tell("deployments: registered")
    if intake is not None:
        hosting.wait_for_intake(home, intake)
        tell("intake: started")
    if processes.running(home.run, hosting.WORKER) is None:
        _clear(home, places, tell)
        hosting.start_worker(home, values, places)
        tell("worker: started")
        _catch_up(home, values, places, tell)


def _start_chain(
    home: Home, values: Settings, request: LiveRequest, places: Places, progress: Progress
) -> None:
    if _is_founded(home):
        Node.start(home, values, places.rpc_port)
    else:
        living.found(values, request, places.rpc_port, progress)


def _is_founded(home: Home) -> bool:
    try:
        stages.market_of(home)
    except InputError:
        return False
    return True


def _clear(home: Home, places: Places, tell: Tell) -> None:
    """Close the runs whose process is gone, and drop those that were missed.

    What has to be caught up is read from chain and lake, not from what Prefect had planned.
    """
    # A killed worker leaves its runs, which would go on beside those of the next one.
    hosting.stop(home, hosting.WORKER)
    api = hosting.orchestrator(home, places)
    gone = api.under_way()
    for run in gone:
        api.mark_crashed(run, hosting.GONE)
    missed = api.remove_late(datetime.now(UTC))
    if gone or missed:
        tell(f"runs: {len(gone)} had lost their process, {missed} were missed and are dropped")


def _catch_up(home: Home, values: Settings, places: Places, tell: Tell) -> None:
    """Start one run of each deployment for which something is due, the most urgent first."""
    due = [duty.step for duty in agenda.read(homes.look(values)).due]
    names = dict.fromkeys(_DEPLOYMENTS.get(step, step) for step in due if step != "approve")
    api = hosting.orchestrator(home, places)
    registered = {deployment.name: deployment for deployment in api.deployments()}
    for name in [*names, "ingest"]:
        api.start_run(registered[name], {}, tags=[_CATCH_UP])
    tell(f"started now: {', '.join([*names, 'ingest'])}")
