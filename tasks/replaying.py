"""A replay's rounds: every step by its date, the reference modellers' among them."""

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks import artifacts, progress, steps
from tasks.adapters import failpoints
from tasks.core.money.units import RoundId
from tasks.founding import Replay
from tasks.modellers import field
from tasks.stages import dataset, intake, replay, revealing, round_details
from tasks.stages.open_home import OpenHome


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


def take_all(played: Replay, rounds: Sequence[RoundId]) -> None:
    """Take every step of the rounds, in the order of their simulated dates."""
    home = played.home
    actions = {
        "open": lambda round_id: steps.open_round(home, round_id),
        "enter": lambda round_id: enter_round(played, round_id),
        "close": lambda round_id: steps.close_round(home, round_id),
        "resolve": lambda round_id: _resolve(home, round_id),
        "settle": lambda round_id: _settle(home, round_id),
    }
    events = replay.schedule(dataset.newest(home.vault), rounds)

    def advance(at: int) -> None:
        if home.chain.now() < at:
            played.node.advance(at)

    def done(count: int) -> None:
        progress.report("steps of the rounds", count, len(events))
        failpoints.reach(events[count - 1].step, events[count - 1].round_id)

    replay.drive(events, advance, actions, done)


def _resolve(home: OpenHome, round_id: RoundId) -> None:
    steps.resolve_round(home, round_id)
    steps.propose_round(home, round_id)


def _settle(home: OpenHome, round_id: RoundId) -> None:
    """Settle a round, publish what opens by now, leave how it stands in Prefect's pages."""
    steps.settle_round(home, round_id)
    for opens in revealing.due_now(home):
        steps.reveal_round(home, opens)
    artifacts.round_pages(round_details.read(home.lake, home.chain, round_id))
