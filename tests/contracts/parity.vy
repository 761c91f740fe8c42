# pragma version 0.4.3
"""
@title Payout arithmetic by the batch
@license Apache-2.0
@notice What tests compare with Python's integers: the contract's own module, many cases a call.
"""

from contracts import payouts


struct Rate:
    at_risk: uint256  # wei
    factor: uint256  # WAD
    rate: int256  # a return, NANO


struct Leg:
    total: uint256  # wei
    threshold: uint256  # wei
    available: uint256  # wei
    clip: uint256  # NANO


@external
@pure
def payouts_and_burns(cases: DynArray[Rate, 500]) -> DynArray[uint256[2], 500]:
    """
    @notice Both amounts of each case.
    @param cases The cases.
    @return [payout, burn] of each, wei.
    """
    results: DynArray[uint256[2], 500] = []
    for case: Rate in cases:
        payout: uint256 = 0
        burn: uint256 = 0
        payout, burn = payouts._amounts(case.at_risk, case.factor, case.rate)
        results.append([payout, burn])
    return results


@external
@pure
def factors_and_reserves(cases: DynArray[Leg, 500]) -> DynArray[uint256[2], 500]:
    """
    @notice What a leg is booked with.
    @param cases The cases.
    @return [factor in WAD, reserve in wei] of each.
    """
    results: DynArray[uint256[2], 500] = []
    for case: Leg in cases:
        factor: uint256 = payouts._factor(
            case.total, case.threshold, case.available, case.clip
        )
        results.append([factor, payouts._reserve(case.total, factor, case.clip)])
    return results
