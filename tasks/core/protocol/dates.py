"""When a round's next step is due, in words, by its status and the contract's facts of it."""

from datetime import UTC, datetime
from typing import Any

from tasks.core.money.units import RoundId
from tasks.core.protocol import status


def utc(at: int) -> str:
    """Return seconds since 1970 as a date and a time in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def not_there(round_id: RoundId) -> str:
    """Return what is said of a round that was never opened."""
    return f"round {round_id} does not exist: nobody opened it on this chain"


def not_settled_yet(round_id: RoundId, state: int, facts: Any, now: int) -> str:
    """Say when a round can be settled that is not final or abandoned yet.

    Args:
        round_id: the round.
        state: its status, of `status`.
        facts: what the contract holds of it, with the contract's names.
        now: the chain's time, seconds since 1970.
    """
    terms, resolved = facts.terms, f"it is resolved from {utc(facts.terms.resolves)} on"
    reasons = {
        status.SCHEDULED: f"it opens at {utc(terms.opens)}; {resolved}",
        status.OPEN: f"it closes at {utc(terms.closes)}; {resolved}",
        status.CLOSED: f"its book is recorded before {utc(terms.book_by)}; {resolved}",
        status.BOOKED: resolved,
        status.RESOLVING: f"it waits for a proposal before {utc(terms.propose_by)}",
        status.PROPOSED: f"it is final at {utc(facts.proposal.final_at)} unless challenged",
        status.CHALLENGED: f"its arbiter rules before {utc(facts.proposal.rule_by)}",
    }
    return _line(round_id, state, reasons[state], now)


def not_abandoned(round_id: RoundId, state: int, facts: Any, now: int) -> str:
    """Say when a round will be abandoned, if ever; the arguments are `not_settled_yet`'s."""
    terms, proposal = facts.terms, facts.proposal
    no_book = f"without a book it is abandoned from {utc(terms.book_by)} on"
    unbooked = f"without an entry it is abandoned from {utc(terms.closes)} on, {no_book}"
    unproposed = f"without a proposal that holds it is abandoned from {utc(terms.propose_by)} on"
    last = max(proposal.rule_by, terms.propose_by)
    reasons = {
        status.SCHEDULED: unbooked,
        status.OPEN: unbooked,
        status.CLOSED: no_book,
        status.BOOKED: unproposed,
        status.RESOLVING: unproposed,
        status.PROPOSED: f"it is final at {utc(proposal.final_at)} unless challenged",
        status.CHALLENGED: f"unless its proposal is upheld it is abandoned from {utc(last)} on",
        status.FINAL: (
            "its leaves are settled, and what is left is released from "
            f"{utc(proposal.final_at + facts.parameters.claim)} on"
        ),
    }
    return _line(round_id, state, reasons[state], now)


def _line(round_id: RoundId, state: int, reason: str, now: int) -> str:
    return f"round {round_id} is {status.NAMES[state]}: {reason}; the chain is at {utc(now)}"
