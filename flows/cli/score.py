"""`erarium score`: score prediction files era by era."""

from pathlib import Path
from typing import Any

import click

from flows.cli import options, scoring_options

_MODELS = "The models; all columns without another part, if unset."


@click.command(short_help="Score prediction files, era by era.")
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
@options.json_file
def score(json_file: Path | None, overlap: int, partial: bool, **words: Any) -> int:
    """Score one or many models over one or many eras, and sum each one up.

    Files are Parquet or CSV with the columns id and era; ids are matched within each era, in any
    order. One file may hold several parts: give it again, or its columns alone. A part's file is
    read once, and of it the columns that are needed.
    """
    # Imported here, so that help and mistyped options answer at once.
    from flows.cli import scoring_console, waiting
    from tasks.client import score_sources, scorecards
    from tasks.client.score_tables import Tables

    options.keep_apart()
    with waiting.shown() as tell:
        tables = Tables(score_sources.named(**words), partial=partial, progress=tell)
        scores = scorecards.score(tables, tell)
    document = scores.to_json(overlap)
    if json_file is not None:
        options.write_json(json_file, document)
    scoring_console.print_scores(document, scores.notes.lines())
    return 0
