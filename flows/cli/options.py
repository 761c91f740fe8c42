"""Options that several commands share."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from tasks.core.errors import InputError

home = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="The installation's folder; ERARIUM_HOME or ./.erarium if unset.",
)


def _writable(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
    """Check that a result can be written, before the work that leads to it begins."""
    if path is None:
        return None
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be written: {error.strerror}") from error
    return path


json_file = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_writable,
    help="Write the result as JSON to this file too.",
)


def home_path(said: Path | None) -> Path:
    """Return the home that was said, else the environment's, else `./.erarium`."""
    from tasks.adapters.settings import Settings

    return said if said is not None else Settings().home


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a result whole.

    Raises:
        InputError: if the file cannot be written.
    """
    from tasks.adapters import files

    try:
        files.replace_file(path, json.dumps(document, indent=2, sort_keys=True).encode() + b"\n")
    except OSError as error:
        raise InputError(f"--json {path} cannot be written: {error.strerror}") from error
