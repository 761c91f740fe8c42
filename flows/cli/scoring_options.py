"""The options of the commands that score files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tasks.core.rules import OVERLAP

File = click.Path(path_type=Path, exists=True, dir_okay=False)


def _names(ctx: click.Context, param: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """Read column names, separated by commas."""
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise click.BadParameter(f"{text!r} holds an empty column name")
    return names


def columns(name: str, text: str) -> Callable[[Any], Any]:
    """Return an option that names columns."""
    return click.option(name, callback=_names, metavar="A,B", help=text)


predictions = click.option("--predictions", type=File, required=True, help="id, era, the models.")
targets = click.option("--targets", type=File, help="id, era, target; the same file if unset.")
target_column = click.option(
    "--target-column", metavar="NAME", help="`target`, or the only column, if unset."
)
meta_model = click.option("--meta-model", type=File, help="id, era, prediction: gives MMC.")
meta_model_column = click.option(
    "--meta-model-column", metavar="NAME",
    help="`meta_model`, `prediction` or the only column, if unset.",
)  # fmt: skip
features = click.option("--features", type=File, help="id, era, features: gives FNC, exposure.")
feature_columns = columns("--feature-columns", "Those called feature..., if unset.")
partial = click.option(
    "--partial", is_flag=True, help="Score the ids that predictions and targets share."
)
overlap = click.option(
    "--overlap", type=click.IntRange(0, 1_000), default=OVERLAP, show_default=True,
    help="Later eras that share an era's target window, for the errors of the means.",
)  # fmt: skip
benchmark = click.option("--benchmark", type=File, help="id, era, prediction: gives BMC.")
benchmark_column = click.option(
    "--benchmark-column", metavar="NAME",
    help="`benchmark`, `prediction` or the only column, if unset.",
)  # fmt: skip
