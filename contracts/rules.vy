# pragma version 0.4.3
"""
@title Rules of a round
@license Apache-2.0
@notice What a round copies when it opens, and the bounds that no operator and no owner can leave.
"""


struct Parameters:
    arbiter: address
    exclusive: uint64  # seconds from `resolves` in which the operator alone may propose
    challenge: uint64  # seconds from a proposal until it is final
    ruling: uint64  # seconds that the arbiter has after a challenge
    claim: uint64  # seconds from finality in which leaves are settled
    bond_bps: uint256  # a proposal's bond, of at risk + reserves
    bond_floor: uint256  # its least amount, wei
    duty_bond: uint256  # the operator's bond a round, wei
    round_share_bps: uint256  # most of a pool that one round may reserve
    week_share_bps: uint256  # most of a pool that the books of one week may reserve


struct Terms:
    opens: uint64
    closes: uint64
    book_by: uint64
    resolves: uint64
    propose_by: uint64
    threshold: uint256  # stake beyond which the factor falls below 1, wei
    smallest_stake: uint256  # wei
    clip_nano: uint256
    profit_clip_nano: uint256
    key: bytes32  # the operator's X25519 key, to which submissions are sealed
    data: bytes32  # digest of the live data's manifest
    id_map: bytes32  # salted hash of the id-to-asset map
    scoring: bytes32  # digest of multipliers, k, price source and opening rule


# keeps amount * WAD * NANO far below 2**256
MAX_AMOUNT: constant(uint256) = 2**128 - 1
MAX_CLIP: constant(uint256) = 250_000_000
# a burn rounds up in both legs: this much keeps two clips and two wei below the stake
MIN_STAKE: constant(uint256) = 1_000

MINUTE: constant(uint64) = 60
HOUR: constant(uint64) = 3_600
DAY: constant(uint64) = 86_400
MAX_LIFE: constant(uint64) = 180 * 86_400
# private chain ids are 0x455200000000 to 0x4552ffffffff; this is 0x4552
PRIVATE_CHAINS: constant(uint256) = 17_746


@internal
@pure
def _require(holds: bool, reason: String[32]):
    """
    @dev Reverts with a reason. One place for all: an `assert` with a reason of its own is 50 bytes
         of code longer each time, and a contract has 24,576.
    @param holds What must hold.
    @param reason What is wrong if it does not.
    """
    assert holds, reason


@internal
@view
def _is_private() -> bool:
    return chain.id >> 32 == PRIVATE_CHAINS


@internal
@view
def _check_parameters(parameters: Parameters):
    """
    @dev Windows and bonds may vanish, and shares be wider, on a private chain only.
    @param parameters What rounds are to copy.
    """
    wide: bool = self._is_private()
    self._require(
        self._is_between(parameters.exclusive, 0 if wide else DAY, 7 * DAY)
        and self._is_between(parameters.challenge, 0 if wide else DAY, 14 * DAY)
        and self._is_between(parameters.ruling, 0 if wide else 2 * DAY, 30 * DAY)
        and self._is_between(parameters.claim, MINUTE if wide else 7 * DAY, 90 * DAY),
        "tournament: bad windows",
    )
    self._require(
        parameters.bond_bps <= 2_000
        and parameters.bond_floor <= MAX_AMOUNT
        and parameters.duty_bond <= MAX_AMOUNT,
        "tournament: bad bonds",
    )
    self._require(
        wide
        or (
            parameters.bond_bps >= 100
            and parameters.bond_floor > 0
            and parameters.duty_bond > 0
        ),
        "tournament: bad bonds",
    )
    self._require(
        parameters.round_share_bps <= (2_000 if wide else 1_000)
        and parameters.week_share_bps <= (4_000 if wide else 2_000),
        "tournament: bad shares",
    )


@internal
@view
def _check_terms(terms: Terms, parameters: Parameters):
    """
    @dev Leaves room for a proposal, its challenge and its ruling, and after a wrong one for
         another, before settle_by = propose_by + challenge + ruling.
    @param terms The terms of a round to be opened.
    @param parameters What the round copies.
    """
    now: uint64 = convert(block.timestamp, uint64)
    entry: uint64 = MINUTE if self._is_private() else HOUR
    ruled: uint64 = parameters.challenge + parameters.ruling
    slot: uint64 = parameters.exclusive + ruled + max(parameters.challenge, MINUTE)
    # each date is bounded from above before it is added to, so that no sum overflows
    self._require(self._is_between(terms.opens, now, now + MAX_LIFE), "tournament: bad opening")
    latest: uint64 = terms.opens + MAX_LIFE - ruled
    self._require(terms.propose_by <= latest, "tournament: life too long")
    self._require(
        terms.resolves <= latest and terms.resolves + slot <= terms.propose_by,
        "tournament: no time to propose",
    )
    self._require(terms.book_by <= terms.resolves, "tournament: book too late")
    self._require(
        terms.closes <= latest
        and self._is_between(terms.book_by, terms.closes + MINUTE, terms.closes + DAY),
        "tournament: bad book window",
    )
    self._require(terms.closes >= terms.opens + entry, "tournament: bad entry window")
    self._require(terms.threshold <= MAX_AMOUNT, "tournament: bad threshold")
    self._require(terms.smallest_stake >= MIN_STAKE, "tournament: bad smallest stake")
    self._require(
        terms.clip_nano <= MAX_CLIP and terms.profit_clip_nano <= MAX_CLIP, "tournament: bad clip"
    )


@internal
@pure
def _is_between(number: uint64, least: uint64, most: uint64) -> bool:
    return number >= least and number <= most
