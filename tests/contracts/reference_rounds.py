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
    "challenged": 7,
    "settling": 8,
    "over": 8,
    "abandoned": 9,
}
"""Each status' number; the page calls both sides of final + claim final."""


class Illegal(Exception):
    """The rules forbid the call; the text is the reason where the page gives one."""


@dataclass
class Proposal:
    """A proposed table and what was said of it; `bond` is what each side laid down and is due."""

    proposer: str
    rows: frozenset
    bond: int
    at: int
    challenger: str = ""
    challenged_at: int | None = None
    right_at: int | None = None

    @property
    def held(self):
        """Return the bonds that the contract holds for it."""
        return self.bond * (2 if self.challenger else 1)


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
    # what the operator's first proposal fixed
    targets: bytes | None = None
    # the last one, until a verdict against it or the arbiter's silence is booked
    proposal: Proposal | None = None
    abandoned: bool = False

    @property
    def total(self):
        """Return T."""
        return sum(self.at_risk.values())

    @property
    def bond(self):
        """Return the bonds held for a proposal."""
        return self.proposal.held if self.proposal else 0

    def status(self, now):
        """Return the status' name: the first line of the page's table that applies."""
        t, unbooked = self.terms, not self.booked_at
        disputed = self.proposal is not None and self.proposal.challenged_at is not None
        lines = (
            ("scheduled", unbooked and now < t.opens),
            ("open", unbooked and now < t.closes),
            ("abandoned", unbooked and not self.at_risk),
            ("closed", unbooked and now < t.book_by),
            ("abandoned", unbooked),
            ("proposed", self.final is not None and now < self.final),
            ("settling", self.final is not None and now < self.over),
            ("over", self.final is not None),
            ("challenged", disputed and now < self.rule_by),
            ("abandoned", self.factors == [0, 0]),
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
        """Return when the proposal is final, as things stand; None if it is in dispute or void."""
        if self.proposal is None:
            return None
        if self.proposal.challenged_at is not None:
            return self.proposal.right_at
        return self.proposal.at + self.parameters.challenge

    @property
    def rule_by(self):
        """Return when the arbiter's silence ends a challenge."""
        return self.proposal.challenged_at + self.parameters.ruling

    @property
    def over(self):
        """Return when the claim window ends."""
        return self.final + self.parameters.claim

    def is_silent(self, now):
        """Return whether a challenge ended without a ruling, and no call has booked it yet."""
        disputed = self.proposal is not None and self.proposal.challenged_at is not None
        return disputed and self.final is None and now >= self.rule_by

    def deadlines(self):
        """Return the instants at which, as the facts stand, a call becomes legal or illegal."""
        t = self.terms
        if self.final is not None:
            return [self.final, self.over]
        if not self.booked_at:
            return [t.opens, t.closes, t.book_by]
        rulings = [self.rule_by] if self.proposal else []
        return [t.resolves, t.resolves + self.parameters.exclusive, t.propose_by, *rulings]


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


def up(number, divisor):
    """Return the quotient rounded up."""
    return -(-number // divisor)


def require(legal, reason=""):
    """Refuse what the rules forbid."""
    if not legal:
        raise Illegal(reason)
