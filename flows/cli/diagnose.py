"""`erarium diagnose`: the whole validation report of one model."""

from pathlib import Path

import click

from flows.cli import commands, giving, scoring_options
from flows.cli.giving import Output, keep_apart, write


@commands.command(short_help="Make the validation report of one model, with a page.")
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
@giving.result("--html", "Where to write the page.", default="diagnosis.html")
@giving.json_option
def diagnose(
    predictions: Path,
    prediction_column: str | None,
    targets: Path | None,
    target_column: str | None,
    meta_model: Path | None,
    meta_model_column: str | None,
    benchmark: Path | None,
    benchmark_column: str | None,
    features: Path | None,
    feature_columns: tuple[str, ...] | None,
    partial: bool,
    overlap: int,
    html: Path,
    output: Output,
) -> int:
    """Report all that one prediction column shows over its eras, and write it as a page.

    The files are those of `erarium score`; a benchmark gives BMC and the correlation with it. The
    page is one HTML file that needs no other.
    """
    # Imported here, so that help and mistyped options answer at once.
    from flows.cli import scoring_console
    from tasks.adapters import waiting
    from tasks.client import diagnosis, pages, score_sources
    from tasks.client.score_tables import Tables

    keep_apart()
    sources = score_sources.named(
        predictions=predictions,
        prediction_columns=None if prediction_column is None else (prediction_column,),
        targets=targets,
        target_column=target_column,
        meta_model=meta_model,
        meta_model_column=meta_model_column,
        benchmark=benchmark,
        benchmark_column=benchmark_column,
        features=features,
        feature_columns=feature_columns,
    )
    with waiting.shown() as tell:
        tables = Tables(sources, partial=partial, progress=tell)
        found = diagnosis.diagnose(tables, overlap, tell)
    write(html, pages.diagnosis_page(found, predictions.name).encode())
    document = found.to_json()
    return output.give(document, lambda: scoring_console.print_diagnosis(document, html))
