"""The output contract of every command; docs/commands.md says it to whoever calls them.

Standard output has the result, for people or, with `--json -`, as one JSON document alone. Notes,
progress and errors go to standard error. An error is one line there; with `--json -` it stands on
standard output too, as a document.
"""

import itertools
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from tasks.core import wording
from tasks.core.errors import ExitCode, InputError

STANDARD_OUTPUT = Path("-")
"""How a person names standard output for a result in JSON."""

_JSON = "--json"


@dataclass(slots=True)
class Session:
    """One call of the program.

    Attributes:
        alone: whether standard output is to hold JSON alone.
        given: whether the result has been written.
        stream: standard output itself while whatever else is printed goes elsewhere.
    """

    alone: bool = False
    given: bool = False
    stream: TextIO | None = None

    @classmethod
    def of(cls, words: Sequence[str]) -> "Session":
        """Return the session of a command line, which need not be a sound one.

        Args:
            words: what was typed after the program's name.
        """
        pairs = itertools.pairwise(words)
        return cls(alone=f"{_JSON}=-" in words or (_JSON, "-") in pairs)

    def fail(self, message: str, code: int) -> int:
        """Tell of an error, and return its exit code.

        Args:
            message: names from files and strangers may stand in it.
            code: the exit code.
        """
        line = wording.plain(" ".join(message.split()))
        note(f"erarium: {line}")
        if self.alone and not self.given:
            # Where it cannot be written, that is what the line says already.
            with suppress(InputError):
                self.write(_text({"error": line, "exit_code": int(code)}))
        return code

    def write(self, text: str) -> None:
        """Write a result to standard output, with a line break, at once.

        Raises:
            InputError: if it cannot be written.
        """
        self.given = True
        stream = self.stream or sys.stdout
        with writable(stream):
            stream.write(f"{text}\n")

    @contextmanager
    def kept_apart(self) -> Iterator[None]:
        """Keep standard output for JSON, if it is to be alone there.

        What libraries and a modeller's own code print meanwhile, in Python or in C, goes to
        standard error.
        """
        if not self.alone:
            yield
            return
        try:
            number = sys.stdout.fileno()
        except OSError:
            self.stream = sys.stdout
            with redirect_stdout(sys.stderr):
                yield
            return
        sys.stdout.flush()
        kept = os.dup(number)
        os.dup2(sys.stderr.fileno(), number)
        self.stream = os.fdopen(kept, "w")
        try:
            yield
        finally:
            with suppress(OSError):
                sys.stdout.flush()
            os.dup2(kept, number)
            with suppress(OSError):
                self.stream.close()


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command's result goes.

    Attributes:
        path: the file for JSON; `-` for standard output alone, None for people only.
    """

    path: Path | None

    @property
    def alone(self) -> bool:
        """Return whether standard output is to hold JSON alone."""
        return self.path == STANDARD_OUTPUT

    def give(
        self,
        document: Mapping[str, Any],
        show: Callable[[], None],
        code: ExitCode = ExitCode.DONE,
    ) -> ExitCode:
        """Give the result, once: write the JSON, then print it for people unless JSON is alone.

        Args:
            document: the result as JSON has it; amounts of wei are strings in it.
            show: prints it for people.
            code: how the command ends.

        Returns:
            The code.

        Raises:
            InputError: if the file or standard output cannot be written.
        """
        if self.alone:
            session = click.get_current_context().find_object(Session) or Session()
            session.write(_text(document))
            return code
        if self.path is not None:
            write(self.path, _text(document).encode() + b"\n")
        show()
        return code


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


def _output(ctx: click.Context, param: click.Parameter, path: Path | None) -> Output:
    return Output(_writable(ctx, param, path))


_FILE = click.Path(path_type=Path, dir_okay=False)

json_option = click.option(
    _JSON,
    "output",
    type=_FILE,
    metavar="FILE|-",
    callback=_output,
    help="Write the result as JSON to this file too; - prints JSON alone.",
)
"""Every command has it: the parameter `output`."""


def result(name: str, text: str, *words: str, default: str | None = None) -> Callable[[Any], Any]:
    """Return an option that names another file to write.

    Args:
        name: of the option.
        text: its help.
        words: the parameter's name, where it is another one.
        default: the file that is written where none is named.
    """
    shown = default is not None
    return click.option(
        name, *words, type=_FILE, callback=_writable, help=text, default=default, show_default=shown
    )


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
        value = context.params.get(param.name or "")
        path = value.path if isinstance(value, Output) else value
        if isinstance(path, Path):
            made = written if param.callback in (_writable, _output) else read
            name = param.get_error_hint(context)
            if made.setdefault(path.resolve(), name) != name and made is written:
                raise click.UsageError(f"{made[path.resolve()]} and {name} are one file: {path}")
    for path, name in written.items():
        if path in read:
            raise click.UsageError(f"{name} would replace what {read[path]} reads: {path}")


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


@contextmanager
def writable(stream: TextIO) -> Iterator[None]:
    """Write to standard output, and send it off at the end.

    Raises:
        InputError: if it cannot be written.
    """
    try:
        yield
        stream.flush()
    except OSError as error:
        # What is still in the buffer would fail once more as Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise InputError(f"standard output cannot be written: {error.strerror}") from error


def note(line: str) -> None:
    """Say on standard error what is no result: how far a work is, a warning, an error."""
    click.echo(line, err=True)


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(_finite(document), indent=2, sort_keys=True, allow_nan=False)


def _finite(value: Any) -> Any:
    """Return a value with null for every number that JSON lacks."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return value
