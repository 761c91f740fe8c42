"""Where every round stands, as plain data for pages: read from chain and lake, no key needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Block
from tasks.adapters.lake import Lake
from tasks.core.data import targets
from tasks.core.money.units import RoundId
from tasks.core.protocol import places, status
from tasks.core.protocol.documents.results import DayScores
from tasks.core.protocol.round_facts import RoundFacts
from tasks.stages import agenda
from tasks.stages.agenda import Agenda, Duty
from tasks.stages.open_home import View

SETTLED = "settled"
"""What a final round is called once each of its stakes is settled or given back."""

_NEWEST = 8
"""So many rounds that are over stand beside those under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A round in one row: times in seconds since 1970, amounts in wei.

    Attributes:
        state: its status, a number of `status`.
        words: the status in words.
        since: from when on it is that.
        step: what is next, in words; None where nothing is.
        step_at: from when on that can be done.
        by_hand: whether a person has to do it.
        troubles: what is late or wrong, in words.
    """

    round_id: RoundId
    state: int
    words: str
    since: int
    step: str | None
    step_at: int
    by_hand: bool
    models: int
    at_risk: int
    payout: int
    burn: int
    troubles: Sequence[str]

    @property
    def is_unsettled(self) -> bool:
        """Return whether nothing can have been paid or burned yet."""
        return self.state != status.FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All rounds at one time, the newest first.

    Attributes:
        now: the chain's time, seconds since 1970.
        under_way: the rounds with something left to do.
        over: the newest of the others.
        older: how many more are over.
        coming: the openings that are planned, the first one first.
        lost: what is wrong about rounds that were never opened.
        pool: what is left in the stake pool, wei.
    """

    now: int
    under_way: Sequence[Line]
    over: Sequence[Line]
    older: int
    coming: Sequence[Duty]
    lost: Mapping[RoundId, Sequence[str]]
    pool: int

    @property
    def for_a_person(self) -> list[Line]:
        """Return the rounds that wait for a person now."""
        return [line for line in self.under_way if line.by_hand and line.step_at <= self.now]

    @property
    def has_settled(self) -> bool:
        """Return whether any round is settled."""
        return any(line.words == SETTLED for line in (*self.under_way, *self.over))

    @property
    def troubles(self) -> list[tuple[RoundId, str]]:
        """Return what is late or wrong, by round."""
        lines = {line.round_id: line.troubles for line in (*self.under_way, *self.over)}
        found = sorted((dict(self.lost) | lines).items(), reverse=True)
        return [(round_id, message) for round_id, messages in found for message in messages]


def read(view: View) -> Overview:
    """Return where all rounds stand, as of the chain's latest block."""
    found, header = agenda.read(view), view.chain.header()
    opened = sorted((e.round for e in view.chain.tournament.opened(header.number)), reverse=True)
    troubled = {trouble.round_id for trouble in found.troubles}
    busy = troubled | {duty.round_id for duty in (*found.due, *found.upcoming)}
    over = [round_id for round_id in opened if round_id not in busy]
    shown = {*over[:_NEWEST], *busy}
    lines = [
        line_of(view.lake, view.chain, round_id, found, header.number)
        for round_id in opened
        if round_id in shown
    ]
    return Overview(
        now=header.timestamp,
        under_way=[line for line in lines if line.step is not None],
        over=[line for line in lines if line.step is None],
        older=max(len(over) - _NEWEST, 0),
        coming=[duty for duty in (*found.due, *found.upcoming) if duty.step == "open"],
        lost={number: _troubles(found, number) for number in troubled - set(opened)},
        pool=view.chain.tournament.pool(0, header.number),
    )


def line_of(
    lake: Lake,
    chain: Chain,
    round_id: RoundId,
    found: Agenda | None = None,
    block: Block = "latest",
) -> Line:
    """Return where one round stands.

    Args:
        lake: the home's public store.
        chain: the home's chain.
        round_id: an opened round.
        found: the home's agenda; None in a replay, whose driver knows what is next.
        block: reads of the chain are pinned to it.
    """
    tournament = chain.tournament
    state, facts = tournament.status(round_id, block), tournament.facts(round_id, block)
    settled = tournament.settled(round_id, block)
    is_done = state == status.FINAL and facts.locked == 0
    last = settled[-1].timestamp if is_done and settled else None
    step, step_at = _next(state, facts, found, round_id)
    return Line(
        round_id=round_id,
        state=state,
        words=SETTLED if is_done else _words(lake, round_id, state),
        since=_since(chain, round_id, state, facts, block) if last is None else last,
        step=step,
        step_at=step_at,
        by_hand=step == "approve",
        models=facts.entrants,
        at_risk=facts.at_risk,
        payout=sum(event.payout for event in settled),
        burn=sum(event.burn for event in settled),
        troubles=() if found is None else _troubles(found, round_id),
    )


def newest_days(lake: Lake, round_id: RoundId) -> DayScores | None:
    """Return a round's newest provisional scores: over `days` of `of` days; None before any."""
    if not lake.has(places.book(round_id)):
        return None
    horizon = targets.HORIZONS[lake.load(places.opening(round_id)).scoring.target]
    found = (places.day_scores(round_id, days) for days in range(horizon, 0, -1))
    return next((lake.load(place) for place in found if lake.has(place)), None)


def _words(lake: Lake, round_id: RoundId, state: int) -> str:
    name = status.NAMES[state]
    scored = newest_days(lake, round_id) if state == status.BOOKED else None
    return name if scored is None else f"{name}, day {scored.days} of {scored.of}"


def _since(chain: Chain, round_id: RoundId, state: int, facts: RoundFacts, block: Block) -> int:
    """Return from when on a round has its status."""
    terms, tournament = facts.terms, chain.tournament
    if state == status.SCHEDULED:
        opened = tournament.opened(block)
        return next(event.timestamp for event in opened if event.round == round_id)
    if state == status.BOOKED:
        return tournament.booked(round_id, block)[-1].timestamp
    if state == status.PROPOSED:
        return tournament.proposed(round_id, block)[-1].timestamp
    if state == status.CHALLENGED:
        return tournament.challenged(round_id, block)[-1].timestamp
    if state == status.FINAL:
        return tournament.final_at(round_id, block)
    if state == status.ABANDONED:
        unbooked = terms.book_by if facts.entrants else terms.closes
        return max(facts.proposal.rule_by, terms.propose_by) if facts.booked else unbooked
    return {status.OPEN: terms.opens, status.CLOSED: terms.closes}.get(state, terms.resolves)


def _next(
    state: int, facts: RoundFacts, found: Agenda | None, round_id: RoundId
) -> tuple[str | None, int]:
    """Return the next step that moves a round on, and from when on it can be done."""
    if found is None:
        return None, 0
    if state == status.SCHEDULED:
        return "takes entries", facts.terms.opens
    if state == status.BOOKED:
        # Its daily scores move nothing.
        return "resolve", facts.terms.resolves
    if state == status.CHALLENGED:
        return "ruling", facts.proposal.rule_by
    if state == status.PROPOSED:
        return "settle", facts.proposal.final_at
    duties = [duty for duty in (*found.due, *found.upcoming) if duty.round_id == round_id]
    return (duties[0].step, duties[0].due_at) if duties else (None, 0)


def _troubles(found: Agenda, round_id: RoundId) -> list[str]:
    return [trouble.message for trouble in found.troubles if trouble.round_id == round_id]
