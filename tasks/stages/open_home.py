"""The operator's home: everything that a step of a round works with."""

from dataclasses import dataclass
from typing import Literal

from tasks.adapters.chain.connection import Chain
from tasks.adapters.cluster import Executor
from tasks.adapters.journal import Journal
from tasks.adapters.keys import SealingKey, Signer
from tasks.adapters.lake import Lake
from tasks.core.data.pace import Pace
from tasks.core.rules import Economy, ScoringRule

Approval = Literal["required", "auto"]
"""Whether a person looks at a table before its root is proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How a home's rounds run.

    Attributes:
        pace: of a live market; None where a driver moves the clock.
        approval: of settlements.
        opening: what is published of a resolved round's predictions.
    """

    pace: Pace | None = None
    approval: Approval = "auto"
    opening: str = "public"


REPLAY = Mode()
"""A replay's mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHome:
    """Stores, chain, keys and rules of one home, as its operator holds them."""

    lake: Lake
    vault: Lake
    chain: Chain
    journal: Journal
    executor: Executor
    operator: Signer
    keeper: Signer
    sealing_key: SealingKey
    id_map_secret: bytes
    rule: ScoringRule
    economy: Economy
    mode: Mode = REPLAY
