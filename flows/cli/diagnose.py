"""`erarium diagnose`: the whole validation report of one model."""

from pathlib import Path
from typing import Any

import click

from flows.cli import options, scoring_options


@click.command(short_help="Make the validation report of one model, with a page.")
@scoring_options.predictions
@click.option("--prediction-column", metavar="NAME", help="The only model's, if unset.")
@scoring_options.targets
@scoring_options.target_column
@scoring_options.meta_model
@scoring_options.meta_model_column
@scoring_options.benchmark
@scoring_options.benchmark_column
@scoring_options.features
@scoring_options.feature_columns
@scoring_options.partial
@scoring_options.overlap
@options.result("--html", "Where to write the page.", default="diagnosis.html")
@options.json_file
def diagnose(
    prediction_column: str | None,
    html: Path,
    json_file: Path | None,
    overlap: int,
    partial: bool,
    **words: Any,
) -> int:
    """Report all that one prediction column shows over its eras, and write it as a page.

    The files are those of `erarium score`; a benchmark gives BMC and the correlation with it. The
    page is one HTML file that needs no other.
    """
    # Imported here, so that help and mistyped options answer at once.
    from flows.cli import scoring_console, waiting
    from tasks.client import diagnosis, pages, score_sources
    from tasks.client.score_tables import Tables

    options.keep_apart()
    column = None if prediction_column is None else (prediction_column,)
    with waiting.shown() as tell:
        sources = score_sources.named(prediction_columns=column, **words)
        tables = Tables(sources, partial=partial, progress=tell)
        found = diagnosis.diagnose(tables, overlap, tell)
    options.write(html, pages.diagnosis_page(found, words["predictions"].name).encode())
    document = found.to_json()
    if json_file is not None:
        options.write_json(json_file, document)
    scoring_console.print_diagnosis(document, html)
    return 0
