"""The payout rule of a table of scored entries, as a config, in the engine's own integers."""

from dataclasses import dataclass
from enum import StrEnum

from tasks.core.errors import InputError
from tasks.core.money import payouts
from tasks.core.money.units import NANO, WAD, Wei

_SCALE = NANO * WAD


class FactorPlace(StrEnum):
    """Where a round's factor stands."""

    INSIDE = "inside"
    """clip(factor * x): the public tournament's rule of its rounds 225 to 277."""
    OUTSIDE = "outside"
    """factor * clip(x): this project's own rule, whose reserve follows from factor and clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model's scores and stake in one round."""

    scores_nano: tuple[int, ...]
    multipliers_nano: tuple[int, ...]
    factor_wad: int
    at_risk: Wei


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an entry earned or lost."""

    return_nano: int
    clipped: bool
    payout: Wei
    burn: Wei

    @property
    def change(self) -> int:
        """Return payout minus burn, wei: what the entry changed the stake by."""
        return self.payout - self.burn


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRule:
    """What entries are paid for, and how.

    The defaults are the rule by which the public tournament paid its rounds 225 to 277:
    stake * clip(factor * (corr * corr_multiplier + mmc * mmc_multiplier), -0.25, 0.25).
    """

    scores: tuple[str, ...] = ("corr", "mmc")
    missing_nano: tuple[int, ...] = (NANO, 0)
    """What a multiplier counts as that an entry does not have, one a score."""
    clip_nano: int = NANO // 4
    factor: FactorPlace = FactorPlace.INSIDE

    def __post_init__(self) -> None:
        """Check the rule.

        Raises:
            InputError: if the clip is outside (0, 1] or a score lacks its missing multiplier.
        """
        if not 0 < self.clip_nano <= NANO:
            raise InputError(f"clip {self.clip_nano / NANO:g} must lie in (0, 1]")
        if len(self.scores) != len(self.missing_nano):
            raise InputError(f"{len(self.missing_nano)} multipliers for {len(self.scores)} scores")

    def settle(self, entry: Entry) -> Outcome:
        """Return what an entry earned or lost.

        The return is rounded half away from zero, the payout down and the burn up.

        Raises:
            InputError: if the entry's scores, multipliers or factor do not fit the rule.
        """
        if not len(entry.scores_nano) == len(entry.multipliers_nano) == len(self.scores):
            raise InputError(f"an entry needs a score and a multiplier for {self.scores}")
        if not 0 <= entry.factor_wad <= WAD:
            raise InputError(f"factor {entry.factor_wad} wad is outside [0, 1]")
        inside = self.factor is FactorPlace.INSIDE
        unclipped = _return_nano(entry, entry.factor_wad if inside else WAD)
        clipped = max(-self.clip_nano, min(unclipped, self.clip_nano))
        factor_wad = WAD if inside else entry.factor_wad
        return Outcome(
            return_nano=clipped,
            clipped=clipped != unclipped,
            payout=payouts.payout(entry.at_risk, factor_wad, clipped),
            burn=payouts.burn(entry.at_risk, factor_wad, clipped),
        )


def _return_nano(entry: Entry, factor_wad: int) -> int:
    """Return a factor times the multiplied scores, rounded once, half away from zero."""
    pairs = zip(entry.multipliers_nano, entry.scores_nano, strict=True)
    product = factor_wad * sum(multiplier * score for multiplier, score in pairs)
    magnitude = (abs(product) + _SCALE // 2) // _SCALE
    return magnitude if product >= 0 else -magnitude
