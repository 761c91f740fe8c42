"""`erarium score`: score prediction files era by era."""

from pathlib import Path

from flows.cli import commands, giving, scoring_options
from flows.cli.giving import Output, keep_apart

_MODELS = "The models; all columns without another part, if unset."


@commands.command(short_help="Score prediction files, era by era.")
@scoring_options.predictions
@scoring_options.columns("--prediction-columns", _MODELS)
@scoring_options.targets
@scoring_options.target_column
@scoring_options.meta_model
@scoring_options.meta_model_column
@scoring_options.features
@scoring_options.feature_columns
@scoring_options.partial
@scoring_options.overlap
@giving.json_option
def score(
    predictions: Path,
    prediction_columns: tuple[str, ...] | None,
    targets: Path | None,
    target_column: str | None,
    meta_model: Path | None,
    meta_model_column: str | None,
    features: Path | None,
    feature_columns: tuple[str, ...] | None,
    partial: bool,
    overlap: int,
    output: Output,
) -> int:
    """Score one or many models over one or many eras, and sum each one up.

    Files are Parquet or CSV with the columns id and era; ids are matched within each era, in any
    order. One file may hold several parts: give it again, or its columns alone. A part's file is
    read once, and of it the columns that are needed.
    """
    # Imported here, so that help and mistyped options answer at once.
    from flows.cli import scoring_console
    from tasks.adapters import waiting
    from tasks.client import score_sources, scorecards
    from tasks.client.score_tables import Tables

    keep_apart()
    sources = score_sources.named(
        predictions=predictions,
        prediction_columns=prediction_columns,
        targets=targets,
        target_column=target_column,
        meta_model=meta_model,
        meta_model_column=meta_model_column,
        features=features,
        feature_columns=feature_columns,
    )
    with waiting.shown() as tell:
        tables = Tables(sources, partial=partial, progress=tell)
        scores = scorecards.score(tables, tell)
    document = scores.to_json(overlap)
    notes = scores.notes.lines()
    return output.give(document, lambda: scoring_console.print_scores(document, notes))
