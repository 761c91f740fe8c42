"""The options of the commands that score files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tasks.core.errors import InputError
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


def _output(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
    """Check that a result has a folder, before the work that leads to it begins."""
    if path is not None and not next(p for p in path.absolute().parents if p.exists()).is_dir():
        raise click.BadParameter(f"{path} cannot be written: no folder is above it")
    return path


def output(name: str, text: str) -> Callable[[Any], Any]:
    """Return an option that names a file to write."""
    kind = click.Path(path_type=Path, dir_okay=False, writable=True)
    return click.option(name, type=kind, callback=_output, help=text)


def columns(name: str, text: str) -> Callable[[Any], Any]:
    """Return an option that names columns."""
    return click.option(name, callback=_names, metavar="A,B", help=text)


_SINGLE = "`prediction`, or the only column, if unset."

predictions = click.option("--predictions", type=File, required=True, help="id, era, the models.")
targets = click.option("--targets", type=File, help="id, era, target; the same file if unset.")
target_column = click.option(
    "--target-column", metavar="NAME", help="`target`, or the only column, if unset."
)
meta_model = click.option("--meta-model", type=File, help="id, era, prediction: gives MMC.")
meta_model_column = click.option("--meta-model-column", metavar="NAME", help=_SINGLE)
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
benchmark_column = click.option("--benchmark-column", metavar="NAME", help=_SINGLE)


def write(path: Path, content: bytes) -> None:
    """Write a file whole.

    Raises:
        InputError: if it cannot be written.
    """
    from tasks.adapters import files

    try:
        files.replace_file(path, content)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
