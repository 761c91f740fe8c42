"""Progress of a command's own work: nothing of quick work, and no long silence."""

import sys
import threading

from tasks.adapters import waiting


class Heard:
    """A standard error that is no terminal and tells when it was written to."""

    def __init__(self):
        self.text, self.written = "", threading.Event()

    def write(self, text):
        self.text += text
        self.written.set()

    def flush(self): ...

    def isatty(self):
        return False


def test_shown__quick_work__says_nothing(capsys):
    with waiting.shown() as tell:
        for done in range(4):
            tell("read", done, 3)

    assert capsys.readouterr().err == ""


def test_shown__work_whose_first_part_takes_long__is_told_while_it_goes_on(monkeypatch):
    heard = Heard()
    monkeypatch.setattr(sys, "stderr", heard)
    monkeypatch.setattr(waiting, "_PATIENCE_S", 0.01)
    monkeypatch.setattr(waiting, "_SILENCE_S", 0.01)

    with waiting.shown() as tell:
        tell("read", 0, 2)
        told = heard.written.wait(timeout=30)
        tell("read", 1, 2)
        tell("read", 2, 2)

    assert told
    assert heard.text.splitlines() == ["read: 0 of 2 after 0 s", "read: 2 of 2 in 0 s"]


def test_shown__work_that_ends_before_it_is_done__leaves_no_thread(monkeypatch):
    before = threading.active_count()

    with waiting.shown() as tell:
        tell("read", 0, 2)

    assert threading.active_count() == before
