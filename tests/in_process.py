"""Run the `erarium` command in the test's own process, which is quick."""

import sys
from collections.abc import Callable

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
