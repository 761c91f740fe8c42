"""A round's tasks, one a step; each may be repeated, for its stage knows what is done."""

from collections.abc import Sequence
from functools import partial

from prefect import task

from tasks import artifacts, progress, resources
from tasks.adapters import failpoints
from tasks.core.errors import ProcessError
from tasks.core.money.units import RoundId
from tasks.modellers import field
from tasks.stages import (
    closing,
    dataset,
    intake,
    opening,
    proposing,
    replay,
    revealing,
    round_details,
    settling,
)


@task(name="open round", task_run_name="round {round_id}: open", timeout_seconds=600)
def open_round(home: str, round_id: int) -> None:
    """Publish a round's live era and open it on the chain."""
    opening.open_round(resources.desk_of(home), RoundId(round_id))


@task(name="enter round", task_run_name="round {round_id}: enter", timeout_seconds=1800)
def enter_round(home: str, round_id: int) -> None:
    """Let every reference model predict, commit, stake and deliver; judge what arrived."""
    r = resources.of(home)
    field.enter(r.specs, r.clients, r.executor, r.lake.root, RoundId(round_id))
    intake.receive(resources.desk_of(home), RoundId(round_id))


@task(name="close round", task_run_name="round {round_id}: close", timeout_seconds=1800)
def close_round(home: str, round_id: int) -> None:
    """Publish the book and record its digest."""
    closing.close_round(resources.desk_of(home), RoundId(round_id))


@task(name="resolve round", task_run_name="round {round_id}: resolve", timeout_seconds=1800)
def resolve_round(home: str, round_id: int) -> None:
    """Score the book against matured targets and propose the table's root."""
    proposing.resolve_round(resources.desk_of(home), RoundId(round_id))


@task(name="settle round", task_run_name="round {round_id}: settle", timeout_seconds=1800)
def settle_round(home: str, round_id: int) -> None:
    """Pay and burn by the leaves, sweep, wind up, publish what opens by now; leave the state."""
    desk = resources.desk_of(home)
    settling.settle_round(desk, RoundId(round_id))
    settling.wind_up(desk, RoundId(round_id))
    revealing.reveal_due(desk)
    artifacts.round_pages(round_details.read(desk.lake, desk.chain, RoundId(round_id)))


def replay_all(home: str, rounds: Sequence[RoundId]) -> None:
    """Take every step of the rounds, in the order of their simulated dates."""
    r = resources.of(home)
    node, desk = r.node, resources.desk_of(home)
    if node is None:
        raise ProcessError(f"the chain of {home} is not up yet")
    steps = {
        "open": open_round,
        "enter": enter_round,
        "close": close_round,
        "resolve": resolve_round,
        "settle": settle_round,
    }
    actions = {name: partial(step, home) for name, step in steps.items()}
    events = replay.schedule(dataset.newest(r.vault), rounds)

    def advance(at: int) -> None:
        if desk.chain.now() < at:
            node.advance(at)

    def done(count: int) -> None:
        progress.report("steps of the rounds", count, len(events))
        failpoints.reach(events[count - 1].step, events[count - 1].round_id)

    replay.drive(events, advance, actions, done)
