"""The rules that an operator chooses for a tournament, and the defaults of a replay."""

from dataclasses import dataclass
from typing import Any

from tasks.core.errors import InputError
from tasks.core.money.units import WAD, Wei

SCORING_VERSION = "2"
"""Changes whenever a published score could change."""

OVERLAP = 6
"""Rounds in flight with weekly eras and 20-day targets; also the lag of the HAC errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRule:
    """What a round pays for: named scores and their multipliers, in nano."""

    multipliers_nano: tuple[tuple[str, int], ...] = (("corr", 500_000_000), ("bmc", 500_000_000))
    target: str = "20d1l"
    profit_k_nano: int = 0
    price_source: str = "panel"
    opening: str = "public"

    def document(self) -> dict[str, Any]:
        """Return the rule as the published document whose digest is the terms' `scoring`."""
        return {
            "multipliers_nano": dict(self.multipliers_nano),
            "opening": self.opening,
            "price_source": self.price_source,
            "profit_k_nano": self.profit_k_nano,
            "scoring_version": SCORING_VERSION,
            "target": self.target,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "ScoringRule":
        """Read a published rule.

        Raises:
            InputError: if it was made for another scoring version.
        """
        if document["scoring_version"] != SCORING_VERSION:
            raise InputError(
                f"the round was scored by version {document['scoring_version']}, "
                f"this program scores by version {SCORING_VERSION}"
            )
        return cls(
            multipliers_nano=tuple(sorted(document["multipliers_nano"].items())),
            target=document["target"],
            profit_k_nano=document["profit_k_nano"],
            price_source=document["price_source"],
            opening=document["opening"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Economy:
    """Amounts of a new local tournament, in wei; rates in nano."""

    supply: Wei = Wei(1_000_000 * WAD)
    cap: Wei = Wei(2_000_000 * WAD)
    yearly_bps: int = 200
    stake_pool: Wei = Wei(50_000 * WAD)
    deposit: Wei = Wei(1_000 * WAD)
    threshold: Wei = Wei(2_000 * WAD)
    smallest_stake: Wei = Wei(WAD)
    gas: Wei = Wei(10 * WAD)
    clip_nano: int = 250_000_000
    profit_clip_nano: int = 50_000_000
    round_share_bps: int = 2_000
    week_share_bps: int = 4_000
    claim_s: int = 14 * 86_400
    propose_window_s: int = 86_400
