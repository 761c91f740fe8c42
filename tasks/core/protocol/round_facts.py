"""What the tournament's contract holds of a round."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tasks.core.money.units import Wei
from tasks.core.protocol.terms import Parameters, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A round's proposal; all zero where there is none, or its end is booked.

    Attributes:
        bond: what is held of each side, wei.
        final_at: when it is final, seconds since 1970; 0 if time alone never makes it so.
        rule_by: end of the time for a ruling; 0 without a challenge.
    """

    proposer: str
    challenger: str
    root: bytes
    bond: Wei
    final_at: int
    rule_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFacts:
    """Everything that the contract holds of a round; all zero for one that was never opened.

    Attributes:
        factors: WAD, of the stake leg and the profit leg.
        reserves: what is left of each leg's reserve, wei.
        locked: what of `at_risk` is not settled or released yet.
        head: hash chain over the entries.
        targets: their digest, once the operator's first proposal has fixed it.
    """

    config: bytes
    operator: str
    parameters: Parameters
    terms: Terms
    duty_bond: Wei
    entrants: int
    at_risk: Wei
    locked: Wei
    head: bytes
    book: bytes
    booked: bool
    factors: tuple[int, int]
    reserves: tuple[Wei, Wei]
    targets: bytes
    proposal: Proposal
    abandoned: bool

    @property
    def factor(self) -> int:
        """Return the stake leg's factor, WAD."""
        return self.factors[0]

    @classmethod
    def from_contract(cls, values: Mapping[str, Any]) -> Self:
        """Return the contract's struct `Facts` as a record."""
        return cls(
            **{
                **values,
                "parameters": Parameters(**values["parameters"]),
                "terms": Terms(**values["terms"]),
                "proposal": Proposal(**values["proposal"]),
            }
        )
