"""How a run of a live home takes the steps that are due, and what it says of them.

A run knows its home by ERARIUM_HOME, which the worker hands on.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from prefect import runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks import artifacts, homes
from tasks.adapters.settings import Settings
from tasks.core import wording
from tasks.core.errors import InputError, TournamentError
from tasks.core.money.units import RoundId
from tasks.core.protocol import dates, status
from tasks.core.protocol.steps import Step
from tasks.stages import agenda, approving, overview, round_details
from tasks.stages.open_home import OpenHome, View

_SHOWN = 12

_LOCK_WAIT_S = 600.0
"""How long a run waits for another process in the same home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTask:
    """A step and the task that takes it.

    Attributes:
        step: the step of a round that it takes; None for a step of the home, which has no round.
        act: the task: of the open home and a round's number, or of the home alone; what it
            returns is said.
        heavy: whether Dask workers are worth their start where market days are days.
        settles: whether it can change what all settled rounds come to.
    """

    step: Step | None
    act: Callable[..., Any]
    heavy: bool = False
    settles: bool = False


def run_name(step: str) -> Callable[[], str]:
    """Return what names a run: `round 17: close`, or `rounds: close` for all that are due."""

    def name() -> str:
        round_id = runtime.flow_run.parameters.get("round_id")
        return f"rounds: {step}" if round_id is None else f"round {round_id}: {step}"

    return name


@dataclass(slots=True, kw_only=True)
class _Run:
    """One run of a flow: what it looks at, what it holds, and what came of it.

    Attributes:
        values: which home.
        view: what is read of it; nothing is locked by that.
        opens: holds the home, once the first step is due, until the run is over.
        home: the open home; None before that.
        done: what was done, in words.
        failed: what failed, in words.
    """

    values: Settings
    view: View
    opens: ExitStack
    home: OpenHome | None = None
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def open(self, purpose: str, steps: Sequence[StepTask]) -> OpenHome:
        """Return the open home; it is opened for the first step that is due."""
        if self.home is None:
            pace = self.view.mode.pace
            heavy = any(step.heavy for step in steps) and pace is not None and pace.is_real
            held = homes.open(
                self.values, purpose, chain=self.view.chain, workers=heavy, wait_s=_LOCK_WAIT_S
            )
            self.home = self.opens.enter_context(held)
        return self.home


def take(steps: Sequence[StepTask], round_id: int | None = None) -> State[Any]:
    """Take steps in their order, each for one round or for all for which it is due.

    What fails for one round does not stop the others.

    Args:
        steps: the first one must be possible for a round that is named; the others follow
            where they are due.
        round_id: the round; None for all.

    Returns:
        The state of the run: what was done, or what failed, in one line.
    """
    values = Settings()
    try:
        view = homes.look(values)
    except TournamentError as error:
        return Failed(message=str(error))
    with ExitStack() as opens:
        run = _Run(values=values, view=view, opens=opens)
        try:
            _take(run, steps, round_id)
        except TournamentError as error:
            run.failed.append(str(error))
    _leave_overview(run, redraw=bool(run.done) and any(step.settles for step in steps))
    if run.failed:
        return Failed(message="; ".join([*run.failed, *run.done]))
    return Completed(message="; ".join(run.done) or "nothing was due")


def _take(run: _Run, steps: Sequence[StepTask], round_id: int | None) -> None:
    for place, step in enumerate(steps):
        left = steps[place:]
        if step.step is None:
            _take_once(run, left)
        else:
            chosen = _chosen(run, step.step, round_id, must=place == 0)
            if chosen:
                _take_each(run, step.step, left, chosen)


def _chosen(run: _Run, wanted: Step, round_id: int | None, *, must: bool) -> list[RoundId]:
    """Return the rounds to take a step for; nothing is locked.

    Raises:
        InputError: if the step must be possible for a round and is not yet.
    """
    found = agenda.read(run.view)
    rounds = [duty.round_id for duty in found.due if duty.step is wanted]
    if round_id is None:
        return rounds
    if round_id in rounds:
        return [RoundId(round_id)]
    if must:
        run.done.append(_nothing_left(run.view, wanted, RoundId(round_id), found))
    return []


def _nothing_left(view: View, wanted: Step, round_id: RoundId, found: agenda.Agenda) -> str:
    for duty in found.upcoming:
        if (duty.step, duty.round_id) == (wanted, round_id):
            raise InputError(f"round {round_id}: {wanted} is due from {dates.utc(duty.due_at)} on")
    state = view.chain.tournament.status(round_id)
    if state == status.NONE:
        raise InputError(dates.not_there(round_id))
    return f"round {round_id} is {status.NAMES[state]}: there is nothing to {wanted}"


def _take_once(run: _Run, left: Sequence[StepTask]) -> None:
    home = run.open("take a step of the home", left)
    state = left[0].act(home, return_state=True)
    if state.is_completed():
        run.done.append(str(state.result()))
    else:
        run.failed.append(_reason(state))


def _take_each(run: _Run, step: Step, left: Sequence[StepTask], rounds: Sequence[RoundId]) -> None:
    home, taken = run.open(f"{step} rounds", left), []
    # Another process may have taken them while this one waited for the home.
    due = set(agenda.due(home.view, step))
    for round_id in [each for each in rounds if each in due]:
        state = left[0].act(home, round_id, return_state=True)
        if state.is_completed():
            taken.append(str(round_id))
        else:
            run.failed.append(f"round {round_id}: {_reason(state)}")
        _leave(home, round_id)
    if taken:
        run.done.append(f"{step}: round {wording.listed(taken, _SHOWN)} done")


def _reason(state: State[Any]) -> str:
    """Return why a task failed, in one line."""
    error = state.result(raise_on_failure=False)
    if isinstance(error, TournamentError):
        return " ".join(str(error).split())
    return " ".join((state.message or repr(error)).split())


def _leave(home: OpenHome, round_id: RoundId) -> None:
    """Leave the pages of a round as it stands now."""
    found = round_details.read(home.lake, home.chain, round_id, agenda.read(home.view))
    artifacts.round_pages(found)
    if found.results is not None and home.mode.approval == "required":
        artifacts.table_to_approve(approving.summary(home, round_id), found)


def _leave_overview(run: _Run, *, redraw: bool) -> None:
    """Leave the pages about all rounds; a chain that does not run fails them too."""
    view = run.view
    try:
        series = round_details.series(view.lake, view.chain) if redraw else None
        artifacts.all_rounds(overview.read(view), series, run.failed)
    except TournamentError as error:
        if not run.failed:
            run.failed.append(str(error))
