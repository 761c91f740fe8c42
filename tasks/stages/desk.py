"""The operator's desk: everything that a step of a round works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tasks.adapters.chain.connection import Chain
from tasks.adapters.cluster import Executor
from tasks.adapters.journal import Journal
from tasks.adapters.keys import SealingKey, Signer
from tasks.adapters.lake import Lake, Ref
from tasks.core.data.pace import Pace
from tasks.core.money.units import RoundId
from tasks.core.rules import Economy, ScoringRule
from tasks.stages import dataset

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
class Desk:
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


def era_of(round_id: RoundId) -> str:
    """Return the name of the era that a round predicts."""
    return f"{round_id:04d}"


def era_entry(vault: Lake, round_id: RoundId) -> Mapping[str, Any]:
    """Return the data set's entry for a round's era.

    Raises:
        LakeError: if nothing was ingested.
        KeyError: if the era is not in the data set.
    """
    era = era_of(round_id)
    eras = dataset.newest(vault)["eras"]
    return next(entry for entry in eras if entry["era"] == era)


def era_object(entry: Mapping[str, Any]) -> Ref:
    """Return the vault's object of an era: assets, ids, features, targets, benchmarks."""
    return Ref.from_json(entry["object"])
