# pragma version 0.4.3
"""
@title Where bonds should be
@license Apache-2.0
@notice The bonds' part of the players' own accounts: taken by a proposal and a challenge, ended by
        a ruling or by what the round's next call books.
"""

from contracts import rounds
from tests.invariants.parts import shadow
from tests.invariants.parts import world

uses: world
uses: shadow


@internal
@view
def _may_propose(round: uint256, person: uint256, targets: bytes32) -> bool:
    """
    @dev Whether a person's proposal is legal: in a round that resolves, by the operator with the
         targets that he fixed, or by another once the operator had his time and proposed nothing
         in it, and with a purse that has the bond. In the purse is what the proposal itself brings back: his half of a bond on which nobody
         ruled, and the operator's duty bond.
    @param round The round.
    @param person The proposer.
    @param targets His targets, not zero.
    @return True if it is.
    """
    facts: rounds.Facts = world._facts(convert(round, uint64))
    alone_until: uint64 = facts.terms.resolves + facts.parameters.exclusive
    is_operator: bool = shadow.operator[round] == person + 1
    purse: uint256 = shadow.purse[person]
    if is_operator:
        purse += shadow.duty[round]
    if shadow.challenger[round] > 0 and (
        person + 1 == shadow.proposer[round] or person + 1 == shadow.challenger[round]
    ):
        purse += shadow.bond[round] // 2
    fixed: bytes32 = shadow.targets[round]
    return (
        shadow.status[round] == rounds.RESOLVING
        and (
            (is_operator and (fixed == empty(bytes32) or targets == fixed))
            or (fixed == empty(bytes32) and block.timestamp >= convert(alone_until, uint256))
        )
        and purse >= self._bond_of(facts)
    )


@internal
@pure
def _bond_of(facts: rounds.Facts) -> uint256:
    """
    @dev What a proposal's bond is; a part of a wei counts as one.
    @param facts The round's facts.
    @return wei.
    """
    decided: uint256 = facts.at_risk + facts.reserves[0] + facts.reserves[1]
    bond: uint256 = decided * facts.parameters.bond_bps // shadow.BPS
    if decided * facts.parameters.bond_bps % shadow.BPS > 0:
        bond += 1
    return max(bond, facts.parameters.bond_floor)


@internal
def _propose(round: uint256, person: uint256, targets: bytes32):
    """
    @dev Takes a proposal's bond, and gives the operator's duty bond back for his own one, whose
         targets his later ones must carry.
    @param round The round, resolving until now.
    @param person The proposer.
    @param targets His targets.
    """
    self._end_bonds(round, rounds.RESOLVING)
    bond: uint256 = self._bond_of(world._facts(convert(round, uint64)))
    if shadow.operator[round] == person + 1:
        shadow.purse[person] += shadow.duty[round]
        shadow.duty[round] = 0
        if shadow.targets[round] == empty(bytes32):
            shadow.targets[round] = targets
    shadow.purse[person] -= bond
    shadow.bond[round] = bond
    shadow.proposer[round] = person + 1


@internal
def _challenge(round: uint256, person: uint256):
    shadow.purse[person] -= shadow.bond[round]
    shadow.challenger[round] = person + 1


@internal
def _rule(round: uint256, right: bool):
    """
    @dev Gives the winner his bond and the lower half of the loser's; the rest burns.
    @param round The round, challenged until now.
    @param right The ruling.
    """
    winner: uint256 = (shadow.proposer[round] if right else shadow.challenger[round]) - 1
    half: uint256 = shadow.bond[round] // 2
    shadow.purse[winner] += shadow.bond[round] + half
    shadow.burned += shadow.bond[round] - half
    if right:
        shadow.burned += shadow.duty[round]
        shadow.duty[round] = 0
    self._clear_proposal(round)


@internal
def _end_bonds(round: uint256, status: uint256):
    """
    @dev What the next call books of what facts and time have decided.
    @param round The round.
    @param status Its status before that call.
    """
    bond: uint256 = shadow.bond[round]
    if status == rounds.FINAL:
        if shadow.proposer[round] > 0:
            shadow.purse[shadow.proposer[round] - 1] += bond
        shadow.burned += shadow.duty[round]
        shadow.duty[round] = 0
        self._clear_proposal(round)
        return
    if shadow.challenger[round] > 0:
        for side: uint256 in [shadow.proposer[round], shadow.challenger[round]]:
            shadow.purse[side - 1] += bond // 2
            shadow.burned += bond - bond // 2
        self._clear_proposal(round)
    if status == rounds.ABANDONED and not shadow.abandoned[round]:
        shadow.abandoned[round] = True
        if self._is_fault(round):
            shadow.burned += shadow.duty[round]
        else:
            shadow.purse[shadow.operator[round] - 1] += shadow.duty[round]
        shadow.duty[round] = 0


@internal
@view
def _is_fault(round: uint256) -> bool:
    facts: rounds.Facts = world._facts(convert(round, uint64))
    pays: bool = facts.factors[0] > 0 or facts.factors[1] > 0
    return shadow.at_risk[round] > 0 and (not facts.booked or pays)


@internal
def _clear_proposal(round: uint256):
    shadow.bond[round] = 0
    shadow.proposer[round] = 0
    shadow.challenger[round] = 0
