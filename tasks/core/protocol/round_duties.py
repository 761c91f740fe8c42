"""What can be done for a round, by whom and when: a function of what was seen of it at one block.

What moves a round is decided here and nowhere else: the daily scores of a booked round are a
duty, but move nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasks.core.money.units import RoundId
from tasks.core.protocol import dates, status
from tasks.core.protocol.round_facts import RoundFacts
from tasks.core.protocol.steps import Step

_WORDS = {Step.ENTER: "takes entries", Step.RULE: "ruling"}
"""What is said of steps that are nobody's duty in the home."""

_WITHOUT_A_BOOK = (status.SCHEDULED, status.OPEN, status.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A step of a round: from when it can be taken, and until when, seconds since 1970.

    `until` is None for what never becomes impossible.
    """

    step: Step
    round_id: RoundId
    due_at: int
    until: int | None

    @property
    def by_person(self) -> bool:
        """Return whether a person has to take it."""
        return self.step is Step.APPROVE

    @property
    def words(self) -> str:
        """Return the step in words."""
        return _WORDS.get(self.step, self.step.value)

    def text(self, now: int) -> str:
        """Return the step and its time in words."""
        when = "is due" if self.due_at <= now else f"at {dates.utc(self.due_at)}"
        return f"{self.words} {when}"

    def late(self, now: int, patience_s: int) -> str | None:
        """Say that it waits for longer than it may, or for half of the time that it has."""
        allowed = patience_s if self.until is None else (self.until - self.due_at) // 2
        if self.step is Step.SCORE or now - self.due_at <= min(allowed, patience_s):
            return None
        waits = "waits for a person" if self.by_person else "is late"
        until = "" if self.until is None else f"; too late at {dates.utc(self.until)}"
        return f"{self.step} {waits} since {dates.utc(self.due_at)}{until}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What chain and lake hold of an opened round at one block.

    Attributes:
        opened_at: when its terms were sent, seconds since 1970, as all times here; None where
            that is not told.
        booked_at: when its book was recorded; None where that is not told.
        days: of how many days, of how many, its newest provisional scores are.
        table: the digest of its published table, in hex; None before its results.
        is_approved: whether the lake holds a person's approval of it.
        reveal_at: since when its predictions are to be published; None where none are due.
    """

    round_id: RoundId
    facts: RoundFacts
    opened_at: int | None = None
    booked_at: int | None = None
    days: tuple[int, int] | None = None
    table: str | None = None
    is_approved: bool = False
    reveal_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What only a round's host knows; whoever looks from outside does without.

    Attributes:
        approves: whether a person looks at a table before its root is proposed.
        patience_s: for how long a duty may wait before it is late.
    """

    approves: bool
    patience_s: int


def of_round(seen: Seen, now: int, host: Host | None = None) -> Iterator[Duty]:
    """Yield what a round's host can do, now or later, in the order of a round's steps.

    Args:
        seen: what chain and lake hold of it at a block.
        now: the block's time, seconds since 1970.
        host: what its host knows; None for whoever looks from outside.
    """
    facts, state = seen.facts, status.of(seen.facts, now)
    terms, final_at = facts.terms, facts.proposal.final_at
    if state in _WITHOUT_A_BOOK:
        yield _duty(seen, Step.CLOSE, terms.closes, terms.book_by)
    if state in (status.BOOKED, status.RESOLVING):
        if now < terms.resolves:
            yield _duty(seen, Step.SCORE, terms.book_by, terms.resolves)
        yield _duty(seen, _proposing(seen, host), terms.resolves, terms.propose_by)
    if state == status.PROPOSED:
        yield _duty(seen, Step.SETTLE, final_at, None)
    if state == status.FINAL and facts.locked > 0:
        over = final_at + facts.parameters.claim
        claimable = now < over
        step = Step.SETTLE if claimable else Step.KEEP
        yield _duty(seen, step, final_at, over if claimable else None)
    if state == status.ABANDONED and (facts.locked > 0 or not facts.abandoned):
        # A round that nobody entered is in no hurry while it could have been booked.
        yield _duty(seen, Step.KEEP, max(abandoned_at(seen), min(terms.book_by, now)), None)
    if seen.reveal_at is not None:
        yield _duty(seen, Step.REVEAL, seen.reveal_at, None)


def _proposing(seen: Seen, host: Host | None) -> Step:
    """Return what leads a booked round to its proposal."""
    if seen.table is None:
        return Step.RESOLVE
    if host is not None and host.approves and not seen.is_approved:
        return Step.APPROVE
    return Step.SETTLE


def next_of(seen: Seen, state: int, duties: Sequence[Duty]) -> Duty | None:
    """Return the next step that moves a round, whoever takes it; None where nothing is left."""
    terms, proposal = seen.facts.terms, seen.facts.proposal
    if state == status.SCHEDULED:
        return _duty(seen, Step.ENTER, terms.opens, terms.closes)
    if state == status.CHALLENGED:
        # Its arbiter may rule before that; from then on it is another's turn.
        return _duty(seen, Step.RULE, proposal.rule_by, None)
    return next((duty for duty in duties if duty.step is not Step.SCORE), None)


def _duty(seen: Seen, step: Step, due_at: int, until: int | None) -> Duty:
    return Duty(step=step, round_id=seen.round_id, due_at=due_at, until=until)


def abandoned_at(seen: Seen) -> int:
    """Return from when on an abandoned round is that, seconds since 1970."""
    facts = seen.facts
    terms = facts.terms
    if not facts.booked:
        return terms.book_by if facts.entrants else terms.closes
    if not any(facts.factors):
        return seen.booked_at or terms.closes
    return max(facts.proposal.rule_by, terms.propose_by)
