"""Where a round stands: one answer for every page and command, from what was seen at one block."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.core import wording
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import dates, round_duties, status
from tasks.core.protocol.round_duties import Duty, Host, Seen
from tasks.core.protocol.round_facts import RoundFacts

SETTLED = "settled"
"""What a final round is called once each of its stakes is settled or given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a round's stakes so far: how many leaves and releases, sums in wei.

    Attributes:
        settled: leaves.
        released: stakes that went back unsettled, those of rejected entries included.
        last_at: when the last leaf was settled, seconds since 1970; None before the first.
    """

    settled: int
    released: int
    payout: Wei
    burn: Wei
    last_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundState:
    """Where a round stands at one block.

    Attributes:
        now: the block's time, seconds since 1970, as all times here.
        state: its status, a number of `status`.
        facts: what the contract holds of it: terms, money, proposal.
        since: from when on it has its status, or is settled.
        days: of how many days, of how many, its newest provisional scores are.
        table: the digest of its published table, in hex; None before its results.
        duties: what its host can do, now or later, in the order of a round's steps.
        next: the next step that moves it, whoever takes it; None where nothing is left.
        troubles: what is late or disputed, in words.
        outcome: what became of its stakes; None where that was not asked for.
    """

    round_id: RoundId
    now: int
    state: int
    facts: RoundFacts
    since: int
    days: tuple[int, int] | None
    table: str | None
    duties: Sequence[Duty]
    next: Duty | None
    troubles: Sequence[str]
    outcome: Outcome | None = None

    @property
    def status(self) -> str:
        """Return the contract's status in a word."""
        return status.NAMES[self.state]

    @property
    def is_settled(self) -> bool:
        """Return whether it is final and each of its stakes is settled or given back."""
        return self.state == status.FINAL and self.facts.locked == 0

    @property
    def words(self) -> str:
        """Return where it stands, as people read it."""
        if self.is_settled:
            return SETTLED
        if self.state == status.BOOKED and self.days is not None:
            return "{}, day {} of {}".format(self.status, *self.days)
        return self.status

    @property
    def opens(self) -> int:
        """Return from when on it takes entries."""
        return self.facts.terms.opens

    @property
    def closes(self) -> int:
        """Return until when it takes entries."""
        return self.facts.terms.closes

    @property
    def resolves(self) -> int:
        """Return when its last target has matured."""
        return self.facts.terms.resolves

    @property
    def models(self) -> int:
        """Return how many models entered."""
        return self.facts.entrants

    @property
    def at_risk(self) -> Wei:
        """Return what they put at risk."""
        return self.facts.at_risk

    @property
    def locked(self) -> Wei:
        """Return what of it is not settled or released yet."""
        return self.facts.locked

    @property
    def factor(self) -> int | None:
        """Return the factor of payouts and burns, WAD; None before the book."""
        return self.facts.factor if self.facts.booked else None

    @property
    def smallest_stake(self) -> Wei:
        """Return the least amount that a model may put at risk."""
        return self.facts.terms.smallest_stake

    @property
    def due(self) -> list[Duty]:
        """Return what its host can do now."""
        return [duty for duty in self.duties if duty.due_at <= self.now]

    @property
    def waits_for_a_person(self) -> bool:
        """Return whether a person has to take its next step, and can."""
        return self.next is not None and self.next.by_person and self.next.due_at <= self.now

    def with_outcome(self, outcome: Outcome) -> "RoundState":
        """Return the state together with what became of the stakes."""
        ended_at = outcome.last_at if self.is_settled else None
        return replace(self, outcome=outcome, since=ended_at or self.since)

    def line(self) -> str:
        """Return it as one line, with what became of its stakes where that is known."""
        text = f"round {self.round_id}: {self.status}, {wording.counted(self.models, 'model')}"
        if self.outcome is None:
            return text
        return (
            f"{text}, {self.outcome.settled} settled, {self.outcome.released} released; "
            f"at risk {self.at_risk} wei, payout {self.outcome.payout}, "
            f"burn {self.outcome.burn}, locked {self.locked}"
        )

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it; amounts and factor are strings, for they exceed 2^53."""
        terms, outcome, ahead = self.facts.terms, self.outcome, self.next
        times = ("opens", "closes", "book_by", "resolves", "propose_by")
        return {
            "round_id": self.round_id,
            "status": self.status,
            "words": self.words,
            "since": self.since,
            **{name: getattr(terms, name) for name in times},
            "models": self.models,
            "entrants": self.models,
            "settled": None if outcome is None else outcome.settled,
            "released": None if outcome is None else outcome.released,
            "at_risk": str(self.at_risk),
            "locked": str(self.locked),
            "factor": None if self.factor is None else str(self.factor),
            "smallest_stake": str(self.smallest_stake),
            "payout": None if outcome is None else str(outcome.payout),
            "burn": None if outcome is None else str(outcome.burn),
            "next": None if ahead is None else ahead.text(self.now),
            "next_step": None if ahead is None else ahead.step.value,
            "next_at": None if ahead is None else ahead.due_at,
            "due": [duty.step.value for duty in self.due],
            "needs_a_person": self.waits_for_a_person,
            "troubles": list(self.troubles),
        }


def round_state(seen: Seen, now: int, host: Host | None = None) -> RoundState:
    """Return where a round stands.

    Args:
        seen: what chain and lake hold of it at a block.
        now: the block's time, seconds since 1970.
        host: what its host knows; None for whoever looks from outside.
    """
    state, duties = status.of(seen.facts, now), tuple(round_duties.of_round(seen, now, host))
    return RoundState(
        round_id=seen.round_id,
        now=now,
        state=state,
        facts=seen.facts,
        since=_since(seen, state),
        days=seen.days,
        table=seen.table,
        duties=duties,
        next=round_duties.next_of(seen, state, duties),
        troubles=tuple(_troubles(seen, duties, now, host)),
    )


def find(states: Iterable[RoundState], round_id: RoundId) -> RoundState:
    """Return one round of all.

    Raises:
        InputError: if it was never opened.
    """
    found = next((state for state in states if state.round_id == round_id), None)
    if found is None:
        raise InputError(dates.not_there(round_id))
    return found


def _troubles(seen: Seen, duties: Sequence[Duty], now: int, host: Host | None) -> Iterator[str]:
    if host is not None:
        yield from filter(None, (duty.late(now, host.patience_s) for duty in duties))
    if status.of(seen.facts, now) == status.CHALLENGED:
        yield f"challenged: its arbiter rules before {dates.utc(seen.facts.proposal.rule_by)}"


def _since(seen: Seen, state: int) -> int:
    """Return from when on a round has its status."""
    facts = seen.facts
    terms, proposal, windows = facts.terms, facts.proposal, facts.parameters
    moments = {
        status.SCHEDULED: seen.opened_at or terms.opens,
        status.OPEN: terms.opens,
        status.CLOSED: terms.closes,
        status.BOOKED: seen.booked_at or terms.closes,
        # A proposal that was not upheld leaves the round where it was.
        status.RESOLVING: max(terms.resolves, proposal.rule_by),
        status.PROPOSED: proposal.final_at - windows.challenge,
        status.CHALLENGED: proposal.rule_by - windows.ruling,
        status.FINAL: proposal.final_at,
        status.ABANDONED: round_duties.abandoned_at(seen),
    }
    return moments[state]
