"""Read where rounds stand, at one block, from chain and lake: host and stranger read the same."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Header
from tasks.adapters.lake import Lake
from tasks.core.data import targets
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import places, round_state, status
from tasks.core.protocol.round_duties import Host, Seen
from tasks.core.protocol.round_facts import RoundFacts
from tasks.core.protocol.round_state import Outcome, RoundState


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What rounds are read from.

    Attributes:
        chain: the tournament's.
        lake: what was published of it; None where the chain alone is asked.
        header: the block that every read of the chain is pinned to.
        host: what the rounds' host knows; None for whoever looks from outside.
        reveals: gives by round since when its predictions are to be published, of when each final
            round became so; None where none ever are, or nobody asks.
    """

    chain: Chain
    lake: Lake | None
    header: Header
    host: Host | None = None
    reveals: Callable[[Mapping[RoundId, int]], Mapping[RoundId, int]] | None = None


def latest(chain: Chain, lake: Lake | None) -> Source:
    """Return the source of whoever looks from outside, at the chain's latest block."""
    return Source(chain=chain, lake=lake, header=chain.header())


def read(source: Source) -> list[RoundState]:
    """Return where all rounds stand, in their order; `with_outcomes` adds what became of stakes."""
    tournament, block = source.chain.tournament, source.header.number
    facts = tournament.facts_many(tournament.rounds(block), block)
    reveals = _reveals(source, facts)
    return [_state(source, number, each, reveals.get(number)) for number, each in facts.items()]


def with_outcomes(source: Source, states: Iterable[RoundState]) -> list[RoundState]:
    """Return rounds of `read` together with what became of their stakes."""
    return [state.with_outcome(outcome(source, state.round_id)) for state in states]


def outcome(source: Source, round_id: RoundId) -> Outcome:
    """Return what became of a round's stakes so far."""
    tournament, block = source.chain.tournament, source.header.number
    settled = tournament.settled(round_id, block)
    return Outcome(
        settled=len(settled),
        released=len(tournament.released(round_id, block)),
        payout=Wei(sum(event.payout for event in settled)),
        burn=Wei(sum(event.burn for event in settled)),
        last_at=settled[-1].timestamp if settled else None,
    )


def newest_days(lake: Lake, round_id: RoundId) -> tuple[int, int] | None:
    """Return over how many days, of how many, a round's newest provisional scores are.

    Raises:
        LakeError: if what was published of the round's opening is malformed.
    """
    opened = lake.seek(places.opening(round_id))
    if opened is None:
        return None
    horizon = targets.HORIZONS.get(opened.scoring.target, 0)
    passed = range(horizon, 0, -1)
    found = next((days for days in passed if lake.has(places.day_scores(round_id, days))), None)
    return None if found is None else (found, horizon)


def _reveals(source: Source, facts: Mapping[RoundId, RoundFacts]) -> Mapping[RoundId, int]:
    if source.reveals is None:
        return {}
    now = source.header.timestamp
    finals = {
        number: each.proposal.final_at
        for number, each in facts.items()
        if status.of(each, now) == status.FINAL
    }
    return source.reveals(finals)


def _state(
    source: Source, round_id: RoundId, facts: RoundFacts, reveal_at: int | None
) -> RoundState:
    now, block, tournament = source.header.timestamp, source.header.number, source.chain.tournament
    seen = Seen(round_id=round_id, facts=facts, reveal_at=reveal_at)
    state = status.of(facts, now)
    # Nothing is asked about most rounds, which are over: their facts say it all.
    if state == status.SCHEDULED:
        opened = [event for event in tournament.opened(block) if event.round == round_id]
        seen = replace(seen, opened_at=opened[-1].timestamp if opened else None)
    pays_nothing = facts.booked and not any(facts.factors)
    if state == status.BOOKED or pays_nothing:
        booked = tournament.booked(round_id, block)
        seen = replace(seen, booked_at=booked[-1].timestamp if booked else None)
    if source.lake is not None and state in (status.BOOKED, status.RESOLVING):
        seen = _with_published(seen, source.lake)
    return round_state.round_state(seen, now, source.host)


def _with_published(seen: Seen, lake: Lake) -> Seen:
    """Add what only a booked round without a proposal is asked for."""
    results = lake.seek(places.results(seen.round_id))
    table = None if results is None else results.table_sha256
    approval = None if table is None else lake.seek(places.approval(seen.round_id))
    return replace(
        seen,
        days=newest_days(lake, seen.round_id),
        table=table,
        is_approved=approval is not None and approval.table_sha256 == table,
    )
