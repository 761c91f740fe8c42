"""A round's status, numbered as `tournament.vy` numbers it."""

from tasks.core.protocol.round_facts import RoundFacts

NONE = 0
SCHEDULED = 1
OPEN = 2
CLOSED = 3
BOOKED = 4
RESOLVING = 5
PROPOSED = 6
CHALLENGED = 7
FINAL = 8
ABANDONED = 9

WITH_A_PROPOSAL = (PROPOSED, CHALLENGED, FINAL)

NAMES = (
    "none",
    "scheduled",
    "open",
    "closed",
    "booked",
    "resolving",
    "proposed",
    "challenged",
    "final",
    "abandoned",
)


def of(facts: RoundFacts, now: int) -> int:
    """Return a round's status, which facts and time alone decide.

    Args:
        facts: what the contract holds of the round.
        now: the block's time, seconds since 1970.

    Source: `_status` of contracts/rounds.vy, in half-open intervals.
    """
    terms, proposal = facts.terms, facts.proposal
    if not facts.booked:
        return _without_a_book(facts, now)
    if proposal.final_at > 0:
        return PROPOSED if now < proposal.final_at else FINAL
    if now < proposal.rule_by:
        return CHALLENGED
    if not any(facts.factors):
        return ABANDONED
    if now < terms.resolves:
        return BOOKED
    return RESOLVING if now < terms.propose_by else ABANDONED


def _without_a_book(facts: RoundFacts, now: int) -> int:
    terms = facts.terms
    if terms.opens == 0:
        return NONE
    if now < terms.opens:
        return SCHEDULED
    if now < terms.closes:
        return OPEN
    if facts.entrants == 0:
        return ABANDONED
    return CLOSED if now < terms.book_by else ABANDONED


def is_over(facts: RoundFacts, now: int) -> bool:
    """Return whether a round has ended and nothing of it is left to do.

    It stays so whatever the time: only an event of the round could change it.

    Args:
        facts: what the contract holds of the round.
        now: the block's time, seconds since 1970.
    """
    ended = of(facts, now)
    return facts.locked == 0 and (ended == FINAL or (ended == ABANDONED and facts.abandoned))
