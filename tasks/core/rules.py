"""The rules that an operator chooses for a tournament, and the defaults of a replay."""

from dataclasses import dataclass
from typing import Self

from tasks.core import wording
from tasks.core.errors import InputError
from tasks.core.money.units import WAD, Wei
from tasks.core.protocol.documents import fields as kinds
from tasks.core.protocol.documents.fields import Document, Fields, Json
from tasks.core.scoring import registry

SCORING_VERSION = "2"
"""Changes whenever a published score could change."""

OVERLAP = 6
"""Rounds in flight with weekly eras and 20-day targets; also the lag of the HAC errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringRule(Document):
    """What a round pays for: named scores and their multipliers, in nano.

    One of another scoring version can be read and published, but nothing follows from it here.

    Raises:
        InputError: if it pays for a score that `registry` does not have.
    """

    multipliers_nano: tuple[tuple[str, int], ...] = (("corr", 500_000_000), ("bmc", 500_000_000))
    target: str = "20d1l"
    profit_k_nano: int = 0
    price_source: str = "panel"
    opening: str = "public"
    scoring_version: str = SCORING_VERSION

    def __post_init__(self) -> None:
        if self.scoring_version == SCORING_VERSION:
            for name, _ in self.multipliers_nano:
                if name not in registry.names():
                    known = ", ".join(registry.names())
                    raise InputError(f"no score is called {wording.plain(name)!r}: it is {known}")

    def require_version(self) -> None:
        """Refuse to compute by a rule of another scoring version.

        Raises:
            InputError: that names both.
        """
        if self.scoring_version != SCORING_VERSION:
            raise InputError(
                f"the round was scored by version {self.scoring_version}, "
                f"this program scores by version {SCORING_VERSION}"
            )

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """Read a published rule."""
        multipliers = fields.named("multipliers_nano", kinds.signed)
        return cls(
            multipliers_nano=tuple(sorted(multipliers.items())),
            target=fields.text("target"),
            profit_k_nano=fields.whole("profit_k_nano"),
            price_source=fields.text("price_source"),
            opening=fields.text("opening"),
            scoring_version=fields.text("scoring_version"),
        )

    def to_document(self) -> Json:
        """Return the rule as the published document whose digest is the terms' `scoring`."""
        return {
            "multipliers_nano": dict(self.multipliers_nano),
            "opening": self.opening,
            "price_source": self.price_source,
            "profit_k_nano": self.profit_k_nano,
            "scoring_version": self.scoring_version,
            "target": self.target,
        }


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
