"""A replay's rounds: its tasks, one a step, and the driver that takes them by date."""

from collections.abc import Sequence
from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks import artifacts, progress
from tasks.adapters import failpoints
from tasks.core.money.units import RoundId
from tasks.founding import Replay
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
from tasks.stages.open_home import OpenHome


@task(
    name="open round",
    task_run_name="round {round_id}: open",
    timeout_seconds=600,
    cache_policy=NO_CACHE,
)
def open_round(home: OpenHome, round_id: int) -> None:
    """Publish a round's live era and open it on the chain."""
    opening.open_round(home, RoundId(round_id))


@task(
    name="enter round",
    task_run_name="round {round_id}: enter",
    timeout_seconds=1800,
    cache_policy=NO_CACHE,
)
def enter_round(played: Replay, round_id: int) -> None:
    """Let every reference model predict, commit, stake and deliver; judge what arrived."""
    home, number = played.home, RoundId(round_id)
    field.enter(played.specs, played.clients, home.executor, home.lake.root, number)
    intake.receive(home, number)


@task(
    name="close round",
    task_run_name="round {round_id}: close",
    timeout_seconds=1800,
    cache_policy=NO_CACHE,
)
def close_round(home: OpenHome, round_id: int) -> None:
    """Publish the book and record its digest."""
    closing.close_round(home, RoundId(round_id))


@task(
    name="resolve round",
    task_run_name="round {round_id}: resolve",
    timeout_seconds=1800,
    cache_policy=NO_CACHE,
)
def resolve_round(home: OpenHome, round_id: int) -> None:
    """Score the book against matured targets and propose the table's root."""
    proposing.resolve_round(home, RoundId(round_id))


@task(
    name="settle round",
    task_run_name="round {round_id}: settle",
    timeout_seconds=1800,
    cache_policy=NO_CACHE,
)
def settle_round(home: OpenHome, round_id: int) -> None:
    """Pay and burn by the leaves, sweep, wind up, publish what opens by now; leave the state."""
    settling.settle_round(home, RoundId(round_id))
    settling.wind_up(home, RoundId(round_id))
    revealing.reveal_due(home)
    artifacts.round_pages(round_details.read(home.lake, home.chain, RoundId(round_id)))


def replay_all(played: Replay, rounds: Sequence[RoundId]) -> None:
    """Take every step of the rounds, in the order of their simulated dates."""
    home = played.home
    actions = {
        "open": partial(open_round, home),
        "enter": partial(enter_round, played),
        "close": partial(close_round, home),
        "resolve": partial(resolve_round, home),
        "settle": partial(settle_round, home),
    }
    events = replay.schedule(dataset.newest(home.vault), rounds)

    def advance(at: int) -> None:
        if home.chain.now() < at:
            played.node.advance(at)

    def done(count: int) -> None:
        progress.report("steps of the rounds", count, len(events))
        failpoints.reach(events[count - 1].step, events[count - 1].round_id)

    replay.drive(events, advance, actions, done)
