"""`erarium cv`: walk forward with a modeller's own estimator."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli import commands, giving, options, scoring_options
from flows.cli.commands import Idle
from flows.cli.giving import Output, keep_apart, write
from tasks.core.data.purge import MIN_TRAIN_ERAS

if TYPE_CHECKING:
    from tasks.client.fold_data import FoldData


@commands.command(
    short_help="Walk forward with an estimator of your own, purged.",
    idle=(Idle(options=("--home",), beside=("--lake",), because="the snapshot is read there"),),
)
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
@giving.result("--predictions", "Write the predictions, as .csv or else Parquet.")
@giving.json_option
def cv(
    data: str,
    estimator: str,
    target: str | None,
    features: tuple[str, ...] | None,
    folds: int,
    min_train: int,
    purge_eras: int | None,
    overlap: int,
    home: Path | None,
    lake: Path | None,
    predictions: Path | None,
    output: Output,
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
    from flows.cli import scoring_console
    from tasks.adapters import waiting
    from tasks.client import cross_validation, estimators

    keep_apart(data, estimator.rpartition(":")[0])
    make = estimators.load(estimator)
    source = (
        _file(data, target, features or (), purge_eras)
        if Path(data).is_file()
        else _snapshot(data, target, features or (), purge_eras, lake, home)
    )
    plan = cross_validation.Plan(n_folds=folds, min_train=min_train, overlap=overlap)
    with waiting.shown() as tell:
        found = cross_validation.validate(source, make, estimator.rpartition(":")[2], plan, tell)
    if predictions is not None:
        content = found.predictions_file(as_csv=predictions.suffix == ".csv")
        write(predictions, content)
    document = found.to_json()

    def show() -> None:
        scoring_console.print_folds(document["folds"])
        scoring_console.print_diagnosis(document)

    return output.give(document, show)


def _file(
    data: str, target: str | None, features: tuple[str, ...], purge_eras: int | None
) -> "FoldData":
    """Return the file that DATA names.

    Raises:
        UsageError: if an option belongs to snapshots.
    """
    from tasks.client.fold_data import FileData

    for option in commands.told(click.get_current_context()):
        if option in ("--home", "--lake"):
            raise click.UsageError(f"{option} does nothing beside a file, which {data} is")
    return FileData(Path(data), target, features, purge_eras)


def _snapshot(
    data: str,
    target: str | None,
    features: tuple[str, ...],
    purge_eras: int | None,
    lake: Path | None,
    home: Path | None,
) -> "FoldData":
    """Return the snapshot that DATA names.

    Raises:
        InputError: if it cannot be one, or an option belongs to files.
    """
    from tasks.adapters.lake import Lake
    from tasks.client.fold_data import SnapshotData
    from tasks.core.errors import InputError

    path = Path(data)
    if path.suffix or path.name != data or not data:
        raise InputError(f"{data or 'DATA'} is not a file")
    if purge_eras is not None:
        raise InputError(f"snapshot {data} is purged by dates: leave --purge-eras out")
    return SnapshotData(Lake(lake or options.settings(home).home / "lake"), data, target, features)
