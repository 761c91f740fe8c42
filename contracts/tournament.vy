# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Erarium tournament
@license Apache-2.0
@notice Runs rounds: terms, entries, book, proposal, challenge, ruling, settlement. What a round
        holds and when a call is legal is in `rounds`, who owns what in `ledger`.
@dev Reverts name the broken rule in at most 32 bytes, for the size of the code; docs/protocol.md
     has the rules in full, with the bounds and the rounding of each.
"""

from contracts import ledger
from contracts import packing
from contracts import payouts
from contracts import rounds
from contracts import rules
from contracts import signatures

initializes: ledger
initializes: rounds[ledger := ledger]
exports: ledger.__interface__
exports: rounds.__interface__


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
    reason: String[32]


event Released:
    round: indexed(uint64)
    model: indexed(bytes32)
    amount: uint256


event Challenged:
    round: indexed(uint64)
    challenger: indexed(address)
    root: bytes32
    uri: String[256]
    bond: uint256


event Ruled:
    round: indexed(uint64)
    root: bytes32
    right: bool
    uri: String[256]


event Delivered:
    round: indexed(uint64)
    model: indexed(bytes32)
    owner: indexed(address)
    name: String[32]
    sealed: Bytes[65_536]


struct Week:
    number: uint256
    base: uint256  # the pool before the week's first book, wei
    reserved: uint256  # by the week's books, wei


struct Leaf:
    model: bytes32
    return_nano: int256
    profit_nano: int256


struct Moved:
    at_risk: uint256  # what was locked, wei
    paid: uint256[ledger.LEGS]  # from the reserves, wei
    burned: uint256  # wei


STAKE: constant(uint256) = 0
PROFIT: constant(uint256) = 1
WEEK: constant(uint256) = 604_800  # seconds
MAX_BATCH: constant(uint256) = 64

OWNER: public(immutable(address))
# part of every commitment, so that none can be used in another deployment
SALT: public(immutable(bytes32))

# who opens the next rounds; a round keeps the one that opened it
operator: public(address)
# what the next rounds copy
parameters: rules.Parameters
# leg => the last week with a book
weeks: Week[ledger.LEGS]


@deploy
def __init__(
    token: address,
    sink: address,
    owner: address,
    operator: address,
    salt: bytes32,
    parameters: rules.Parameters,
):
    """
    @dev Fixes token, owner and salt; sets the first operator and parameters.
    @param token The ERC-20 that is staked.
    @param sink Where burns go if the token has no `burn`; zero if it has.
    @param owner Who may change operator and parameters of rounds not opened yet.
    @param operator Who opens, books and first proposes.
    @param salt The deployment's salt, part of every commitment.
    @param parameters What each round copies when it opens.
    """
    ledger.__init__(token, sink)
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
    rules._require(msg.sender == OWNER, "tournament: not the owner")
    self._set_operator(operator)


@external
def set_parameters(parameters: rules.Parameters):
    """
    @dev Sets what the next rounds copy.
    @param parameters The new parameters; rounds that are open keep theirs.
    """
    rules._require(msg.sender == OWNER, "tournament: not the owner")
    self._set_parameters(parameters)


@external
def open_round(round: uint64, terms: rules.Terms):
    """
    @dev Opens a round; the operator's duty bond is taken from his purse.
    @param round The round's number, never used before.
    @param terms Its dates, amounts and digests; they never change.
    """
    rules._require(msg.sender == self.operator, "tournament: not the operator")
    rules._require(rounds._status(round) == rounds.NO_ROUND, "tournament: round exists")
    parameters: rules.Parameters = self.parameters
    rules._require(
        parameters.challenge == 0
        or (parameters.arbiter != empty(address) and parameters.arbiter != msg.sender),
        "tournament: bad arbiter",
    )
    rules._check_terms(terms, parameters)

    config: bytes32 = keccak256(abi_encode(round, msg.sender, parameters, terms))
    rounds.rounds[round].config = config
    rounds.rounds[round].operator = msg.sender
    rounds.rounds[round].parameters = parameters
    rounds.rounds[round].terms = terms
    rounds.rounds[round].bonds = packing._pair(parameters.duty_bond, 0)
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
    self._require_open(round)
    entry: signatures.SignedEntry = empty(signatures.SignedEntry)
    entry.owner = msg.sender
    entry.name = name
    entry.at_risk = at_risk
    entry.commitment = commitment
    entry.nonce = nonce
    model: bytes32 = ledger._model_of(msg.sender, name)
    fault: String[32] = self._entry_fault(round, model, entry)
    rules._require(len(fault) == 0, fault)
    self._enter(round, model, entry)


@external
def enter_many(round: uint64, entries: DynArray[signatures.SignedEntry, MAX_BATCH]):
    """
    @dev Enters models whose owners signed; anyone may hand the entries in. A bad one is skipped
         and reported.
    @param round The round, in [opens, closes).
    @param entries The signed entries.
    """
    self._require_open(round)
    config: bytes32 = rounds.rounds[round].config
    domain: bytes32 = signatures._domain(SALT)
    for entry: signatures.SignedEntry in entries:
        model: bytes32 = ledger._model_of(entry.owner, entry.name)
        fault: String[32] = ""
        if rounds._now() >= entry.deadline:
            fault = "tournament: signature expired"
        elif not signatures._is_signed(entry, domain, round, config, model):
            fault = "tournament: bad signature"
        else:
            fault = self._entry_fault(round, model, entry)
        if len(fault) == 0:
            self._enter(round, model, entry)
        else:
            log Skipped(round=round, model=model, reason=fault)


@external
def deliver(round: uint64, name: String[32], sealed: Bytes[65_536]):
    """
    @dev Delivers a sealed submission in the log, where no operator can lose it.
    @param round The round, in [opens, closes).
    @param name The caller's model.
    @param sealed The file, sealed to the operator's key.
    """
    self._require_open(round)
    rules._require(len(name) > 0, "tournament: no name")
    # what is free of stake is free of `deposit`'s gate too
    ledger._check_name(name)
    log Delivered(
        round=round,
        model=ledger._model_of(msg.sender, name),
        owner=msg.sender,
        name=name,
        sealed=sealed,
    )


@external
def record_book(round: uint64, digest: bytes32, uri: String[256]):
    """
    @dev Records the book and reserves every possible payout before any return is known.
    @param round The round, in [closes, book_by); its operator alone, once.
    @param digest The book's digest.
    @param uri Where the book is.
    """
    rules._require(msg.sender == rounds.rounds[round].operator, "tournament: not the operator")
    rules._require(rounds._status(round) == rounds.CLOSED, "tournament: no book due")
    clips: uint256[ledger.LEGS] = [
        rounds.rounds[round].terms.clip_nano, rounds.rounds[round].terms.profit_clip_nano
    ]
    total: uint256 = packing._high(rounds.rounds[round].stakes)
    # the profit leg has no threshold: all that is at risk never lowers the factor
    thresholds: uint256[ledger.LEGS] = [rounds.rounds[round].terms.threshold, total]
    factors: uint256[ledger.LEGS] = [0, 0]
    reserves: uint256[ledger.LEGS] = [0, 0]
    for leg: uint256 in range(ledger.LEGS):
        available: uint256 = self._available(round, leg)
        factors[leg] = payouts._factor(total, thresholds[leg], available, clips[leg])
        reserves[leg] = payouts._reserve(total, factors[leg], clips[leg])
        self.weeks[leg].reserved += reserves[leg]
        ledger.pool[leg] -= reserves[leg]
    rounds.rounds[round].book = digest
    rounds.rounds[round].reserves = packing._pair(reserves[STAKE], reserves[PROFIT])
    rounds.rounds[round].settling = packing._pack(
        packing.Settling(
            factors=factors,
            clips=clips,
            claim=rounds.rounds[round].parameters.claim,
            final_at=0,
            due=False,
        )
    )
    log Booked(
        round=round,
        digest=digest,
        uri=uri,
        at_risk=total,
        factor=factors[STAKE],
        profit_factor=factors[PROFIT],
        reserve=reserves[STAKE],
        profit_reserve=reserves[PROFIT],
    )


@external
def propose(round: uint64, root: bytes32, table: bytes32, targets: bytes32, uri: String[256]):
    """
    @dev Proposes a round's settlement with a bond from the caller's purse; the operator gets
         his duty bond back by it, and his first proposal fixes the targets.
    @param round The round, in [resolves, propose_by), without a proposal that is live or final;
           its operator alone until resolves + exclusive, or once he has proposed; else anyone.
    @param root Merkle root of the table's leaves.
    @param table Digest of the table.
    @param targets Digest of the targets.
    @param uri Where both are.
    """
    rules._require(rounds._status(round) == rounds.RESOLVING, "tournament: no proposal due")
    rounds._book_silence(round)
    fixed: bytes32 = rounds.rounds[round].targets
    if msg.sender == rounds.rounds[round].operator:
        rules._require(targets != empty(bytes32), "tournament: no targets")
        rules._require(
            fixed == empty(bytes32) or targets == fixed, "tournament: other targets"
        )
        rounds._end_duty(round, False)
        rounds.rounds[round].targets = targets
    else:
        # or else an arbiter alone could void the operator's root and uphold an accomplice's
        rules._require(fixed == empty(bytes32), "tournament: operator proposed")
        alone_until: uint64 = (
            rounds.rounds[round].terms.resolves + rounds.rounds[round].parameters.exclusive
        )
        rules._require(rounds._now() >= alone_until, "tournament: operator first")
    bond: uint256 = rounds._proposal_bond(round)
    ledger._take_bond(msg.sender, bond)
    rounds._propose(round, msg.sender, root, bond)
    log Proposed(
        round=round,
        proposer=msg.sender,
        root=root,
        table=table,
        targets=targets,
        uri=uri,
        bond=bond,
    )


@external
def challenge(round: uint64, root: bytes32, uri: String[256]):
    """
    @dev Disputes a proposal with a bond like its own from the caller's purse.
    @param round The round, in [proposed, proposed + challenge).
    @param root The proposal's root, so that a late call never meets another proposal.
    @param uri Where the caller's own computation is.
    """
    rules._require(rounds._status(round) == rounds.PROPOSED, "tournament: nothing to challenge")
    rules._require(root == rounds.rounds[round].root, "tournament: other root")
    rules._require(msg.sender != rounds.rounds[round].proposer, "tournament: own proposal")
    bond: uint256 = packing._low(rounds.rounds[round].bonds)
    ledger._take_bond(msg.sender, bond)
    rounds._challenge(round, msg.sender)
    log Challenged(round=round, challenger=msg.sender, root=root, uri=uri, bond=bond)


@external
def rule(round: uint64, root: bytes32, right: bool, uri: String[256]):
    """
    @dev Decides a challenge: a right proposal is final now, a wrong one void.
    @param round The round, in [challenged, challenged + ruling); its arbiter alone.
    @param root The proposal's root.
    @param right Whether it is what a recomputation gives.
    @param uri Where the recomputation is.
    """
    rules._require(
        msg.sender == rounds.rounds[round].parameters.arbiter, "tournament: not the arbiter"
    )
    rules._require(rounds._status(round) == rounds.CHALLENGED, "tournament: nothing to rule on")
    rules._require(root == rounds.rounds[round].root, "tournament: other root")
    log Ruled(round=round, root=root, right=right, uri=uri)
    if right:
        rounds._uphold(round)
    else:
        rounds._overturn(round)


@external
def settle(round: uint64, leaf: Leaf, proof: DynArray[bytes32, payouts.MAX_DEPTH]):
    """
    @dev Settles a model by its leaf; anyone may, for any model.
    @param round The round, in [final, final + claim).
    @param leaf The model's row of the table.
    @param proof The leaf's siblings upwards.
    """
    settling: packing.Settling = rounds._begin_settling(round)
    at_risk: uint256 = packing._high(ledger.locks[round][leaf.model])
    fault: String[32] = self._leaf_fault(round, settling.clips, at_risk, leaf, proof)
    rules._require(len(fault) == 0, fault)
    self._book_settled(round, self._settle(round, settling.factors, at_risk, leaf, empty(Moved)))


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
    rules._require(len(leaves) == len(proofs), "tournament: lengths differ")
    settling: packing.Settling = rounds._begin_settling(round)
    moved: Moved = empty(Moved)
    for i: uint256 in range(len(leaves), bound=MAX_BATCH):
        leaf: Leaf = leaves[i]
        at_risk: uint256 = packing._high(ledger.locks[round][leaf.model])
        fault: String[32] = self._leaf_fault(round, settling.clips, at_risk, leaf, proofs[i])
        if len(fault) == 0:
            moved = self._settle(round, settling.factors, at_risk, leaf, moved)
        else:
            log Skipped(round=round, model=leaf.model, reason=fault)
    self._book_settled(round, moved)


@external
def release(round: uint64, model: bytes32):
    """
    @dev Frees a model's whole stake without payout or burn; anyone may, for any model.
    @param round The round, abandoned or from final + claim.
    @param model The model.
    """
    rounds._begin_releasing(round)
    rules._require(self._release(round, model), "tournament: nothing locked")


@external
def release_many(round: uint64, models: DynArray[bytes32, MAX_BATCH]):
    """
    @dev Frees many models' stakes; a model without one is skipped and reported.
    @param round The round, abandoned or from final + claim.
    @param models The models.
    """
    rounds._begin_releasing(round)
    for model: bytes32 in models:
        if not self._release(round, model):
            log Skipped(round=round, model=model, reason="tournament: nothing locked")


@external
def abandon(round: uint64):
    """
    @dev Books an abandonment that facts and time have decided already; once.
    @param round The round.
    """
    rules._require(rounds._status(round) == rounds.ABANDONED, "tournament: not abandoned")
    rules._require(not rounds.rounds[round].abandoned, "tournament: booked already")
    rounds._book_abandonment(round)


@external
@view
def domain_separator() -> bytes32:
    """
    @dev The EIP-712 domain of signed entries on this chain.
    @return Its hash.
    """
    return signatures._domain(SALT)


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
def _set_operator(operator: address):
    rules._require(operator != empty(address), "tournament: no operator")
    self.operator = operator
    log OperatorSet(operator=operator)


@internal
def _set_parameters(parameters: rules.Parameters):
    rules._check_parameters(parameters)
    self.parameters = parameters
    log ParametersSet(parameters=parameters)


@internal
@view
def _require_open(round: uint64):
    rules._require(rounds._status(round) == rounds.OPEN, "tournament: not open")


@internal
@view
def _entry_fault(
    round: uint64, model: bytes32, entry: signatures.SignedEntry
) -> String[32]:
    """
    @dev What forbids an entry.
    @param round The round, open.
    @param model The entry's model.
    @param entry The entry, signed or sent by its owner.
    @return The reason; empty if nothing does.
    """
    lock: uint256 = ledger.locks[round][model]
    before: uint256 = packing._high(lock)
    if len(entry.name) == 0:
        return "tournament: no name"
    if convert(entry.nonce, uint256) <= packing._low(lock):
        return "tournament: nonce too low"
    if entry.at_risk < before:
        return "tournament: stake may not fall"
    if entry.at_risk < rounds.rounds[round].terms.smallest_stake:
        return "tournament: stake too small"
    if entry.at_risk - before > ledger.free[model]:
        return "tournament: free too small"
    return ""


@internal
def _enter(round: uint64, model: bytes32, entry: signatures.SignedEntry):
    """
    @dev Locks an entry's stake and extends the chain of entries.
    @param round The round, open.
    @param model The entry's model.
    @param entry An entry without a fault.
    """
    before: uint256 = packing._high(ledger.locks[round][model])
    if before == 0:
        rounds.rounds[round].entrants += 1
    added: uint256 = entry.at_risk - before
    head: bytes32 = keccak256(
        abi_encode(
            rounds.rounds[round].head, round, model, entry.at_risk, entry.commitment, entry.nonce
        )
    )
    rounds.rounds[round].head = head
    rounds.rounds[round].stakes += packing._pair(added, added)
    ledger._lock(round, model, added, entry.nonce)
    log Entered(
        round=round,
        model=model,
        owner=entry.owner,
        name=entry.name,
        at_risk=entry.at_risk,
        commitment=entry.commitment,
        nonce=entry.nonce,
        head=head,
    )


@internal
def _available(round: uint64, leg: uint256) -> uint256:
    """
    @dev What a pool may give to a round, by its shares a round and a week; they round down and
         lower the factor, and never revert.
    @param round The round.
    @param leg The leg.
    @return wei.
    """
    pool: uint256 = ledger.pool[leg]
    number: uint256 = block.timestamp // WEEK
    if self.weeks[leg].number != number:
        self.weeks[leg] = Week(number=number, base=pool, reserved=0)
    week: Week = self.weeks[leg]
    of_round: uint256 = pool * rounds.rounds[round].parameters.round_share_bps // rounds.BPS
    of_week: uint256 = week.base * rounds.rounds[round].parameters.week_share_bps // rounds.BPS
    # another round may have been opened with a larger share and taken more than this one's
    return min(of_round, of_week - min(of_week, week.reserved))


@internal
@view
def _leaf_fault(
    round: uint64,
    clips: uint256[ledger.LEGS],
    at_risk: uint256,
    leaf: Leaf,
    proof: DynArray[bytes32, payouts.MAX_DEPTH],
) -> String[32]:
    """
    @dev What forbids to settle a leaf. The zeroed lock is the guard against a second settlement.
    @param round The round.
    @param clips The legs' clips, NANO.
    @param at_risk What the leaf's model has locked, wei.
    @param leaf The leaf.
    @param proof Its proof.
    @return The reason; empty if nothing does.
    """
    if at_risk == 0:
        return "tournament: nothing locked"
    # min_value(int256) has no magnitude, so the bounds come first
    if not (
        payouts._is_within(leaf.return_nano, clips[STAKE])
        and payouts._is_within(leaf.profit_nano, clips[PROFIT])
    ):
        return "tournament: beyond the clip"
    node: bytes32 = payouts._leaf(round, leaf.model, leaf.return_nano, leaf.profit_nano)
    if payouts._root(node, proof) != rounds.rounds[round].root:
        return "tournament: not in the root"
    return ""


@internal
def _settle(
    round: uint64,
    factors: uint256[ledger.LEGS],
    at_risk: uint256,
    leaf: Leaf,
    moved: Moved,
) -> Moved:
    """
    @dev Pays or burns each leg and frees what is left of the stake. The sums over all leaves of
         a call are booked once, by `_book_settled`.
    @param round The round.
    @param factors The legs' factors, WAD.
    @param at_risk What the leaf's model has locked, wei.
    @param leaf A leaf without a fault.
    @param moved What the call's leaves before this one moved.
    @return What they and this one moved.
    """
    paid: uint256 = 0
    burned: uint256 = 0
    profit_paid: uint256 = 0
    profit_burned: uint256 = 0
    paid, burned = payouts._amounts(at_risk, factors[STAKE], leaf.return_nano)
    profit_paid, profit_burned = payouts._amounts(at_risk, factors[PROFIT], leaf.profit_nano)
    sums: Moved = moved
    sums.at_risk += at_risk
    sums.paid[STAKE] += paid
    sums.paid[PROFIT] += profit_paid
    paid += profit_paid
    burned += profit_burned
    sums.burned += burned
    # two clips of a quarter at most: no more burns than was at risk
    ledger.free[leaf.model] += at_risk + paid - burned
    ledger.locks[round][leaf.model] = 0
    log Settled(
        round=round,
        model=leaf.model,
        return_nano=leaf.return_nano,
        profit_nano=leaf.profit_nano,
        payout=paid,
        burn=burned,
    )
    return sums


@internal
def _book_settled(round: uint64, moved: Moved):
    """
    @dev Books what the leaves of a call moved together; the last one returns the reserves.
    @param round The round.
    @param moved The sums over the leaves.
    """
    freed: uint256 = moved.at_risk + moved.paid[STAKE] + moved.paid[PROFIT] - moved.burned
    ledger.sums += packing._pair(freed, moved.burned)
    rounds.rounds[round].reserves = packing._minus(
        rounds.rounds[round].reserves, moved.paid[STAKE], moved.paid[PROFIT]
    )
    stakes: uint256 = packing._minus(rounds.rounds[round].stakes, 0, moved.at_risk)
    rounds.rounds[round].stakes = stakes
    if packing._low(stakes) == 0:
        rounds._return_reserves(round)


@internal
def _release(round: uint64, model: bytes32) -> bool:
    amount: uint256 = rounds._unlock(round, model)
    if amount == 0:
        return False
    ledger._credit(model, amount)
    log Released(round=round, model=model, amount=amount)
    return True
