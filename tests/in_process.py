"""Run the `erarium` command in the test's own process, which is quick."""

import sys
from collections.abc import Callable, Iterator

import click
import pytest
from _pytest.capture import CaptureResult

from flows.cli import main


def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> tuple[object, CaptureResult[str]]:
    """Run the command in this process, for what starts no other; return its code and output."""
    monkeypatch.setattr(sys, "argv", ["erarium", *map(str, words)])
    command: Callable[[], None] = main.main
    with pytest.raises(SystemExit) as stopped:
        command()
    return stopped.value.code, capsys.readouterr()


def commands() -> dict[tuple[str, ...], click.Command]:
    """Return every command that can be typed, by its words."""
    return dict(_below((), main.cli))


def _below(
    words: tuple[str, ...], command: click.Command
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from _below((*words, name), command.get_command(context, name))
