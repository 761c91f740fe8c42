"""Returns, payouts, burns, factors and reserves: the contract's integers, to the wei.

A return, a clip and a multiplier are in NANO, a factor in WAD, an amount in wei.
"""

from collections.abc import Sequence

from tasks.core.errors import InputError
from tasks.core.money.units import NANO, WAD, Wei

BPS = 10_000
"""A share of 1 in basis points."""

MAX_CLIP_NANO = NANO // 4
"""No round may set a wider clip, so that both legs together never burn more than half a stake."""

_SCALE = WAD * NANO


def return_nano(multipliers_nano: Sequence[int], scores_nano: Sequence[int], clip_nano: int) -> int:
    """Return what the scores make of one token at risk, rounded half away from zero and clipped.

    It is odd in the scores, so that a p / 1-p pair cancels.

    Args:
        multipliers_nano: one multiplier a score.
        scores_nano: the scores, in the same order.
        clip_nano: the largest magnitude of a return, not negative.

    Raises:
        InputError: if the lengths differ or the clip is negative.

    Source: docs/protocol.md, "Returns".
    """
    if len(multipliers_nano) != len(scores_nano):
        raise InputError(f"{len(multipliers_nano)} multipliers for {len(scores_nano)} scores")
    if clip_nano < 0:
        raise InputError(f"clip {clip_nano} nano is negative")
    product = sum(m * s for m, s in zip(multipliers_nano, scores_nano, strict=True))
    magnitude = min((abs(product) + NANO // 2) // NANO, clip_nano)
    return magnitude if product >= 0 else -magnitude


def payout(at_risk: Wei, factor_wad: int, rate_nano: int) -> Wei:
    """Return what a positive return pays, rounded down, against the model; else 0."""
    return Wei(at_risk * factor_wad * max(rate_nano, 0) // _SCALE)


def burn(at_risk: Wei, factor_wad: int, rate_nano: int) -> Wei:
    """Return what a negative return burns, rounded up, against the model; else 0."""
    return Wei(-(at_risk * factor_wad * min(rate_nano, 0) // _SCALE))


def factor(total: Wei, available: Wei, clip_nano: int, threshold: Wei | None) -> int:
    """Return a leg's factor in WAD, rounded down, so that the pool suffices for any returns.

    Args:
        total: all at risk in the round, above 0.
        available: what the pool may give.
        clip_nano: the leg's clip; 0 switches the leg off.
        threshold: stake beyond which the factor falls below 1; None for the profit leg.

    Raises:
        InputError: if nothing is at risk.

    Source: docs/protocol.md, "Factor and reserve".
    """
    if total <= 0:
        raise InputError(f"a round with {total} wei at risk has no factor")
    if clip_nano == 0:
        return 0
    scarce = available * _SCALE // (clip_nano * total)
    capped = WAD if threshold is None else min(WAD, threshold * WAD // total)
    return min(capped, scarce)


def reserve(total: Wei, factor_wad: int, clip_nano: int) -> Wei:
    """Return the most that all payouts of a leg can reach together, rounded down."""
    return Wei(total * factor_wad * clip_nano // _SCALE)


def available(
    pool: Wei, round_share_bps: int, week_base: Wei, week_share_bps: int, week_reserved: Wei
) -> Wei:
    """Return what a round may reserve from a pool, each share rounded down.

    Args:
        pool: the pool at this book.
        round_share_bps: the round's share of it.
        week_base: the pool before the first book of the week.
        week_share_bps: the share of that base for all books of the week.
        week_reserved: what the week's earlier books reserved.

    Source: docs/protocol.md, "Factor and reserve".
    """
    of_round = pool * round_share_bps // BPS
    of_week = week_base * week_share_bps // BPS
    return Wei(min(of_round, max(0, of_week - week_reserved)))


def proposal_bond(total: Wei, reserves: Wei, bond_bps: int, bond_floor: Wei) -> Wei:
    """Return the bond of a proposal, its share rounded up, against the proposer.

    Args:
        total: all at risk in the round.
        reserves: both legs' reserves.
        bond_bps: the share of their sum.
        bond_floor: the least bond.
    """
    return Wei(max(bond_floor, -(-(total + reserves) * bond_bps // BPS)))
