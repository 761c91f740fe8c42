# pragma version 0.4.3
"""
@title What the tournament should hold
@license Apache-2.0
@notice The players' own accounts of everybody's money, kept from the rules of docs/protocol.md
        and the calls that landed, and flags for what must never happen. Rounds are numbered
        from 1; where a person may be missing, people are counted from 1 too.
"""

from contracts import rounds
from contracts import rules
from tests.invariants.parts import world

uses: world

MAX_ROUNDS: constant(uint256) = 10
SCALE: constant(uint256) = 10**27
BPS: constant(uint256) = 10_000
LEGS: constant(uint256) = 2

# subjects of flags
LOSSES: constant(uint256) = 0
STATUSES: constant(uint256) = 1
DUE: constant(uint256) = 2  # a legal call was refused, or an illegal one landed
SUBJECTS: constant(uint256) = 3

# status => statuses that may follow, as bits: by time alone, and by a call
BY_TIME: constant(uint256[10]) = [
    0,
    2**2 + 2**3 + 2**9,
    2**3 + 2**9,
    2**9,
    2**5 + 2**9,
    2**9,
    2**8,
    2**5 + 2**9,
    0,
    0,
]
BY_CALL: constant(uint256[10]) = [
    2**1 + 2**2,
    0,
    0,
    2**4 + 2**9,
    0,
    2**6 + 2**8,
    2**5 + 2**7 + 2**9,
    2**5 + 2**8 + 2**9,
    0,
    0,
]

opened: public(uint256)
next_operator: uint256
# person => wei
free: public(uint256[world.PEOPLE])
purse: public(uint256[world.PEOPLE])
# round => person => wei; the last entry's nonce; how often his stake came back
lock: HashMap[uint256, uint256[world.PEOPLE]]
nonce: HashMap[uint256, uint64[world.PEOPLE]]
ends: HashMap[uint256, uint256[world.PEOPLE]]
at_risk: public(HashMap[uint256, uint256])
smallest: HashMap[uint256, uint256]
# round => person, from 1
operator: HashMap[uint256, uint256]
proposer: HashMap[uint256, uint256]
challenger: HashMap[uint256, uint256]
# round => wei, of each side
duty: public(HashMap[uint256, uint256])
bond: public(HashMap[uint256, uint256])
abandoned: public(HashMap[uint256, bool])
# round => leg => wei
reserved: public(HashMap[uint256, uint256[LEGS]])
paid: public(HashMap[uint256, uint256[LEGS]])
# round => as seen after the last call or wait; end of the claims once it is final
status: public(HashMap[uint256, uint256])
claim_ends: HashMap[uint256, uint256]
root: HashMap[uint256, bytes32]
head: public(HashMap[uint256, bytes32])
targets: public(HashMap[uint256, bytes32])
fixed: public(HashMap[uint256, bytes32])
# round => person => leg => return of the proposal that was made last
rates: HashMap[uint256, int256[LEGS][world.PEOPLE]]
# leg => wei
funded: public(uint256[LEGS])
all_paid: public(uint256[LEGS])
# leg => the last week with a book, the pool before its first one, what its books reserved
week: uint256[LEGS]
week_base: uint256[LEGS]
week_reserved: uint256[LEGS]
# wei
burned: public(uint256)
swept: public(uint256)
minted: public(uint256)
destroyed: public(uint256)
donated: public(uint256)
# subject => the first breach of it; empty while there is none
flags: public(HashMap[uint256, String[64]])


@external
@view
def stakes(
    round: uint256
) -> (uint256[world.PEOPLE], uint64[world.PEOPLE], uint256[world.PEOPLE]):
    """
    @dev What everybody should have in a round.
    @param round The round.
    @return By person: his lock, his last nonce, and how often his stake came back.
    """
    return self.lock[round], self.nonce[round], self.ends[round]


@internal
def _require(held: bool, subject: uint256, breach: String[64]):
    """
    @dev Raises a subject's flag if something does not hold; the first breach stays.
    @param held What has to hold.
    @param subject The subject.
    @param breach What happened otherwise.
    """
    if not held and len(self.flags[subject]) == 0:
        self.flags[subject] = breach


@internal
def _open(
    round: uint256, operator: uint256, terms: rules.Terms, parameters: rules.Parameters
):
    """
    @dev Notes a round that was opened now.
    @param round The round.
    @param operator Who opened it.
    @param terms His terms.
    @param parameters Those of the moment.
    """
    who: address = world.people[operator]
    config: bytes32 = keccak256(abi_encode(round, who, parameters, terms))
    self.opened = round
    self.operator[round] = operator + 1
    self.duty[round] = parameters.duty_bond
    self.purse[operator] -= parameters.duty_bond
    self.smallest[round] = terms.smallest_stake
    self.fixed[round] = keccak256(abi_encode(config, who, parameters, terms))


