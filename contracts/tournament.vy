# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Erarium tournament
@license Apache-2.0
@notice Runs rounds: terms, entries, book, proposal, settlement. A round's status is a pure
        function of stored facts and the block's timestamp, and every interval is half-open,
        [from, to): of two calls that exclude each other exactly one is legal at any instant.
@dev Reverts name the broken rule in at most 32 bytes, for the size of the code; docs/protocol.md
     has the rules in full, with the bounds and the rounding of each.
"""

from contracts import ledger
from contracts import payouts
from contracts import rules

initializes: ledger
exports: (
    ledger.TOKEN,
    ledger.deposit,
    ledger.withdraw,
    ledger.fund,
    ledger.sweep,
    ledger.model_of,
    ledger.free,
    ledger.locked,
    ledger.pool,
    ledger.reserved,
    ledger.total_free,
    ledger.total_locked,
    ledger.bonds,
    ledger.burnable,
)


event ParametersSet:
    parameters: rules.Parameters


event OperatorSet:
    operator: indexed(address)


event Opened:
    round: indexed(uint64)
    config: bytes32
    operator: indexed(address)
    parameters: rules.Parameters
    terms: rules.Terms


event Entered:
    round: indexed(uint64)
    model: indexed(bytes32)
    owner: indexed(address)
    name: String[32]
    at_risk: uint256
    commitment: bytes32
    nonce: uint64
    head: bytes32


event Booked:
    round: indexed(uint64)
    digest: bytes32
    uri: String[256]
    at_risk: uint256
    factor: uint256
    profit_factor: uint256
    reserve: uint256
    profit_reserve: uint256


event Proposed:
    round: indexed(uint64)
    proposer: indexed(address)
    root: bytes32
    table: bytes32
    targets: bytes32
    uri: String[256]
    bond: uint256


event Settled:
    round: indexed(uint64)
    model: indexed(bytes32)
    return_nano: int256
    profit_nano: int256
    payout: uint256
    burn: uint256


event Skipped:
    round: indexed(uint64)
    model: indexed(bytes32)
    reason: String[64]


event Released:
    round: indexed(uint64)
    model: indexed(bytes32)
    amount: uint256


event Abandoned:
    round: indexed(uint64)
    fault: bool


struct Proposal:
    proposer: address
    proposed_at: uint64
    root: bytes32
    table: bytes32
    targets: bytes32
    bond: uint256  # held, wei


struct Round:
    config: bytes32
    operator: address
    parameters: rules.Parameters
    terms: rules.Terms
    duty_bond: uint256  # held, wei
    entrants: uint256
    at_risk: uint256  # sum of all entries, wei
    locked: uint256  # what of it is neither settled nor released yet, wei
    head: bytes32  # hash chain over the entries
    book: bytes32
    booked_at: uint64
    factors: uint256[ledger.LEGS]  # WAD
    reserves: uint256[ledger.LEGS]  # what is left of them, wei
    proposal: Proposal
    abandoned: bool  # the abandonment is booked


struct Week:
    number: uint256
    base: uint256  # the pool before the week's first book, wei
    reserved: uint256  # by the week's books, wei


struct Leaf:
    model: bytes32
    return_nano: int256
    profit_nano: int256


NO_ROUND: constant(uint256) = 0
SCHEDULED: constant(uint256) = 1
OPEN: constant(uint256) = 2
CLOSED: constant(uint256) = 3  # waits for the book
BOOKED: constant(uint256) = 4  # waits for `resolves`
RESOLVING: constant(uint256) = 5  # waits for a proposal
PROPOSED: constant(uint256) = 6
# 7 is kept for a challenged proposal, which this version does not have
FINAL: constant(uint256) = 8
ABANDONED: constant(uint256) = 9

STAKE: constant(uint256) = 0
PROFIT: constant(uint256) = 1
BPS: constant(uint256) = 10_000
WEEK: constant(uint256) = 604_800  # seconds
MAX_BATCH: constant(uint256) = 64

OWNER: public(immutable(address))
# part of every commitment, so that none can be used in another deployment
SALT: public(immutable(bytes32))

# who opens the next rounds; a round keeps the one that opened it
operator: public(address)
# what the next rounds copy
parameters: rules.Parameters
# round => facts
rounds: HashMap[uint64, Round]
# round => model => its last nonce
nonces: public(HashMap[uint64, HashMap[bytes32, uint64]])
# leg => the last week with a book
weeks: Week[ledger.LEGS]


@deploy
def __init__(
    token: address,
    owner: address,
    operator: address,
    salt: bytes32,
    parameters: rules.Parameters,
):
    """
    @dev Fixes token, owner and salt; sets the first operator and parameters.
    @param token The ERC-20 that is staked; it has `burn`.
    @param owner Who may change operator and parameters of rounds not opened yet.
    @param operator Who opens, books and first proposes.
    @param salt The deployment's salt, part of every commitment.
    @param parameters What each round copies when it opens.
    """
    ledger.__init__(token)
    OWNER = owner
    SALT = salt
    self._set_operator(operator)
    self._set_parameters(parameters)


@external
def set_operator(operator: address):
    """
    @dev Names who opens the next rounds.
    @param operator The new operator; rounds that are open keep theirs.
    """
    assert msg.sender == OWNER, "tournament: not the owner"
    self._set_operator(operator)


@external
def set_parameters(parameters: rules.Parameters):
    """
    @dev Sets what the next rounds copy.
    @param parameters The new parameters; rounds that are open keep theirs.
    """
    assert msg.sender == OWNER, "tournament: not the owner"
    self._set_parameters(parameters)


@external
def open_round(round: uint64, terms: rules.Terms):
    """
    @dev Opens a round; the operator's duty bond is taken from his purse.
    @param round The round's number, never used before.
    @param terms Its dates, amounts and digests; they never change.
    """
    assert msg.sender == self.operator, "tournament: not the operator"
    assert self._status(round) == NO_ROUND, "tournament: round exists"
    parameters: rules.Parameters = self.parameters
    assert parameters.challenge == 0 or (
        parameters.arbiter != empty(address) and parameters.arbiter != msg.sender
    ), "tournament: bad arbiter"
    rules._check_terms(terms, parameters)

    config: bytes32 = keccak256(abi_encode(round, msg.sender, parameters, terms))
    self.rounds[round].config = config
    self.rounds[round].operator = msg.sender
    self.rounds[round].parameters = parameters
    self.rounds[round].terms = terms
    self.rounds[round].duty_bond = parameters.duty_bond
    ledger._take_bond(msg.sender, parameters.duty_bond)
    log Opened(
        round=round, config=config, operator=msg.sender, parameters=parameters, terms=terms
    )


@external
def enter(round: uint64, name: String[32], at_risk: uint256, commitment: bytes32, nonce: uint64):
    """
    @dev Enters the caller's model, or replaces its entry: the last nonce counts.
    @param round The round, in [opens, closes).
    @param name The model's name, not empty: a purse cannot enter.
    @param at_risk The model's whole lock in this round, wei; it may only rise.
    @param commitment Hash of the submission and its salt.
    @param nonce Above the model's last one in this round; the first is at least 1.
    """
    assert self._status(round) == OPEN, "tournament: not open"
    assert len(name) > 0, "tournament: no name"
    model: bytes32 = ledger._model_of(msg.sender, name)
    assert nonce > self.nonces[round][model], "tournament: nonce too low"
    before: uint256 = ledger.locked[round][model]
    assert at_risk >= before, "tournament: stake may not fall"
    assert at_risk >= self.rounds[round].terms.smallest_stake, "tournament: stake too small"

    head: bytes32 = keccak256(
        abi_encode(self.rounds[round].head, round, model, at_risk, commitment, nonce)
    )
    if before == 0:
        self.rounds[round].entrants += 1
    self.rounds[round].head = head
    self.rounds[round].at_risk += at_risk - before
    self.rounds[round].locked += at_risk - before
    self.nonces[round][model] = nonce
    ledger._lock(round, model, at_risk - before)
    log Entered(
        round=round,
        model=model,
        owner=msg.sender,
        name=name,
        at_risk=at_risk,
        commitment=commitment,
        nonce=nonce,
        head=head,
    )


@external
def record_book(round: uint64, digest: bytes32, uri: String[256]):
    """
    @dev Records the book and reserves every possible payout before any return is known.
    @param round The round, in [closes, book_by); its operator alone, once.
    @param digest The book's digest.
    @param uri Where the book is.
    """
    assert msg.sender == self.rounds[round].operator, "tournament: not the operator"
    assert self._status(round) == CLOSED, "tournament: no book due"
    self.rounds[round].book = digest
    self.rounds[round].booked_at = self._now()
    terms: rules.Terms = self.rounds[round].terms
    self._reserve_leg(round, STAKE, terms.threshold, terms.clip_nano)
    # the profit leg has no threshold: all that is at risk never lowers the factor
    self._reserve_leg(round, PROFIT, self.rounds[round].at_risk, terms.profit_clip_nano)
    log Booked(
        round=round,
        digest=digest,
        uri=uri,
        at_risk=self.rounds[round].at_risk,
        factor=self.rounds[round].factors[STAKE],
        profit_factor=self.rounds[round].factors[PROFIT],
        reserve=self.rounds[round].reserves[STAKE],
        profit_reserve=self.rounds[round].reserves[PROFIT],
    )


@external
def propose(round: uint64, root: bytes32, table: bytes32, targets: bytes32, uri: String[256]):
    """
    @dev Proposes a round's settlement with a bond from the caller's purse; the operator gets
         his duty bond back by it.
    @param round The round, in [resolves, propose_by); until resolves + exclusive its operator
           alone, then anyone.
    @param root Merkle root of the table's leaves.
    @param table Digest of the table.
    @param targets Digest of the targets.
    @param uri Where both are.
    """
    assert self._status(round) == RESOLVING, "tournament: no proposal due"
    if msg.sender == self.rounds[round].operator:
        self._end_duty(round, False)
    else:
        alone_until: uint64 = (
            self.rounds[round].terms.resolves + self.rounds[round].parameters.exclusive
        )
        assert self._now() >= alone_until, "tournament: operator first"
    proposal: Proposal = Proposal(
        proposer=msg.sender,
        proposed_at=self._now(),
        root=root,
        table=table,
        targets=targets,
        bond=self._proposal_bond(round),
    )
    ledger._take_bond(msg.sender, proposal.bond)
    self.rounds[round].proposal = proposal
    log Proposed(
        round=round,
        proposer=msg.sender,
        root=root,
        table=table,
        targets=targets,
        uri=uri,
        bond=proposal.bond,
    )


@external
def settle(round: uint64, leaf: Leaf, proof: DynArray[bytes32, payouts.MAX_DEPTH]):
    """
    @dev Settles a model by its leaf; anyone may, for any model.
    @param round The round, in [final, final + claim).
    @param leaf The model's row of the table.
    @param proof The leaf's siblings upwards.
    """
    self._begin_settling(round)
    fault: String[64] = self._leaf_fault(round, leaf, proof)
    assert len(fault) == 0, fault
    self._settle(round, leaf)


@external
def settle_many(
    round: uint64,
    leaves: DynArray[Leaf, MAX_BATCH],
    proofs: DynArray[DynArray[bytes32, payouts.MAX_DEPTH], MAX_BATCH],
):
    """
    @dev Settles many models; a bad leaf is skipped and reported.
    @param round The round, in [final, final + claim).
    @param leaves Rows of the table.
    @param proofs Their proofs, in the same order.
    """
    assert len(leaves) == len(proofs), "tournament: lengths differ"
    self._begin_settling(round)
    for i: uint256 in range(len(leaves), bound=MAX_BATCH):
        fault: String[64] = self._leaf_fault(round, leaves[i], proofs[i])
        if len(fault) == 0:
            self._settle(round, leaves[i])
        else:
            log Skipped(round=round, model=leaves[i].model, reason=fault)


@external
def release(round: uint64, model: bytes32):
    """
    @dev Frees a model's whole stake without payout or burn; anyone may, for any model.
    @param round The round, abandoned or from final + claim.
    @param model The model.
    """
    self._begin_releasing(round)
    assert self._release(round, model), "tournament: nothing locked"


@external
def release_many(round: uint64, models: DynArray[bytes32, MAX_BATCH]):
    """
    @dev Frees many models' stakes; a model without one is skipped and reported.
    @param round The round, abandoned or from final + claim.
    @param models The models.
    """
    self._begin_releasing(round)
    for model: bytes32 in models:
        if not self._release(round, model):
            log Skipped(round=round, model=model, reason="tournament: nothing locked")


@external
def abandon(round: uint64):
    """
    @dev Books an abandonment that facts and time have decided already; once.
    @param round The round.
    """
    assert self._status(round) == ABANDONED, "tournament: not abandoned"
    assert not self.rounds[round].abandoned, "tournament: booked already"
    self._book_abandonment(round)


@external
@view
def status(round: uint64) -> uint256:
    """
    @dev A round's status at this block.
    @param round The round.
    @return 0 none, 1 scheduled, 2 open, 3 closed, 4 booked, 5 resolving, 6 proposed, 8 final,
            9 abandoned; 7 is kept for challenged.
    """
    return self._status(round)


@external
@view
def final_at(round: uint64) -> uint64:
    """
    @dev When a round's proposal is or will be final.
    @param round The round.
    @return Seconds since 1970; 0 without a proposal.
    """
    return self._final_at(round)


@external
@view
def config(round: uint64) -> bytes32:
    """
    @dev Digest of a round's number, operator, parameters and terms.
    @param round The round.
    @return keccak256 of their ABI encoding; 0 if it was never opened.
    """
    return self.rounds[round].config


@external
@view
def heads(round: uint64) -> bytes32:
    """
    @dev The hash chain over a round's entries.
    @param round The round.
    @return Its last link; 0 without an entry.
    """
    return self.rounds[round].head


@external
@view
def round_facts(round: uint64) -> Round:
    """
    @dev Everything that is stored of a round.
    @param round The round.
    @return The facts; all zero if it was never opened.
    """
    return self.rounds[round]


@external
@view
def next_parameters() -> rules.Parameters:
    """
    @dev What the next round will copy.
    @return The parameters.
    """
    return self.parameters


@external
@view
def last_week(leg: uint256) -> Week:
    """
    @dev The last week in which a book reserved from a pool.
    @param leg 0 for the stake pool, 1 for the profit pool.
    @return Its number, which is timestamp // 604,800, and its amounts.
    """
    return self.weeks[leg]


@internal
@view
def _now() -> uint64:
    return convert(block.timestamp, uint64)


@internal
@view
def _status(round: uint64) -> uint256:
    now: uint64 = self._now()
    # first, although it comes last in time: settling then reads few facts
    if self.rounds[round].proposal.proposed_at > 0:
        return PROPOSED if now < self._final_at(round) else FINAL
    if self.rounds[round].terms.opens == 0:
        return NO_ROUND
    if now < self.rounds[round].terms.opens:
        return SCHEDULED
    if now < self.rounds[round].terms.closes:
        return OPEN
    if self.rounds[round].entrants == 0:
        return ABANDONED
    if self.rounds[round].booked_at == 0:
        return CLOSED if now < self.rounds[round].terms.book_by else ABANDONED
    if not self._pays(round):
        return ABANDONED
    if now < self.rounds[round].terms.resolves:
        return BOOKED
    return RESOLVING if now < self.rounds[round].terms.propose_by else ABANDONED


@internal
@view
def _pays(round: uint64) -> bool:
    return (
        self.rounds[round].factors[STAKE] > 0 or self.rounds[round].factors[PROFIT] > 0
    )


@internal
@view
def _final_at(round: uint64) -> uint64:
    proposed_at: uint64 = self.rounds[round].proposal.proposed_at
    if proposed_at == 0:
        return 0
    return proposed_at + self.rounds[round].parameters.challenge


@internal
@view
def _claim_ends(round: uint64) -> uint64:
    return self._final_at(round) + self.rounds[round].parameters.claim


@internal
def _set_operator(operator: address):
    assert operator != empty(address), "tournament: no operator"
    self.operator = operator
    log OperatorSet(operator=operator)


@internal
def _set_parameters(parameters: rules.Parameters):
    rules._check_parameters(parameters)
    self.parameters = parameters
    log ParametersSet(parameters=parameters)


@internal
def _reserve_leg(round: uint64, leg: uint256, threshold: uint256, clip: uint256):
    """
    @dev Fixes a leg's factor and moves its reserve out of the pool. The shares that a round and
         a week may take round down and lower the factor; they never revert.
    @param round The round.
    @param leg The leg.
    @param threshold Stake beyond which the factor falls below 1, wei.
    @param clip The leg's clip, NANO.
    """
    pool: uint256 = ledger.pool[leg]
    week: Week = self.weeks[leg]
    if week.number != block.timestamp // WEEK:
        week = Week(number=block.timestamp // WEEK, base=pool, reserved=0)
    of_round: uint256 = pool * self.rounds[round].parameters.round_share_bps // BPS
    of_week: uint256 = week.base * self.rounds[round].parameters.week_share_bps // BPS
    # another round may have been opened with a larger share and taken more than this one's
    available: uint256 = min(of_round, of_week - min(of_week, week.reserved))
    total: uint256 = self.rounds[round].at_risk
    factor: uint256 = payouts._factor(total, threshold, available, clip)
    reserve: uint256 = payouts._reserve(total, factor, clip)

    week.reserved += reserve
    self.weeks[leg] = week
    self.rounds[round].factors[leg] = factor
    self.rounds[round].reserves[leg] = reserve
    ledger._reserve(leg, reserve)


@internal
@view
def _proposal_bond(round: uint64) -> uint256:
    """
    @dev The bond of a proposal; rounds up, against the proposer.
    @param round The round.
    @return wei.
    """
    decided: uint256 = (
        self.rounds[round].at_risk
        + self.rounds[round].reserves[STAKE]
        + self.rounds[round].reserves[PROFIT]
    )
    share: uint256 = (decided * self.rounds[round].parameters.bond_bps + BPS - 1) // BPS
    return max(self.rounds[round].parameters.bond_floor, share)


@internal
def _begin_settling(round: uint64):
    """
    @dev Checks the claim window and books what the proposal's finality has decided: its bond
         returns; a duty bond that is still held burns, for a stranger had to propose.
    @param round The round.
    """
    assert self._status(round) == FINAL and (
        self._now() < self._claim_ends(round)
    ), "tournament: not settling"
    self._book_finality(round)


@internal
def _begin_releasing(round: uint64):
    """
    @dev Checks that stakes are released and books what led to it.
    @param round The round.
    """
    status: uint256 = self._status(round)
    if status == ABANDONED:
        self._book_abandonment(round)
        return
    assert status == FINAL and (
        self._now() >= self._claim_ends(round)
    ), "tournament: not releasing"
    self._book_finality(round)
    self._return_reserves(round)


@internal
def _book_finality(round: uint64):
    bond: uint256 = self.rounds[round].proposal.bond
    if bond > 0:
        self.rounds[round].proposal.bond = 0
        ledger._end_bond(round, self.rounds[round].proposal.proposer, bond, False)
    self._end_duty(round, True)


@internal
def _book_abandonment(round: uint64):
    """
    @dev Returns reserves and decides the duty bond, once. Fault is an entry without a book, or
         a book that pays without a proposal.
    @param round The round, abandoned.
    """
    if self.rounds[round].abandoned:
        return
    fault: bool = self.rounds[round].entrants > 0 and (
        self.rounds[round].booked_at == 0 or self._pays(round)
    )
    self.rounds[round].abandoned = True
    log Abandoned(round=round, fault=fault)
    self._end_duty(round, fault)
    self._return_reserves(round)


@internal
def _end_duty(round: uint64, burned: bool):
    bond: uint256 = self.rounds[round].duty_bond
    if bond > 0:
        self.rounds[round].duty_bond = 0
        ledger._end_bond(round, self.rounds[round].operator, bond, burned)


@internal
def _return_reserves(round: uint64):
    for leg: uint256 in range(ledger.LEGS):
        amount: uint256 = self.rounds[round].reserves[leg]
        if amount > 0:
            self.rounds[round].reserves[leg] = 0
            ledger._return_reserve(round, leg, amount)


@internal
@view
def _leaf_fault(
    round: uint64, leaf: Leaf, proof: DynArray[bytes32, payouts.MAX_DEPTH]
) -> String[64]:
    """
    @dev What forbids to settle a leaf. The zeroed lock is the guard against a second settlement.
    @param round The round.
    @param leaf The leaf.
    @param proof Its proof.
    @return The reason; empty if nothing does.
    """
    if ledger.locked[round][leaf.model] == 0:
        return "tournament: nothing locked"
    # min_value(int256) has no magnitude, so the bounds come first
    if not (
        payouts._is_within(leaf.return_nano, self.rounds[round].terms.clip_nano)
        and payouts._is_within(leaf.profit_nano, self.rounds[round].terms.profit_clip_nano)
    ):
        return "tournament: beyond the clip"
    node: bytes32 = payouts._leaf(round, leaf.model, leaf.return_nano, leaf.profit_nano)
    if payouts._root(node, proof) != self.rounds[round].proposal.root:
        return "tournament: not in the root"
    return ""


@internal
def _settle(round: uint64, leaf: Leaf):
    """
    @dev Pays or burns each leg and frees what is left of the stake.
    @param round The round.
    @param leaf A leaf without a fault.
    """
    at_risk: uint256 = self._unlock(round, leaf.model)
    paid: uint256 = 0
    burned: uint256 = 0
    for leg: uint256 in range(ledger.LEGS):
        rate: int256 = leaf.return_nano if leg == STAKE else leaf.profit_nano
        factor: uint256 = self.rounds[round].factors[leg]
        if rate < 0:
            burned += payouts._burn(at_risk, factor, convert(-rate, uint256))
        elif rate > 0:
            amount: uint256 = payouts._payout(at_risk, factor, convert(rate, uint256))
            self.rounds[round].reserves[leg] -= amount
            ledger.reserved[leg] -= amount
            paid += amount
    ledger.burnable += burned
    # two clips of a quarter at most: no more burns than was at risk
    ledger._credit(leaf.model, at_risk + paid - burned)
    log Settled(
        round=round,
        model=leaf.model,
        return_nano=leaf.return_nano,
        profit_nano=leaf.profit_nano,
        payout=paid,
        burn=burned,
    )
    if self.rounds[round].locked == 0:
        self._return_reserves(round)


@internal
def _release(round: uint64, model: bytes32) -> bool:
    amount: uint256 = self._unlock(round, model)
    if amount == 0:
        return False
    ledger._credit(model, amount)
    log Released(round=round, model=model, amount=amount)
    return True


@internal
def _unlock(round: uint64, model: bytes32) -> uint256:
    amount: uint256 = ledger._unlock(round, model)
    self.rounds[round].locked -= amount
    return amount
