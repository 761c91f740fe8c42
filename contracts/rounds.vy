# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Rounds
@license Apache-2.0
@notice A round's facts, its status, and what becomes of bonds and reserves. The status is a pure
        function of the facts and the block's timestamp; the fate of bonds follows from it and is
        booked by the round's next call.
"""

from contracts import ledger
from contracts import packing
from contracts import rules

uses: ledger


event Voided:
    round: indexed(uint64)
    root: bytes32


event Abandoned:
    round: indexed(uint64)
    fault: bool


struct Round:
    config: bytes32
    operator: address
    parameters: rules.Parameters
    terms: rules.Terms
    entrants: uint256
    head: bytes32  # hash chain over the entries
    stakes: uint256  # a pair: the sum of all entries; what of it is locked still; wei
    book: bytes32
    settling: uint256  # a packed `Settling`; 0 before the book
    reserves: uint256  # a pair by leg: what is left of them, wei
    bonds: uint256  # a pair: the operator's duty bond, the proposal's bond; wei
    targets: bytes32  # digest, fixed by the operator's first proposal
    root: bytes32
    proposer: address
    challenger: address  # he gave a bond like the proposer's
    rule_by: uint64  # end of the time for a ruling; 0 without a challenge
    abandoned: bool  # the abandonment is booked


struct Proposal:
    proposer: address
    challenger: address
    root: bytes32
    bond: uint256  # held of each side, wei
    final_at: uint64
    rule_by: uint64


struct Facts:
    config: bytes32
    operator: address
    parameters: rules.Parameters
    terms: rules.Terms
    duty_bond: uint256  # held, wei
    entrants: uint256
    at_risk: uint256
    locked: uint256
    head: bytes32
    book: bytes32
    booked: bool
    factors: uint256[ledger.LEGS]  # WAD
    reserves: uint256[ledger.LEGS]
    targets: bytes32
    proposal: Proposal
    abandoned: bool


NO_ROUND: constant(uint256) = 0
SCHEDULED: constant(uint256) = 1
OPEN: constant(uint256) = 2
CLOSED: constant(uint256) = 3  # waits for the book
BOOKED: constant(uint256) = 4  # waits for `resolves`
RESOLVING: constant(uint256) = 5  # waits for a proposal
PROPOSED: constant(uint256) = 6  # may be challenged
CHALLENGED: constant(uint256) = 7  # waits for the arbiter
FINAL: constant(uint256) = 8
ABANDONED: constant(uint256) = 9

BPS: constant(uint256) = 10_000

# round => facts
rounds: HashMap[uint64, Round]


@external
@view
def status(round: uint64) -> uint256:
    """
    @dev A round's status at this block.
    @param round The round.
    @return 0 none, 1 scheduled, 2 open, 3 closed, 4 booked, 5 resolving, 6 proposed,
            7 challenged, 8 final, 9 abandoned.
    """
    return self._status(round)


@external
@view
def final_at(round: uint64) -> uint64:
    """
    @dev When a round's proposal is or will be final.
    @param round The round.
    @return Seconds since 1970; 0 without a proposal that time alone makes final.
    """
    return packing._unpack(self.rounds[round].settling).final_at


@external
@view
def round_facts(round: uint64) -> Facts:
    """
    @dev Everything that is stored of a round.
    @param round The round.
    @return The facts; all zero if it was never opened.
    """
    stored: Round = self.rounds[round]
    settling: packing.Settling = packing._unpack(stored.settling)
    return Facts(
        config=stored.config,
        operator=stored.operator,
        parameters=stored.parameters,
        terms=stored.terms,
        duty_bond=packing._high(stored.bonds),
        entrants=stored.entrants,
        at_risk=packing._high(stored.stakes),
        locked=packing._low(stored.stakes),
        head=stored.head,
        book=stored.book,
        booked=stored.settling > 0,
        factors=settling.factors,
        reserves=[packing._high(stored.reserves), packing._low(stored.reserves)],
        targets=stored.targets,
        proposal=Proposal(
            proposer=stored.proposer,
            challenger=stored.challenger,
            root=stored.root,
            bond=packing._low(stored.bonds),
            final_at=settling.final_at,
            rule_by=stored.rule_by,
        ),
        abandoned=stored.abandoned,
    )


@internal
@view
def _now() -> uint64:
    return convert(block.timestamp, uint64)


@internal
@view
def _status(round: uint64) -> uint256:
    """
    @dev Half-open intervals, [from, to): of two calls that exclude each other exactly one is
         legal at any instant.
    @param round The round.
    @return The status.
    """
    now: uint64 = self._now()
    settling: uint256 = self.rounds[round].settling
    if settling == 0:
        return self._status_without_a_book(round, now)
    final_at: uint64 = packing._unpack(settling).final_at
    if final_at > 0:
        return PROPOSED if now < final_at else FINAL
    if now < self.rounds[round].rule_by:
        return CHALLENGED
    if not packing._pays(settling):
        return ABANDONED
    if now < self.rounds[round].terms.resolves:
        return BOOKED
    return RESOLVING if now < self.rounds[round].terms.propose_by else ABANDONED


@internal
@view
def _status_without_a_book(round: uint64, now: uint64) -> uint256:
    if self.rounds[round].terms.opens == 0:
        return NO_ROUND
    if now < self.rounds[round].terms.opens:
        return SCHEDULED
    if now < self.rounds[round].terms.closes:
        return OPEN
    if self.rounds[round].entrants == 0:
        return ABANDONED
    return CLOSED if now < self.rounds[round].terms.book_by else ABANDONED


@internal
@view
def _proposal_bond(round: uint64) -> uint256:
    """
    @dev The bond of a proposal; rounds up, against the proposer.
    @param round The round.
    @return wei.
    """
    reserves: uint256 = self.rounds[round].reserves
    decided: uint256 = (
        packing._high(self.rounds[round].stakes) + packing._high(reserves) + packing._low(reserves)
    )
    share: uint256 = (decided * self.rounds[round].parameters.bond_bps + BPS - 1) // BPS
    return max(self.rounds[round].parameters.bond_floor, share)


@internal
def _propose(round: uint64, proposer: address, root: bytes32, bond: uint256):
    """
    @dev Makes a proposal the round's, final after the challenge window if nothing happens.
    @param round The round, without a proposal.
    @param proposer Who gave the bond.
    @param root Merkle root of the table's leaves.
    @param bond His bond, wei.
    """
    self.rounds[round].proposer = proposer
    self.rounds[round].root = root
    self.rounds[round].bonds += packing._pair(0, bond)
    self._set_final_at(round, self._now() + self.rounds[round].parameters.challenge, True)


@internal
def _challenge(round: uint64, challenger: address):
    """
    @dev Hands a proposal to the arbiter; without his ruling it is void.
    @param round The round, proposed.
    @param challenger Who gave a bond like the proposer's.
    """
    self.rounds[round].challenger = challenger
    self.rounds[round].rule_by = self._now() + self.rounds[round].parameters.ruling
    self._set_final_at(round, 0, True)


@internal
def _uphold(round: uint64):
    """
    @dev Makes a challenged proposal final now. Half of the challenger's bond is the proposer's,
         the rest burns, as does a duty bond that is still held: a stranger had to propose.
    @param round The round, challenged.
    """
    bonds: uint256 = self.rounds[round].bonds
    bond: uint256 = packing._low(bonds)
    self.rounds[round].bonds = 0
    self.rounds[round].rule_by = 0
    self._set_final_at(round, self._now(), False)
    ledger._return_bond(round, self.rounds[round].proposer, bond + bond // 2)
    ledger._burn_bond(round, self.rounds[round].challenger, bond - bond // 2)
    ledger._burn_bond(round, self.rounds[round].operator, packing._high(bonds))


@internal
def _overturn(round: uint64):
    """
    @dev Voids a challenged proposal. Half of the proposer's bond is the challenger's, the rest
         burns.
    @param round The round, challenged.
    """
    bond: uint256 = packing._low(self.rounds[round].bonds)
    ledger._return_bond(round, self.rounds[round].challenger, bond + bond // 2)
    ledger._burn_bond(round, self.rounds[round].proposer, bond - bond // 2)
    self._void(round)


@internal
def _book_silence(round: uint64):
    """
    @dev Voids a proposal on which nobody ruled in time; half of each bond burns, so that neither
         side gains by an arbiter who sleeps.
    @param round The round, with no challenge that waits for its ruling.
    """
    if self.rounds[round].rule_by == 0:
        return
    bond: uint256 = packing._low(self.rounds[round].bonds)
    for account: address in [self.rounds[round].proposer, self.rounds[round].challenger]:
        ledger._return_bond(round, account, bond // 2)
        ledger._burn_bond(round, account, bond - bond // 2)
    self._void(round)


@internal
def _void(round: uint64):
    log Voided(round=round, root=self.rounds[round].root)
    self.rounds[round].bonds = packing._pair(packing._high(self.rounds[round].bonds), 0)
    self.rounds[round].root = empty(bytes32)
    self.rounds[round].proposer = empty(address)
    self.rounds[round].challenger = empty(address)
    self.rounds[round].rule_by = 0


@internal
def _set_final_at(round: uint64, final_at: uint64, due: bool):
    settling: packing.Settling = packing._unpack(self.rounds[round].settling)
    settling.final_at = final_at
    settling.due = due
    self.rounds[round].settling = packing._pack(settling)


@internal
def _begin_settling(round: uint64) -> packing.Settling:
    """
    @dev Checks the claim window and books what the proposal's finality has decided.
    @param round The round.
    @return What a leaf is settled by.
    """
    settling: packing.Settling = packing._unpack(self.rounds[round].settling)
    now: uint64 = self._now()
    rules._require(
        settling.final_at > 0
        and now >= settling.final_at
        and now < settling.final_at + settling.claim,
        "tournament: not settling",
    )
    self._book_finality(round, settling)
    return settling


@internal
def _begin_releasing(round: uint64):
    """
    @dev Checks that stakes are released and books what led to it.
    @param round The round.
    """
    if self._status(round) == ABANDONED:
        self._book_abandonment(round)
        return
    settling: packing.Settling = packing._unpack(self.rounds[round].settling)
    rules._require(
        settling.final_at > 0 and self._now() >= settling.final_at + settling.claim,
        "tournament: not releasing",
    )
    self._book_finality(round, settling)
    self._return_reserves(round)


@internal
def _book_finality(round: uint64, settling: packing.Settling):
    """
    @dev Returns the bond of an unchallenged proposal that is final, once; a duty bond that is
         still held burns, for a stranger had to propose.
    @param round The round, final.
    @param settling Its numbers.
    """
    if settling.due:
        bonds: uint256 = self.rounds[round].bonds
        self.rounds[round].bonds = 0
        self._set_final_at(round, settling.final_at, False)
        ledger._return_bond(round, self.rounds[round].proposer, packing._low(bonds))
        ledger._burn_bond(round, self.rounds[round].operator, packing._high(bonds))


@internal
def _book_abandonment(round: uint64):
    """
    @dev Returns reserves and decides the duty bond, once. Fault is an entry without a book, or
         a book that pays without a proposal that held.
    @param round The round, abandoned.
    """
    if self.rounds[round].abandoned:
        return
    self._book_silence(round)
    settling: uint256 = self.rounds[round].settling
    fault: bool = self.rounds[round].entrants > 0 and (settling == 0 or packing._pays(settling))
    self.rounds[round].abandoned = True
    log Abandoned(round=round, fault=fault)
    self._end_duty(round, fault)
    self._return_reserves(round)


@internal
def _end_duty(round: uint64, burned: bool):
    """
    @dev Returns or burns the operator's duty bond, if the round still holds it.
    @param round The round.
    @param burned Whether it burns.
    """
    bonds: uint256 = self.rounds[round].bonds
    self.rounds[round].bonds = packing._low(bonds)
    if burned:
        ledger._burn_bond(round, self.rounds[round].operator, packing._high(bonds))
    else:
        ledger._return_bond(round, self.rounds[round].operator, packing._high(bonds))


@internal
def _return_reserves(round: uint64):
    reserves: uint256 = self.rounds[round].reserves
    self.rounds[round].reserves = 0
    ledger._return_reserve(round, 0, packing._high(reserves))
    ledger._return_reserve(round, 1, packing._low(reserves))


@internal
def _unlock(round: uint64, model: bytes32) -> uint256:
    """
    @dev Takes a model's whole lock out of the round; the caller says where it goes.
    @param round The round.
    @param model The model.
    @return wei; 0 if nothing was locked.
    """
    amount: uint256 = ledger._unlock(round, model)
    self.rounds[round].stakes = packing._minus(self.rounds[round].stakes, 0, amount)
    return amount
