"""The scores of a round as published: integers, one row a model of the book."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core.money import payouts
from tasks.core.money import scores as nano
from tasks.core.money.units import RoundId
from tasks.core.protocol.table import Row, Table
from tasks.core.rules import ScoringRule

BLENDS = ("meta_model", "equal_weight", "benchmark")
"""The meta-model and its rivals, whose CORR is published beside the models'."""

METRICS = ("corr", "mmc", "bmc")
"""The official scores, in the order of the scoring stage's columns."""


def blends(corrs: Sequence[float]) -> dict[str, int | None]:
    """Return the blends' CORR in nano, by name."""
    return dict(zip(BLENDS, map(blend_nano, corrs), strict=True))


def blend_nano(corr: float) -> int | None:
    """Return a blend's CORR in nano; None for a constant blend, which has none."""
    return None if math.isnan(corr) else nano.score_nano(corr)


def document(
    round_id: RoundId,
    book: Mapping[str, Any],
    scores_nano: Sequence[Sequence[int]],
    blends_nano: Mapping[str, int | None],
) -> dict[str, Any]:
    """Return a round's published scores.

    Args:
        round_id: the round.
        book: the round's book.
        scores_nano: one row an accepted entrant, in the book's order, columns as METRICS.
        blends_nano: CORR of the meta-model and of its rivals; empty for an empty book.
    """
    accepted = [row["model"] for row in book["entrants"] if row["status"] == "accepted"]
    rows = [
        {"model": model} | {f"{name}_nano": int(x) for name, x in zip(METRICS, row, strict=True)}
        for model, row in zip(accepted, scores_nano, strict=True)
    ]
    return {"blends_corr_nano": dict(blends_nano), "round": round_id, "rows": rows}


def table(
    round_id: RoundId,
    book: Mapping[str, Any],
    scores: Mapping[str, Any],
    rule: ScoringRule,
    clip_nano: int,
) -> Table:
    """Return the table that follows from a book and its scores, in integers.

    Every entrant has one row; a rejected one returns 0.

    Raises:
        InputError: if the rule is of another scoring version.

    Source: docs/protocol.md, "Table".
    """
    rule.require_version()
    scored = {row["model"]: row for row in scores["rows"]}
    multipliers = [multiplier for _, multiplier in rule.multipliers_nano]
    rows = []
    for entrant in book["entrants"]:
        row = scored.get(entrant["model"])
        values = [row[f"{name}_nano"] if row else 0 for name, _ in rule.multipliers_nano]
        rows.append(
            Row(
                model=bytes.fromhex(entrant["model"]),
                return_nano=payouts.return_nano(multipliers, values, clip_nano),
                profit_nano=0,
            )
        )
    return Table(round_id=round_id, rows=rows)
