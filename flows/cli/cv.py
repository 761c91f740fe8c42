"""`erarium cv`: walk forward with a modeller's own estimator."""

from pathlib import Path
from typing import Any

import click

from flows.cli import options, scoring_options
from tasks.core.data.purge import MIN_TRAIN_ERAS


@click.command(short_help="Walk forward with an estimator of your own, purged.")
@click.argument("data")
@click.option("--estimator", required=True, metavar="FILE.py:NAME", help="NAME() makes it.")
@click.option("--target", metavar="NAME", help="20d1l of a snapshot, `target` of a file, if unset.")
@scoring_options.columns("--features", "A named set, or features; all if unset.")
@click.option("--folds", type=click.IntRange(1, 1_000), default=5, show_default=True)
@click.option(
    "--min-train", type=click.IntRange(1), default=MIN_TRAIN_ERAS, show_default=True,
    help="Eras that the first fit needs.",
)  # fmt: skip
@click.option(
    "--purge-eras", type=click.IntRange(0), metavar="N",
    help="Of a file: eras before each prediction to leave out of the fit.",
)  # fmt: skip
@scoring_options.overlap
@options.home
@click.option(
    "--lake", type=click.Path(path_type=Path, file_okay=False), help="Instead of a home's lake."
)
@options.result("--predictions", "Write the predictions, as .csv or else Parquet.")
@options.json_file
def cv(
    data: str,
    estimator: str,
    folds: int,
    min_train: int,
    overlap: int,
    predictions: Path | None,
    json_file: Path | None,
    **words: Any,
) -> int:
    """Fit an estimator of your own fold by fold, and score what it predicts.

    DATA is a published snapshot of a home, such as live_205, or a Parquet or CSV file with id,
    era, features and targets. A fold is fitted on the eras whose targets had ended by the first
    era that it predicts: a snapshot knows that by dates; a file tells it by a column
    target_end_era or a manifest.json beside it, else say --purge-eras.

    FILE.py is your own code and runs with your rights. NAME is called without arguments for each
    fold and must return something with fit(X, y) and predict(X).
    """
    # Imported here, so that help and mistyped options answer at once.
    from flows.cli import scoring_console, waiting
    from tasks.client import cross_validation, estimators

    options.keep_apart(data, estimator.rpartition(":")[0])
    make = estimators.load(estimator)
    source = _data(data, words)
    plan = cross_validation.Plan(n_folds=folds, min_train=min_train, overlap=overlap)
    with waiting.shown() as tell:
        found = cross_validation.validate(source, make, estimator.rpartition(":")[2], plan, tell)
    if predictions is not None:
        content = found.predictions_file(as_csv=predictions.suffix == ".csv")
        options.write(predictions, content)
    document = found.to_json()
    if json_file is not None:
        options.write_json(json_file, document)
    scoring_console.print_folds(document["folds"])
    scoring_console.print_diagnosis(document)
    return 0


def _data(data: str, words: dict[str, Any]) -> Any:
    """Return the file or snapshot that DATA names.

    Raises:
        InputError: if an option does not belong to it.
    """
    from tasks.adapters.lake import Lake
    from tasks.client.fold_data import FileData, SnapshotData
    from tasks.core.errors import InputError

    path, features = Path(data), words["features"] or ()
    if path.is_file():
        return FileData(path, words["target"], features, words["purge_eras"])
    if path.suffix or path.name != data or not data:
        raise InputError(f"{data or 'DATA'} is not a file")
    if words["purge_eras"] is not None:
        raise InputError(f"snapshot {data} is purged by dates: leave --purge-eras out")
    lake = words["lake"] or options.settings(words["home"]).home / "lake"
    return SnapshotData(Lake(lake), data, words["target"], features)
