"""The scores of a round as published, and the table that follows from them: integers only."""

import math
from collections.abc import Mapping, Sequence

from tasks.core.errors import InputError
from tasks.core.money import payouts
from tasks.core.money import scores as nano
from tasks.core.protocol.documents.book import Book
from tasks.core.protocol.documents.results import ScoreRow, Scores
from tasks.core.protocol.table import Row, Table
from tasks.core.rules import ScoringRule
from tasks.core.scoring import registry


def blends(corrs: Sequence[float]) -> dict[str, int | None]:
    """Return the blends' CORR in nano, by name, from values in the order of the registry."""
    names = [blend.name for blend in registry.BLENDS]
    return dict(zip(names, map(blend_nano, corrs), strict=True))


def blend_nano(corr: float) -> int | None:
    """Return a blend's CORR in nano; None for a constant blend, which has none."""
    return None if math.isnan(corr) else nano.score_nano(corr)


def of_book(
    book: Book, scores_nano: Sequence[Sequence[int]], blends_nano: Mapping[str, int | None]
) -> Scores:
    """Return a round's scores as they are published.

    Args:
        book: the round's book.
        scores_nano: one row an accepted entrant, in the book's order, columns as the registry's.
        blends_nano: CORR of the meta-model and of its rivals; empty for an empty book.
    """
    names = registry.names()
    rows = [
        ScoreRow(model=entrant.model, nano=dict(zip(names, map(int, row), strict=True)))
        for entrant, row in zip(book.accepted, scores_nano, strict=True)
    ]
    return Scores(round_id=book.round_id, blends_corr_nano=dict(blends_nano), rows=tuple(rows))


def table(book: Book, scores: Scores, rule: ScoringRule, clip_nano: int) -> Table:
    """Return the table that follows from a book and its scores, in integers.

    Every entrant has one row; a rejected one returns 0.

    Raises:
        InputError: if the rule is of another scoring version, or pays for a score that is missing.

    Source: docs/protocol.md, "Table".
    """
    rule.require_version()
    scored = scores.by_model
    rows = [
        Row(
            model=entrant.model,
            return_nano=return_nano(scored.get(entrant.model), rule, clip_nano),
            profit_nano=0,
        )
        for entrant in book.rows
    ]
    return Table(round_id=book.round_id, rows=rows)


def return_nano(row: ScoreRow | None, rule: ScoringRule, clip_nano: int) -> int:
    """Return what a rule pays for one token at risk, by a model's scores; 0 without any.

    Raises:
        InputError: if a score that it pays for is missing.
    """
    if row is None:
        return 0
    missing = [name for name, _ in rule.multipliers_nano if name not in row.nano]
    if missing:
        raise InputError(f"model {row.model.hex()} has no score {', '.join(missing)}")
    multipliers = [multiplier for _, multiplier in rule.multipliers_nano]
    values = [row.nano[name] for name, _ in rule.multipliers_nano]
    return payouts.return_nano(multipliers, values, clip_nano)
