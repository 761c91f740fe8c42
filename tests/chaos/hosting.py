"""What an operator does, as a process of its own: real stages, journal and node.

Neither Prefect nor Dask, and the imports are made once: a run that has little to do takes a
second.
"""

import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tasks.adapters import failpoints
from tasks.adapters.home import Home
from tasks.core.errors import TournamentError
from tasks.stages import replay
from tasks.stages.requests import Request
from tests import tournaments
from tests.flows import homes

_TIMEOUT_S = 120
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How such a process ended, and the lines that it printed."""

    code: int
    lines: list[str]

    @property
    def errors(self) -> list[str]:
        """Return what it printed, but for what failpoints say."""
        return [line for line in self.lines if not line.startswith("failpoint ")]


def run(act: Callable[[Path], None], root: Path, **changes: str) -> Ended:
    """Do something to a home, to its end or to where it is killed.

    Args:
        act: a function of a module.
        root: the home.
        changes: what to add to the environment.

    Raises:
        TimeoutError: if it hangs.
    """
    log = root.with_name("program.log")
    log.write_text("")
    environment = {"ERARIUM_HOME": str(root), **changes}
    process = _CONTEXT.Process(target=_main, args=(act, root, environment, log))
    process.start()
    process.join(_TIMEOUT_S)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"the program hangs in {root}: {log.read_text()}")
    return Ended(code=process.exitcode, lines=log.read_text().splitlines())


def play(root: Path) -> None:
    """Play the tournament of a home, which is made; it may be new, or have come to any point."""
    home = Home.open(root)
    request = Request(**home.facts.arguments)
    with home.lock("operate"), tournaments.founded(root, request) as tournament:
        events = replay.schedule(tournament.dataset, tournament.rounds)

        def done(count: int) -> None:
            failpoints.reach(events[count - 1].step, events[count - 1].round_id)

        tournament.play(done=done)
        report = homes.finish(tournament)
    home.report.write_text(json.dumps(report))


def _main(act: Callable[[Path], None], root: Path, environment: dict[str, str], log: Path) -> None:
    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    os.environ.update(environment)
    try:
        act(root)
    except TournamentError as error:
        sys.exit(f"program: {error}")
