# pragma version 0.4.3
"""
@title Choices
@license Apache-2.0
@notice Which round a call goes to, and what may be done there, by the dates in its facts.
"""

from contracts import rounds
from tests.invariants.parts import shadow
from tests.invariants.parts import world

uses: world
uses: shadow


@internal
@view
def _is(round: uint256, status: uint256) -> bool:
    return shadow.status[round] == status


@internal
@view
def _round(word: uint256, wanted: uint256) -> uint256:
    """
    @dev A round in the wanted status if there is one; one time in eight any round.
    @param word Any word.
    @param wanted The status.
    @return The round; 0 if none was opened yet.
    """
    if shadow.opened == 0:
        return 0
    for i: uint256 in range(shadow.opened, bound=shadow.MAX_ROUNDS):
        round: uint256 = self._nth(word, i)
        if word % 8 > 0 and self._is(round, wanted):
            return round
    return self._nth(word, 0)


@internal
@view
def _round_to_release(word: uint256, abandoned: bool) -> uint256:
    """
    @dev A round that was abandoned, or whose claim is over, with something locked, if there is
         one.
    @param word Any word.
    @param abandoned Which of the two.
    @return The round; 0 if none was opened yet.
    """
    if shadow.opened == 0:
        return 0
    for i: uint256 in range(shadow.opened, bound=shadow.MAX_ROUNDS):
        round: uint256 = self._nth(word, i)
        if word % 8 > 0 and self._is_releasing(round) and self._has_locks(round) and (
            abandoned == self._is(round, rounds.ABANDONED)
        ):
            return round
    return self._nth(word, 0)


@internal
@view
def _person(round: uint256, word: uint256) -> uint256:
    """
    @dev A person with something locked in a round, if there is one; one time in eight any person.
    @param round The round.
    @param word Any word.
    @return The person.
    """
    for i: uint256 in range(world.PEOPLE):
        person: uint256 = (word // 8 % 4 + i) % world.PEOPLE
        if word % 8 > 0 and shadow.lock[round][person] > 0:
            return person
    return word // 8 % world.PEOPLE


@internal
@view
def _nth(word: uint256, i: uint256) -> uint256:
    return 1 + (word // 8 % 2**64 + i) % shadow.opened


@internal
@view
def _live() -> uint256:
    """
    @dev How many rounds somebody may still enter, book, propose or settle.
    @return Their number.
    """
    live: uint256 = 0
    for i: uint256 in range(shadow.opened, bound=shadow.MAX_ROUNDS):
        if not self._is_releasing(i + 1):
            live += 1
    return live


@internal
@view
def _has_locks(round: uint256) -> bool:
    for person: uint256 in range(world.PEOPLE):
        if shadow.lock[round][person] > 0:
            return True
    return False


@internal
@view
def _is_settling(round: uint256) -> bool:
    return self._is(round, rounds.FINAL) and block.timestamp < shadow.claim_ends[round]


@internal
@view
def _is_releasing(round: uint256) -> bool:
    if self._is(round, rounds.ABANDONED):
        return True
    return self._is(round, rounds.FINAL) and block.timestamp >= shadow.claim_ends[round]


@internal
@view
def _next_deadline() -> uint256:
    """
    @dev The first date of any round that lies ahead by more than a second, so that the second
         before it can still be waited for.
    @return Seconds since 1970; 0 if there is none.
    """
    next: uint256 = max_value(uint256)
    for i: uint256 in range(shadow.opened, bound=shadow.MAX_ROUNDS):
        if self._is_releasing(i + 1):
            continue
        facts: rounds.Facts = world._facts(convert(i + 1, uint64))
        final_at: uint64 = facts.proposal.final_at
        dates: uint64[9] = [
            facts.terms.opens,
            facts.terms.closes,
            facts.terms.book_by,
            facts.terms.resolves,
            facts.terms.resolves + facts.parameters.exclusive,
            facts.terms.propose_by,
            final_at,
            facts.proposal.rule_by,
            final_at + facts.parameters.claim,
        ]
        for date: uint64 in dates:
            if convert(date, uint256) > block.timestamp + 1:
                next = min(next, convert(date, uint256))
    return 0 if next == max_value(uint256) else next
