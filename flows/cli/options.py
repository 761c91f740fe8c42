"""Options that several commands share, and how a command writes its results."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasks.core.errors import InputError

if TYPE_CHECKING:
    from tasks.adapters.settings import Settings

home = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="The installation's folder; ERARIUM_HOME or ./.erarium if unset.",
)


STANDARD_OUTPUT = Path("-")
"""How a person names standard output for a result in JSON."""


def _writable(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
    """Check that a result can be written, before the work that leads to it begins."""
    if path is None or path == STANDARD_OUTPUT:
        return path
    if path.exists() and not path.is_file():
        # A result replaces its file whole, which nobody wants of a device or a pipe.
        raise click.BadParameter(f"{path} cannot be written: it is not a file")
    folder = next(parent for parent in path.resolve().parents if parent.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be written: {error.strerror}") from error
    return path


def result(name: str, text: str, *words: str, default: str | None = None) -> Callable[[Any], Any]:
    """Return an option that names a file to write.

    Args:
        name: of the option.
        text: its help.
        words: the parameter's name, where it is another one.
        default: the file that is written where none is named.
    """
    kind = click.Path(path_type=Path, dir_okay=False)
    shown = default is not None
    return click.option(
        name, *words, type=kind, callback=_writable, help=text, default=default, show_default=shown
    )


json_file = result("--json", "Write the result as JSON to this file too.", "json_file")


def keep_apart(*inputs: str) -> None:
    """Check that no result of the command that runs would replace its input or another result.

    Args:
        inputs: names of files that are read, beside those that the options name.

    Raises:
        UsageError: if one would.
    """
    context = click.get_current_context()
    read, written = {Path(name).resolve(): name for name in inputs}, dict[Path, str]()
    for param in context.command.params:
        path = context.params.get(param.name or "")
        if isinstance(path, Path):
            made = written if param.callback is _writable else read
            name = param.get_error_hint(context)
            if made.setdefault(path.resolve(), name) != name and made is written:
                raise click.UsageError(f"{made[path.resolve()]} and {name} are one file: {path}")
    for path, name in written.items():
        if path in read:
            raise click.UsageError(f"{name} would replace what {read[path]} reads: {path}")


def settings(home: Path | None = None, models: Path | None = None) -> "Settings":
    """Return the settings of this process, read here alone: what was said counts before them."""
    from tasks.adapters.settings import Settings

    said = {"home": home, "models": models}
    return Settings(**{name: path for name, path in said.items() if path is not None})


def write(path: Path, content: bytes) -> None:
    """Write a result whole.

    Raises:
        InputError: if the file cannot be written.
    """
    from tasks.adapters import files

    try:
        # A link stays one: what it leads to is replaced.
        files.replace_file(path.resolve(), content)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a result as JSON, whole; `-` is standard output.

    Raises:
        InputError: if the file cannot be written.
    """
    content = json.dumps(document, indent=2, sort_keys=True)
    if path == STANDARD_OUTPUT:
        click.echo(content)
    else:
        write(path, content.encode() + b"\n")
