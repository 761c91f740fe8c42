"""The checks of a round, in the order in which they are told, and what each one needs."""

from tasks.verification import entries, own_row, predictions, results
from tasks.verification.check import Check, Need
from tasks.verification.view import RoundView

BOOKED: Need[RoundView] = Need(met=lambda view: view.facts.booked)
"""The chain has the round's book."""

PROPOSED: Need[RoundView] = Need(met=lambda view: view.proposal is not None)
"""The chain has a live or final proposal."""

SUBMISSION: Need[RoundView] = Need(met=lambda view: view.own is not None)
"""Whoever looks has a submission of their own in the round."""

PREDICTIONS: Need[RoundView] = Need(
    met=lambda view: view.has_predictions, waits=lambda view: view.waits_for_predictions
)
"""Everybody's predictions are published, or were handed to whoever looks."""

_OPEN = (PROPOSED, PREDICTIONS)

CHECKS = (
    Check(name="terms", compare=entries.compare_terms),
    Check(name="live data", compare=entries.compare_live_data),
    Check(name="factor and amounts", compare=entries.compare_amounts),
    Check(name="book", needs=(BOOKED,), compare=entries.compare_book),
    Check(name="entrants", needs=(BOOKED,), compare=entries.compare_entrants),
    Check(name="commitments", needs=(BOOKED,), compare=entries.compare_commitments),
    Check(name="alignment", needs=(PROPOSED,), compare=results.compare_alignment),
    Check(name="opening", needs=(PROPOSED,), compare=predictions.compare_opening),
    Check(name="predictions", needs=_OPEN, compare=predictions.compare_predictions),
    Check(name="duplicates", needs=_OPEN, compare=predictions.compare_duplicates),
    Check(name="meta-model", needs=(PROPOSED,), compare=results.compare_meta_model),
    Check(name="blend", needs=_OPEN, compare=predictions.compare_blend),
    Check(name="benchmark", needs=(PROPOSED,), compare=results.compare_benchmark),
    Check(name="targets", needs=(PROPOSED,), compare=results.compare_targets),
    Check(name="scores", needs=_OPEN, compare=predictions.compare_scores),
    Check(name="blends", needs=(PROPOSED,), compare=results.compare_blends),
    Check(name="equal-weight blend", needs=_OPEN, compare=predictions.compare_equal_blend),
    Check(name="table", needs=(PROPOSED,), compare=results.compare_table),
    Check(name="root", needs=(PROPOSED,), compare=results.compare_root),
    Check(name="results", needs=(PROPOSED,), compare=results.compare_results),
    Check(name="settlement", needs=(PROPOSED,), compare=results.compare_settlement),
    Check(name="own entry", needs=(SUBMISSION,), compare=own_row.compare_entry),
    Check(name="own row in the book", needs=(SUBMISSION, BOOKED), compare=own_row.compare_book),
    Check(name="columns", needs=(SUBMISSION, PROPOSED), compare=own_row.compare_columns),
    Check(name="own score", needs=(SUBMISSION, PROPOSED), compare=own_row.compare_score),
    Check(name="own return", needs=(SUBMISSION, PROPOSED), compare=own_row.compare_return),
    Check(name="own leaf", needs=(SUBMISSION, PROPOSED), compare=own_row.compare_leaf),
    Check(name="own money", needs=(SUBMISSION, PROPOSED), compare=own_row.compare_money),
)

OWN = tuple(check for check in CHECKS if SUBMISSION in check.needs)
"""What a modeller compares of their own: the others hold or fail for everybody."""
