"""The steps as tasks, one a step, for replay and live: each asks chain and lake what is done.

So each may be repeated, and one that failed because the chain did not answer is tried again.
"""

from functools import partial
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from tasks import progress
from tasks.adapters.node import Node
from tasks.core.errors import ChainError
from tasks.core.money.units import RoundId
from tasks.core.protocol.steps import Step
from tasks.duties import StepTask
from tasks.stages import (
    approving,
    closing,
    keeping,
    living,
    market,
    opening,
    proposing,
    provisional,
    resolving,
    revealing,
    snapshots,
)
from tasks.stages.open_home import OpenHome


def _chain_failed(step: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), ChainError)


_ANY: dict[str, Any] = {
    "cache_policy": NO_CACHE,
    "retries": 2,
    "retry_delay_seconds": 5,
    "retry_condition_fn": _chain_failed,
}


@task(name="ingest", task_run_name="ingest", timeout_seconds=3600, **_ANY)
def ingest_new(home: OpenHome) -> str:
    """Append what the market has shown to the data set."""
    told = partial(progress.report, "build the eras")
    grew = market.ingest_new(home, living.market_of(home.installation), home.chain.now(), told)
    return "the data set grew" if grew else "the market has shown nothing new"


@task(name="open round", task_run_name="round {round_id}: open", timeout_seconds=600, **_ANY)
def open_round(home: OpenHome, round_id: int) -> None:
    """Publish a round's live era and open it on the chain."""
    opening.open_round(home, RoundId(round_id))


@task(name="close round", task_run_name="round {round_id}: close", timeout_seconds=1800, **_ANY)
def close_round(home: OpenHome, round_id: int) -> None:
    """Publish the book and record its digest."""
    closing.close_round(home, RoundId(round_id))


@task(name="score round", task_run_name="round {round_id}: score", timeout_seconds=1800, **_ANY)
def score_round(home: OpenHome, round_id: int) -> None:
    """Score a booked round by the return so far."""
    known = living.market_of(home.installation).known(home.chain.now())
    provisional.score_round(home, RoundId(round_id), known)


@task(name="resolve round", task_run_name="round {round_id}: resolve", timeout_seconds=1800, **_ANY)
def resolve_round(home: OpenHome, round_id: int) -> None:
    """Publish a round's scores and table."""
    resolving.publish_results(home, RoundId(round_id))


@task(name="propose round", task_run_name="round {round_id}: propose", timeout_seconds=600, **_ANY)
def propose_round(home: OpenHome, round_id: int) -> None:
    """Propose the root of a round's results, where that is approved."""
    proposing.propose(home, RoundId(round_id))


@task(name="approve round", task_run_name="round {round_id}: approve", timeout_seconds=600, **_ANY)
def approve_round(home: OpenHome, round_id: int, table_digest: str) -> None:
    """Approve the table that a person has seen."""
    approving.approve(home, RoundId(round_id), table_digest)


@task(name="settle round", task_run_name="round {round_id}: settle", timeout_seconds=1800, **_ANY)
def settle_round(home: OpenHome, round_id: int) -> None:
    """Propose an approved root if none stands; once it is final pay and burn by its leaves."""
    keeping.take_next(home, RoundId(round_id))


@task(name="keep", task_run_name="keep all rounds", timeout_seconds=1800, **_ANY)
def keep(home: OpenHome) -> str:
    """Do what anybody may in all rounds that are over, and save the chain's state.

    Raises:
        ChainError: that names the rounds that need a person.
    """
    faults = keeping.keep(home)
    node = Node.attach(home.installation)
    if node is not None:
        node.snapshot()
    if faults:
        raise ChainError("; ".join(f"round {each.round_id}: {each.message}" for each in faults))
    return "all rounds are kept, the chain is saved"


@task(name="reveal round", task_run_name="round {round_id}: reveal", timeout_seconds=1800, **_ANY)
def reveal_round(home: OpenHome, round_id: int) -> None:
    """Publish the predictions of a round whose opening rule says so by now."""
    revealing.reveal(home, RoundId(round_id))


@task(name="publish snapshot", task_run_name="publish a snapshot", timeout_seconds=1800, **_ANY)
def publish_snapshot(home: OpenHome) -> str:
    """Publish the data as of the newest era."""
    name = snapshots.publish_next(home)
    return "the newest snapshot is as of the newest era" if name is None else f"published {name}"


INGEST = StepTask(step=None, act=ingest_new, heavy=True)
OPEN = StepTask(step=Step.OPEN, act=open_round)
CLOSE = StepTask(step=Step.CLOSE, act=close_round, heavy=True)
SCORE = StepTask(step=Step.SCORE, act=score_round, heavy=True)
RESOLVE = StepTask(step=Step.RESOLVE, act=resolve_round, heavy=True)
SETTLE = StepTask(step=Step.SETTLE, act=settle_round, settles=True)
KEEP = StepTask(step=None, act=keep, settles=True)
REVEAL = StepTask(step=Step.REVEAL, act=reveal_round)
SNAPSHOT = StepTask(step=None, act=publish_snapshot)


def approval(table_digest: str) -> StepTask:
    """Return the step that approves the table of that digest."""
    return StepTask(step=Step.APPROVE, act=partial(approve_round, table_digest=table_digest))
