"""A round's facts, status and bounds once more, from docs/protocol.md alone: see `reference`."""

from dataclasses import dataclass, field
from typing import Any

HOUR = 3_600
DAY = 24 * HOUR
LIFE = 180 * DAY
NOBODY = "0x" + "00" * 20

# field: least and most on a public chain, least and most on a private one
PARAMETERS = {
    "exclusive": (DAY, 7 * DAY, 0, 7 * DAY),
    "challenge": (DAY, 14 * DAY, 0, 14 * DAY),
    "ruling": (2 * DAY, 30 * DAY, 0, 30 * DAY),
    "claim": (7 * DAY, 90 * DAY, 60, 90 * DAY),
    "bond_bps": (100, 2_000, 0, 2_000),
    "bond_floor": (1, 2**128 - 1, 0, 2**128 - 1),
    "duty_bond": (1, 2**128 - 1, 0, 2**128 - 1),
    "round_share_bps": (0, 1_000, 0, 2_000),
    "week_share_bps": (0, 2_000, 0, 4_000),
}

NUMBERS = {
    "none": 0,
    "scheduled": 1,
    "open": 2,
    "closed": 3,
    "booked": 4,
    "resolving": 5,
    "proposed": 6,
    "settling": 8,
    "over": 8,
    "abandoned": 9,
}
"""Each status' number; the page calls both sides of final + claim final."""


@dataclass
class Round:
    """A round's facts; amounts in wei, factors in 10^-18."""

    operator: str
    terms: Any
    parameters: Any
    duty: int
    at_risk: dict = field(default_factory=dict)
    locked: dict = field(default_factory=dict)
    nonces: dict = field(default_factory=dict)
    booked_at: int = 0
    factors: list = field(default_factory=lambda: [0, 0])
    reserves: list = field(default_factory=lambda: [0, 0])
    proposed_at: int | None = None
    proposer: str = ""
    bond: int = 0
    rows: set = field(default_factory=set)
    abandoned: bool = False

    @property
    def total(self):
        """Return T."""
        return sum(self.at_risk.values())

    def status(self, now):
        """Return the status' name: the first line of the page's table that applies."""
        t = self.terms
        lines = (
            ("scheduled", now < t.opens),
            ("open", now < t.closes),
            ("abandoned", not self.at_risk),
            ("closed", not self.booked_at and now < t.book_by),
            ("abandoned", not self.booked_at),
            ("abandoned", self.factors == [0, 0]),
            ("proposed", self.proposed_at is not None and now < self.final),
            ("settling", self.proposed_at is not None and now < self.over),
            ("over", self.proposed_at is not None),
            ("booked", now < t.resolves),
            ("resolving", now < t.propose_by),
            ("abandoned", True),
        )
        return next(name for name, holds in lines if holds)

    @property
    def fault(self):
        """Return whether the operator is to blame if the round is abandoned."""
        return bool(self.at_risk) and (not self.booked_at or self.factors != [0, 0])

    @property
    def final(self):
        """Return when the proposal is final; infinite without one."""
        if self.proposed_at is None:
            return float("inf")
        return self.proposed_at + self.parameters.challenge

    @property
    def over(self):
        """Return when the claim window ends."""
        return self.final + self.parameters.claim

    def deadlines(self):
        """Return the instants at which, as the facts stand, a call becomes legal or illegal."""
        t = self.terms
        if self.proposed_at is not None:
            return [self.final, self.over]
        if self.booked_at:
            return [t.resolves, t.resolves + self.parameters.exclusive, t.propose_by]
        return [t.opens, t.closes, t.book_by]


def parameters_are_legal(parameters, private=True):
    """Return whether the owner may set these parameters."""
    for name, bounds in PARAMETERS.items():
        least, most = bounds[2:] if private else bounds[:2]
        if not least <= getattr(parameters, name) <= most:
            return False
    return True


def terms_are_legal(terms, parameters, operator, now, private=True):
    """Return whether an address may open a round under these terms now."""
    t, p = terms, parameters
    settle_by = t.propose_by + p.challenge + p.ruling
    slot = p.exclusive + p.challenge + p.ruling + max(p.challenge, 60)
    return (
        now <= t.opens <= now + LIFE
        and t.closes - t.opens >= (60 if private else HOUR)
        and t.closes + 60 <= t.book_by <= min(t.closes + DAY, t.resolves)
        and t.resolves + slot <= t.propose_by
        and settle_by <= t.opens + LIFE
        and max(t.clip_nano, t.profit_clip_nano) * 4 <= 10**9
        and t.smallest_stake >= 1_000
        and t.threshold < 2**128
        and (p.challenge == 0 or p.arbiter not in (NOBODY, operator))
    )
