"""The steps of a live home as tasks: each asks chain and lake what is done, and may be repeated.

A step that failed because the chain did not answer is tried again.
"""

from functools import partial
from typing import Any

from prefect import task
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from tasks import duties, progress
from tasks.adapters.node import Node
from tasks.core.errors import ChainError
from tasks.core.money.units import RoundId
from tasks.duties import Step
from tasks.stages import (
    approving,
    closing,
    founding,
    keeping,
    market,
    opening,
    provisional,
    resolving,
    revealing,
    snapshots,
)


def _chain_failed(step: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    return isinstance(state.result(raise_on_failure=False), ChainError)


_AGAIN: dict[str, Any] = {
    "retries": 2,
    "retry_delay_seconds": 5,
    "retry_condition_fn": _chain_failed,
}


@task(name="ingest", task_run_name="ingest", timeout_seconds=3600, **_AGAIN)
def ingest_new() -> str:
    """Append what the market has shown to the data set."""
    w = duties.work()
    grew = market.ingest_new(
        w.desk.lake,
        w.desk.vault,
        w.market,
        w.desk.chain.now(),
        w.desk.executor,
        founding.data_key(w.home),
        partial(progress.report, "build the eras"),
    )
    return "the data set grew" if grew else "the market has shown nothing new"


@task(name="open round", task_run_name="round {round_id}: open", timeout_seconds=600, **_AGAIN)
def open_round(round_id: int) -> None:
    """Publish a round's live era and open it on the chain."""
    opening.open_round(duties.work().desk, RoundId(round_id))


@task(name="close round", task_run_name="round {round_id}: close", timeout_seconds=1800, **_AGAIN)
def close_round(round_id: int) -> None:
    """Publish the book and record its digest."""
    closing.close_round(duties.work().desk, RoundId(round_id))


@task(name="score round", task_run_name="round {round_id}: score", timeout_seconds=1800, **_AGAIN)
def score_round(round_id: int) -> None:
    """Score a booked round by the return so far."""
    w = duties.work()
    provisional.score_round(w.desk, RoundId(round_id), w.market.known(w.desk.chain.now()))


@task(
    name="resolve round", task_run_name="round {round_id}: resolve", timeout_seconds=1800, **_AGAIN
)
def resolve_round(round_id: int) -> None:
    """Publish a round's scores and table."""
    resolving.publish_results(duties.work().desk, RoundId(round_id))


@task(
    name="approve round", task_run_name="round {round_id}: approve", timeout_seconds=600, **_AGAIN
)
def approve_round(round_id: int, table_digest: str) -> None:
    """Approve the table that a person has seen."""
    approving.approve(duties.work().desk, RoundId(round_id), table_digest)


@task(name="settle round", task_run_name="round {round_id}: settle", timeout_seconds=1800, **_AGAIN)
def settle_round(round_id: int) -> None:
    """Propose an approved root; once it is final pay and burn by its leaves."""
    keeping.take_next(duties.work().desk, RoundId(round_id))


@task(name="keep", task_run_name="keep all rounds", timeout_seconds=1800, **_AGAIN)
def keep() -> str:
    """Do what anybody may in all rounds that are over, and save the chain's state.

    Raises:
        ChainError: that names the rounds that need a person.
    """
    w = duties.work()
    faults = keeping.keep(w.desk)
    node = Node.attach(w.home)
    if node is not None:
        node.snapshot()
    if faults:
        raise ChainError("; ".join(f"round {each.round_id}: {each.message}" for each in faults))
    return "all rounds are kept, the chain is saved"


@task(name="reveal round", task_run_name="round {round_id}: reveal", timeout_seconds=1800, **_AGAIN)
def reveal_round(round_id: int) -> None:
    """Publish the predictions of a round whose opening rule says so by now."""
    revealing.reveal(duties.work().desk, RoundId(round_id))


@task(name="publish snapshot", task_run_name="publish a snapshot", timeout_seconds=1800, **_AGAIN)
def publish_snapshot() -> str:
    """Publish the data as of the newest era."""
    name = snapshots.publish_next(duties.work().desk)
    return "the newest snapshot is as of the newest era" if name is None else f"published {name}"


INGEST = Step(name=None, act=ingest_new, heavy=True)
OPEN = Step(name="open", act=open_round)
CLOSE = Step(name="close", act=close_round, heavy=True)
SCORE = Step(name="score", act=score_round, heavy=True)
RESOLVE = Step(name="resolve", act=resolve_round, heavy=True)
SETTLE = Step(name="settle", act=settle_round, settles=True)
KEEP = Step(name=None, act=keep, settles=True)
REVEAL = Step(name="reveal", act=reveal_round)
SNAPSHOT = Step(name=None, act=publish_snapshot)


def approval(table_digest: str) -> Step:
    """Return the step that approves the table of that digest."""
    return Step(name="approve", act=partial(approve_round, table_digest=table_digest))
