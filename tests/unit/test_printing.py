"""What commands print on: a standard output of any kind."""

import io
import sys

import pytest

from flows.cli import printing
from tasks.core.errors import InputError


class Full(io.TextIOWrapper):
    """A standard output on a full disk."""

    def write(self, text):
        raise OSError(28, "No space left on device")


def test_print__letters_that_the_output_lacks__are_replaced(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    page = printing.console()

    page.print("0.01 ± 0.02")
    sys.stdout.flush()

    assert raw.getvalue() == b"0.01 ? 0.02\n"


def test_print__output_that_cannot_be_written__is_told_in_one_line(monkeypatch, tmp_path):
    with (tmp_path / "out").open("wb") as file:
        monkeypatch.setattr(sys, "stdout", Full(file, encoding="utf-8"))
        page = printing.console()

        with pytest.raises(InputError, match="standard output cannot be written: No space left"):
            page.print("scores")


def test_table__cells_like_markup__are_printed_as_they_are(capsys):
    page = printing.console()
    table = printing.table("model", words=("CORR",), numbers=("stake",))
    table.add_row("[/b]:smile:\x1b[2J", "\r1", "2\n3")

    page.print(table)

    assert "[/b]:smile:\\x1b[2J  \\r1    2\\n3" in capsys.readouterr().out
