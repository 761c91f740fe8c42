"""How a run of a live home takes the steps that are due, and what it says of them.

A run knows its home by ERARIUM_HOME, which the worker hands on.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from prefect import runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks import artifacts, living
from tasks.adapters.settings import Settings
from tasks.core import wording
from tasks.core.errors import InputError, ProcessError, TournamentError
from tasks.core.money.units import RoundId
from tasks.core.protocol import dates, status
from tasks.living import Work
from tasks.stages import agenda, approving, overview, round_details

_SHOWN = 12

_HELD: list[Work] = []
"""The home that this process works in: one, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step and the task that takes it.

    Attributes:
        name: the agenda's word for it; None for a step of the home, which has no round.
        act: the task: of a round's number, or of nothing; what it returns is said.
        heavy: whether Dask workers are worth their start where market days are days.
        settles: whether it can change what all settled rounds come to.
    """

    name: str | None
    act: Callable[..., Any]
    heavy: bool = False
    settles: bool = False


def run_name(step: str) -> Callable[[], str]:
    """Return what names a run: `round 17: close`, or `rounds: close` for all that are due."""

    def name() -> str:
        round_id = runtime.flow_run.parameters.get("round_id")
        return f"rounds: {step}" if round_id is None else f"round {round_id}: {step}"

    return name


def work() -> Work:
    """Return the home that this process works in.

    Raises:
        ProcessError: if it works in none.
    """
    if not _HELD:
        raise ProcessError("nothing is at work: start the deployment, not its tasks")
    return _HELD[-1]


def take(steps: Sequence[Step], round_id: int | None = None) -> State[Any]:
    """Take steps in their order, each for one round or for all for which it is due.

    What fails for one round does not stop the others.

    Args:
        steps: the first one must be possible for a round that is named; the others follow
            where they are due.
        round_id: the round; None for all.

    Returns:
        The state of the run: what was done, or what failed, in one line.
    """
    done: list[str] = []
    failed: list[str] = []
    try:
        for step in steps:
            if step.name is None:
                _take_once(step, done, failed)
            else:
                chosen = _chosen(step.name, round_id, must=step is steps[0], done=done)
                _take_each(step, step.name, chosen, done, failed)
    except TournamentError as error:
        failed.append(str(error))
    _leave_overview(failed, redraw=bool(done) and any(step.settles for step in steps))
    if failed:
        return Failed(message="; ".join([*failed, *done]))
    return Completed(message="; ".join(done) or "nothing was due")


def _chosen(name: str, round_id: int | None, *, must: bool, done: list[str]) -> list[RoundId]:
    """Return the rounds to take a step for; nothing is locked.

    Raises:
        InputError: if the step must be possible for a round and is not yet.
    """
    found = agenda.read(living.looked_at(Settings().home))
    rounds = [duty.round_id for duty in found.due if duty.step == name]
    if round_id is None:
        return rounds
    if round_id in rounds:
        return [RoundId(round_id)]
    if must:
        done.append(_nothing_left(name, RoundId(round_id), found))
    return []


def _nothing_left(name: str, round_id: RoundId, found: agenda.Agenda) -> str:
    for duty in found.upcoming:
        if (duty.step, duty.round_id) == (name, round_id):
            raise InputError(f"round {round_id}: {name} is due from {dates.utc(duty.due_at)} on")
    state = living.looked_at(Settings().home).chain.tournament.status(round_id)
    if state == status.NONE:
        raise InputError(dates.not_there(round_id))
    return f"round {round_id} is {status.NAMES[state]}: there is nothing to {name}"


def _take_once(step: Step, done: list[str], failed: list[str]) -> None:
    with _at_work("take a step of the home", heavy=step.heavy):
        state = step.act(return_state=True)
    if state.is_completed():
        done.append(str(state.result()))
    else:
        failed.append(_reason(state))


def _take_each(
    step: Step, name: str, rounds: Sequence[RoundId], done: list[str], failed: list[str]
) -> None:
    if not rounds:
        return
    taken = []
    with _at_work(f"{name} rounds", heavy=step.heavy) as held:
        # Another process may have taken them while this one waited for the home.
        due = set(agenda.due(held.view, name))
        for round_id in [each for each in rounds if each in due]:
            state = step.act(round_id, return_state=True)
            if state.is_completed():
                taken.append(str(round_id))
            else:
                failed.append(f"round {round_id}: {_reason(state)}")
            _leave(held, round_id)
    if taken:
        done.append(f"{name}: round {wording.listed(taken, _SHOWN)} done")


@contextmanager
def _at_work(purpose: str, *, heavy: bool) -> Iterator[Work]:
    root = Settings().home
    pace = living.looked_at(root).mode.pace
    workers = heavy and pace is not None and pace.is_real
    with living.at_work(root, purpose, workers=workers) as held:
        _HELD.append(held)
        try:
            yield held
        finally:
            _HELD.pop()


def _reason(state: State[Any]) -> str:
    """Return why a task failed, in one line."""
    error = state.result(raise_on_failure=False)
    if isinstance(error, TournamentError):
        return " ".join(str(error).split())
    return " ".join((state.message or repr(error)).split())


def _leave(held: Work, round_id: RoundId) -> None:
    """Leave the pages of a round as it stands now."""
    desk = held.desk
    found = round_details.read(desk.lake, desk.chain, round_id, agenda.read(held.view))
    artifacts.round_pages(found)
    if found.results is not None and desk.mode.approval == "required":
        artifacts.table_to_approve(approving.summary(desk, round_id), found)


def _leave_overview(failed: list[str], *, redraw: bool) -> None:
    """Leave the pages about all rounds; a chain that does not run fails them too."""
    try:
        view = living.looked_at(Settings().home)
        series = round_details.series(view.lake, view.chain) if redraw else None
        artifacts.all_rounds(overview.read(view), series, failed)
    except TournamentError as error:
        if not failed:
            failed.append(str(error))
