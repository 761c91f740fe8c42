"""The flows of a live home, which `erarium up` schedules; a run without a round takes all due."""

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from tasks import duties, steps

Round = Annotated[int, Field(ge=0, lt=2**53)]
Digest = Annotated[str, Field(pattern="^(0x)?[0-9a-fA-F]{64}$")]


@flow(name="ingest", flow_run_name="ingest")
def ingest() -> State[Any]:
    """Take what the market has shown, and open the round over an era that is complete."""
    return duties.take([steps.INGEST, steps.OPEN])


@flow(name="open", flow_run_name=duties.run_name("open"))
def open_round(round_id: Round | None = None) -> State[Any]:
    """Publish a round's live era and open it on the chain.

    Args:
        round_id: the round's number; empty for every round that can be opened.
    """
    return duties.take([steps.OPEN], round_id)


@flow(name="close", flow_run_name=duties.run_name("close"))
def close(round_id: Round | None = None) -> State[Any]:
    """Publish a closed round's book and record its digest on the chain.

    Args:
        round_id: the round's number; empty for every round that is closed and has no book.
    """
    return duties.take([steps.CLOSE], round_id)


@flow(name="score", flow_run_name=duties.run_name("score"))
def score(round_id: Round | None = None) -> State[Any]:
    """Score booked rounds by the return so far; nothing is paid by it.

    Args:
        round_id: the round's number; empty for every round whose targets are maturing.
    """
    return duties.take([steps.SCORE], round_id)


@flow(name="resolve", flow_run_name=duties.run_name("resolve"))
def resolve(round_id: Round | None = None) -> State[Any]:
    """Publish the results of matured rounds, and propose those that nobody has to approve.

    Args:
        round_id: the round's number; empty for every round that has matured.
    """
    return duties.take([steps.RESOLVE, steps.SETTLE], round_id)


@flow(name="approve", flow_run_name=duties.run_name("approve"))
def approve(round_id: Round, table_digest: Digest) -> State[Any]:
    """Say yes to a round's table as a person who has seen it, and propose its root.

    Args:
        round_id: the round's number.
        table_digest: the sha256 of the table that was looked at, 64 hex digits; the artifact
            `round-N-approval` shows it with the table's sums.
    """
    return duties.take([steps.approval(table_digest), steps.SETTLE], round_id)


@flow(name="settle", flow_run_name=duties.run_name("settle"))
def settle(round_id: Round | None = None) -> State[Any]:
    """Propose what is approved; pay and burn by the leaves of rounds that are final.

    Args:
        round_id: the round's number; empty for every round for which either is due.
    """
    return duties.take([steps.SETTLE], round_id)


@flow(name="keeper", flow_run_name="keeper")
def keeper() -> State[Any]:
    """Settle, release and sweep in all rounds whatever anybody may; publish what opens late.

    What the chain holds afterwards is saved.
    """
    return duties.take([steps.KEEP, steps.REVEAL])


@flow(name="snapshot", flow_run_name="snapshot")
def snapshot() -> State[Any]:
    """Publish the data as of the newest era, with the meta-model of every resolved round."""
    return duties.take([steps.SNAPSHOT])