@internal
def _enter(round: uint256, person: uint256, at_risk: uint256, nonce: uint64):
    added: uint256 = at_risk - self.lock[round][person]
    self.head[round] = keccak256(
        abi_encode(
            self.head[round], round, world.models[person], at_risk, world.COMMITMENT, nonce
        )
    )
    self.lock[round][person] = at_risk
    self.nonce[round][person] = nonce
    self.free[person] -= added
    self.at_risk[round] += added


@internal
@view
def _may_enter(round: uint256, person: uint256, at_risk: uint256, nonce: uint64) -> bool:
    before: uint256 = self.lock[round][person]
    return (
        nonce > self.nonce[round][person]
        and at_risk >= before
        and at_risk >= self.smallest[round]
        and at_risk - before <= self.free[person]
    )


@internal
def _book(round: uint256):
    """
    @dev Notes what a book reserved: all that can be paid, and no more than the pool's shares.
    @param round The round, booked now.
    """
    facts: rounds.Facts = world._facts(convert(round, uint64))
    self.reserved[round] = facts.reserves
    clips: uint256[LEGS] = [facts.terms.clip_nano, facts.terms.profit_clip_nano]
    total: uint256 = self.at_risk[round]
    for leg: uint256 in range(LEGS):
        reserve: uint256 = facts.reserves[leg]
        before: uint256 = world._pool(leg) + reserve
        if self.week[leg] != block.timestamp // 604_800:
            self.week[leg] = block.timestamp // 604_800
            self.week_base[leg] = before
            self.week_reserved[leg] = 0
        self.week_reserved[leg] += reserve
        of_round: uint256 = before * facts.parameters.round_share_bps
        of_week: uint256 = self.week_base[leg] * facts.parameters.week_share_bps
        self._require(
            reserve == total * facts.factors[leg] * clips[leg] // SCALE, LOSSES, "a reserve"
        )
        self._require(
            reserve == 0
            or (reserve * BPS <= of_round and self.week_reserved[leg] * BPS <= of_week),
            LOSSES,
            "a reserve beyond the pool's shares",
        )
    self._require(
        total * facts.factors[0] <= facts.terms.threshold * 10**18, LOSSES, "a factor too large"
    )


@internal
def _settle(round: uint256, person: uint256):
    """
    @dev Pays or burns each leg of the person's row and frees the rest.
    @param round The round.
    @param person Whose leaf was settled.
    """
    facts: rounds.Facts = world._facts(convert(round, uint64))
    stake: uint256 = self.lock[round][person]
    back: uint256 = stake
    for leg: uint256 in range(LEGS):
        rate: int256 = self.rates[round][person][leg]
        exact: uint256 = stake * facts.factors[leg] * convert(abs(rate), uint256)
        amount: uint256 = exact // SCALE
        if rate >= 0:
            back += amount
            self.paid[round][leg] += amount
            self.all_paid[leg] += amount
        else:
            if exact % SCALE > 0:
                amount += 1
            back -= amount
            self.burned += amount
    self.free[person] += back
    self._end(round, person)


@internal
def _check_bounds(round: uint256, stake: uint256, back: uint256):
    """
    @dev What a settlement gave back lies within the clips of both legs, scaled by the factors.
    @param round The round.
    @param stake What was locked, wei.
    @param back What became free, wei.
    """
    facts: rounds.Facts = world._facts(convert(round, uint64))
    clips: uint256[LEGS] = [facts.terms.clip_nano, facts.terms.profit_clip_nano]
    most: uint256 = 0
    roundings: uint256 = 0
    for leg: uint256 in range(LEGS):
        exact: uint256 = stake * facts.factors[leg] * clips[leg]
        most += exact // SCALE
        roundings += 1 if exact % SCALE > 0 else 0
    self._require(back + most + roundings >= stake, LOSSES, "lost more than the clips")
    self._require(back <= stake + most, LOSSES, "got more than the clips")


@internal
def _release(round: uint256, person: uint256):
    self.free[person] += self.lock[round][person]
    self._end(round, person)


@internal
def _end(round: uint256, person: uint256):
    self._require(self.lock[round][person] > 0, DUE, "nothing was locked")
    self.lock[round][person] = 0
    self.nonce[round][person] = 0
    self.ends[round][person] += 1


@internal
def _watch(by_time: bool):
    """
    @dev Follows the statuses of rounds that have not ended; `invariant_statuses` sees that the
         others stay as they are.
    @param by_time Whether time has passed since the last look; else a call was made.
    """
    for i: uint256 in range(self.opened, bound=MAX_ROUNDS):
        round: uint256 = i + 1
        before: uint256 = self.status[round]
        if before == rounds.FINAL or before == rounds.ABANDONED:
            continue
        after: uint256 = world._status(convert(round, uint64))
        if after != before:
            legal: uint256 = BY_TIME[before] if by_time else BY_CALL[before]
            self._require((legal >> after) & 1 == 1, STATUSES, "an illegal step of a status")
            self.status[round] = after
        if after == rounds.FINAL:
            facts: rounds.Facts = world._facts(convert(round, uint64))
            ends: uint64 = facts.proposal.final_at + facts.parameters.claim
            self.claim_ends[round] = convert(ends, uint256)
