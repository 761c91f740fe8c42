"""What is next for every round of a live home: a function of chain, lake and the chain's time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tasks.core.data.calendar import Times
from tasks.core.data.pace import Pace
from tasks.core.money.units import RoundId
from tasks.core.protocol import dates, status
from tasks.core.protocol.openings import Opening
from tasks.core.protocol.terms import HOUR, MINUTE
from tasks.core.rules import OVERLAP
from tasks.stages import dataset, revealing
from tasks.stages.open_home import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A step of a round: from when it can be taken, and until when, seconds since 1970.

    The steps are open, close, score, resolve, approve (a person's), settle, keep and reveal.
    `until` is None for what never becomes impossible.
    """

    step: str
    round_id: RoundId
    due_at: int
    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is late, missed or disputed about a round, in words."""

    round_id: RoundId
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """What can be done now, what comes later, and what is wrong, each in the order of time."""

    now: int
    due: Sequence[Duty]
    upcoming: Sequence[Duty]
    troubles: Sequence[Trouble]


def read(view: View) -> Agenda:
    """Return the agenda at the chain's time."""
    # Everything at one block, or a round that moves meanwhile would be in two states.
    header = view.chain.header()
    now, view = header.timestamp, replace(view, block=header.number)
    duties = sorted(_duties(view, now), key=lambda duty: (duty.due_at, duty.round_id))
    due = [duty for duty in duties if duty.due_at <= now]
    upcoming = [duty for duty in duties if duty.due_at > now]
    troubles = [*_missed(view, now), *_late(view, due, now), *_disputed(view)]
    return Agenda(now=now, due=due, upcoming=upcoming, troubles=troubles)


def due(view: View, step: str) -> list[RoundId]:
    """Return the rounds for which a step can be taken now, the most urgent first."""
    return [duty.round_id for duty in read(view).due if duty.step == step]


def _duties(view: View, now: int) -> Iterator[Duty]:
    opened = set()
    for event in view.chain.tournament.opened(view.block):
        opened.add(event.round)
        yield from _of_opened(view, event.round, now)
    if Opening.parse(view.mode.opening).after:
        for round_id, since in revealing.due(view.lake, view.chain.tournament.finals(view.block)):
            yield _duty("reveal", round_id, since, None)
    for round_id, times in _planned(view):
        if round_id not in opened and _can_open(view, times, now):
            yield Duty(
                step="open",
                round_id=round_id,
                due_at=times.opens,
                until=times.closes - MINUTE - _pace(view).lead_s,
            )


def _of_opened(view: View, round_id: RoundId, now: int) -> Iterator[Duty]:
    tournament = view.chain.tournament
    state = tournament.status(round_id, view.block)
    facts = tournament.facts(round_id, view.block)
    terms, proposal = facts.terms, facts.proposal
    if state in (status.SCHEDULED, status.OPEN, status.CLOSED):
        yield _duty("close", round_id, terms.closes, terms.book_by)
    if state in (status.BOOKED, status.RESOLVING):
        yield from _of_booked(view, round_id, terms, now)
    if state == status.PROPOSED:
        yield _duty("settle", round_id, proposal.final_at, None)
    if state == status.FINAL and facts.locked > 0:
        over = proposal.final_at + facts.parameters.claim
        step = "settle" if now < over else "keep"
        yield _duty(step, round_id, proposal.final_at, over if step == "settle" else None)
    if state == status.ABANDONED and (facts.locked > 0 or not facts.abandoned):
        yield _duty("keep", round_id, min(terms.book_by, now), None)


def _of_booked(view: View, round_id: RoundId, terms: Any, now: int) -> Iterator[Duty]:
    if now < terms.resolves:
        yield _duty("score", round_id, terms.book_by, terms.resolves)
    results = view.lake.find(f"rounds/{round_id}/results")
    if results is None:
        yield _duty("resolve", round_id, terms.resolves, terms.propose_by)
    elif view.mode.approval == "auto" or view.lake.has(f"rounds/{round_id}/approval"):
        yield _duty("settle", round_id, terms.resolves, terms.propose_by)
    else:
        yield _duty("approve", round_id, terms.resolves, terms.propose_by)


def _duty(step: str, round_id: RoundId, due_at: int, until: int | None) -> Duty:
    return Duty(step=step, round_id=round_id, due_at=due_at, until=until)


def _planned(view: View) -> Iterator[tuple[RoundId, Times]]:
    """Yield every round that the data set plans."""
    found = dataset.find(view.vault)
    for entry in () if found is None else found.eras:
        if entry.times is not None:
            yield RoundId(int(entry.name)), entry.times


def _can_open(view: View, times: Times, now: int) -> bool:
    return max(times.opens, now + _pace(view).lead_s) + MINUTE <= times.closes


def _pace(view: View) -> Pace:
    if view.mode.pace is None:
        raise ValueError("a replay has a driver and no agenda")
    return view.mode.pace


def _missed(view: View, now: int) -> Iterator[Trouble]:
    """Yield the newest rounds that nobody opened in time."""
    opened = {event.round for event in view.chain.tournament.opened(view.block)}
    for round_id, times in list(_planned(view))[-OVERLAP:]:
        if round_id not in opened and not _can_open(view, times, now):
            yield Trouble(
                round_id=round_id,
                message=f"missed: it was not opened before {dates.utc(times.closes)}",
            )


def _late(view: View, due: Sequence[Duty], now: int) -> Iterator[Trouble]:
    """Yield what waits for an hour of the market's time, or for half of the time that it has."""
    patience = _pace(view).scaled(HOUR, MINUTE)
    for duty in due:
        allowed = patience if duty.until is None else (duty.until - duty.due_at) // 2
        if duty.step != "score" and now - duty.due_at > min(allowed, patience):
            until = "" if duty.until is None else f"; too late at {dates.utc(duty.until)}"
            waits = "waits for a person" if duty.step == "approve" else "late"
            yield Trouble(
                round_id=duty.round_id,
                message=f"{duty.step} is {waits} since {dates.utc(duty.due_at)}{until}",
            )


def _disputed(view: View) -> Iterator[Trouble]:
    """Yield the rounds whose proposal is challenged."""
    tournament = view.chain.tournament
    for event in tournament.opened(view.block):
        if tournament.status(event.round, view.block) == status.CHALLENGED:
            until = dates.utc(tournament.facts(event.round, view.block).proposal.rule_by)
            message = f"challenged: its arbiter rules before {until}"
            yield Trouble(round_id=event.round, message=message)
