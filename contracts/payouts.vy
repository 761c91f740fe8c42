# pragma version 0.4.3
"""
@title Payout arithmetic
@license Apache-2.0
@notice A leg's factor and reserve, a row's payout and burn, and the leaf that proves the row.
        Magnitudes are unsigned and each amount is one division, because `//` truncates.
"""

WAD: constant(uint256) = 10**18
NANO: constant(uint256) = 10**9
MAX_DEPTH: constant(uint256) = 32


@internal
@pure
def _factor(total: uint256, threshold: uint256, available: uint256, clip: uint256) -> uint256:
    """
    @dev What scales a leg's payouts and burns alike; rounds down, so that the pool suffices.
    @param total All at risk in the round, above 0, wei.
    @param threshold Stake beyond which the factor falls below 1, wei.
    @param available What the pool may give, wei.
    @param clip The leg's clip, NANO; 0 switches the leg off.
    @return At most WAD.
    """
    if clip == 0:
        return 0
    scarce: uint256 = available * WAD * NANO // (clip * total)
    return min(WAD, min(threshold * WAD // total, scarce))


@internal
@pure
def _reserve(total: uint256, factor: uint256, clip: uint256) -> uint256:
    """
    @dev What all payouts together can reach: each rounds down, so one division of the sum does.
    @param total All at risk in the round, wei.
    @param factor The leg's factor, at most WAD.
    @param clip The leg's clip, NANO.
    @return wei.
    """
    return total * factor * clip // (WAD * NANO)


@internal
@pure
def _amounts(at_risk: uint256, factor: uint256, rate: int256) -> (uint256, uint256):
    """
    @dev What a return pays or burns. Both round against the model, a payout down and a burn up,
         so that splitting a stake never saves a wei.
    @param at_risk The stake locked in the round, wei.
    @param factor The leg's factor, at most WAD.
    @param rate The return, in [-clip, clip], NANO.
    @return The payout and the burn, wei; one of them is 0.
    """
    if rate < 0:
        loss: uint256 = convert(-rate, uint256)
        return 0, (at_risk * factor * loss + WAD * NANO - 1) // (WAD * NANO)
    return at_risk * factor * convert(rate, uint256) // (WAD * NANO), 0


@internal
@pure
def _is_within(rate: int256, clip: uint256) -> bool:
    """
    @dev Whether a return lies in [-clip, clip]; to be asked before its magnitude is taken, for
         min_value(int256) has none.
    @param rate The return, NANO.
    @param clip The clip, NANO.
    @return True if it does.
    """
    bound: int256 = convert(clip, int256)
    return rate >= -bound and rate <= bound


@internal
@pure
def _leaf(round: uint64, model: bytes32, return_nano: int256, profit_nano: int256) -> bytes32:
    """
    @dev Hashes a row twice, so that no inner node can pass for a leaf.
    @param round The round.
    @param model The model.
    @param return_nano The stake leg's return.
    @param profit_nano The profit leg's return.
    @return The leaf.
    """
    return keccak256(keccak256(abi_encode(round, model, return_nano, profit_nano)))


@internal
@pure
def _root(leaf: bytes32, proof: DynArray[bytes32, MAX_DEPTH]) -> bytes32:
    """
    @dev Climbs from a leaf; each pair is hashed in ascending order.
    @param leaf The leaf.
    @param proof Its siblings upwards; a level where it has none is left out.
    @return The root that the proof leads to.
    """
    node: bytes32 = leaf
    for sibling: bytes32 in proof:
        if convert(node, uint256) < convert(sibling, uint256):
            node = keccak256(abi_encode(node, sibling))
        else:
            node = keccak256(abi_encode(sibling, node))
    return node
