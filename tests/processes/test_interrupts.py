"""Ctrl-C, TERM and a chain that dies: the command ends in one line and the home goes on."""

import os
import re
import signal
import time

import psutil
import pytest

from tasks.adapters import processes
from tests import commands, terminals

BARS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def play_words(home):
    return [str(commands.PROGRAM), "play", "--home", str(home), *commands.SMALL]


def last_line(text):
    lines = [line.strip() for line in BARS.sub("\n", text).splitlines()]
    return [line for line in lines if line][-1]


def playing(home):
    """Whether the first round is open."""
    return any((home / "lake" / "rounds").glob("*/open.json"))


def interrupt(home, condition):
    """Type Ctrl-C once a condition holds."""
    screen = terminals.start(play_words(home), commands.environment())
    screen.wait_until(condition)
    screen.type(terminals.CTRL_C)

    assert screen.finish() == 130
    assert last_line(screen.text()).startswith("erarium: interrupted; run it again")
    assert "Traceback" not in screen.text()
    assert commands.processes_of(home) == []


def require_finished(home, expected):
    finished = commands.play(home)

    assert finished.returncode == 0, finished.stderr
    assert commands.outcome(home) == expected
    assert commands.processes_of(home) == []


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not (found := condition()):
        assert time.monotonic() < deadline, "the state did not come"
        time.sleep(0.05)
    return found


def test_play__ctrl_c_in_the_rounds__next_run_goes_on(copied, expected):
    interrupt(copied, lambda: playing(copied))

    require_finished(copied, expected)


def test_play__chain_killed_under_it__says_so_in_one_line(copied):
    running = commands.start("play", "--home", copied, *commands.SMALL)
    wait_for(lambda: playing(copied))
    # Server, forwarder, node, workers: what the other tests look for in vain is found here.
    assert len(commands.processes_of(copied)) >= 5

    psutil.Process(processes.running(copied / "run", "chain").pid).kill()
    _, errors = running.communicate(timeout=120)

    assert running.returncode == 2
    assert re.search(r"^erarium: .*the chain at http://127.0.0.1:\d+", errors, re.MULTILINE)
    assert "Traceback" not in errors
    assert commands.processes_of(copied) == []


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_play__ctrl_c_while_ingesting__next_run_goes_on(empty, expected):
    # The first thing that ingesting stores; it is done a few seconds later.
    interrupt(empty, lambda: (empty / "vault" / "objects").exists())
    assert not (empty / "vault" / "dataset.json").exists()

    require_finished(empty, expected)


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_play__term__next_run_goes_on(copied, expected):
    running = commands.start("play", "--home", copied, *commands.SMALL)
    wait_for(lambda: playing(copied))

    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=120)

    assert (running.returncode, last_line(errors)[:20]) == (130, "erarium: interrupted")
    assert commands.processes_of(copied) == []
    require_finished(copied, expected)


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_play__ctrl_c_twice__leaves_nothing(copied, expected):
    screen = terminals.start(play_words(copied), commands.environment())
    screen.wait_until(lambda: playing(copied))

    screen.type(terminals.CTRL_C)
    time.sleep(1.0)
    screen.type(terminals.CTRL_C)

    assert screen.finish() == 130
    wait_for(lambda: commands.processes_of(copied) == [])
    require_finished(copied, expected)


@pytest.mark.chaos
@pytest.mark.timeout(2700)
@pytest.mark.parametrize("seconds", [6, 9, 12, 15, 18, 21])
def test_play__kill_at_any_time__next_run_goes_on(empty, expected, seconds):
    running = commands.start("play", "--home", empty, *commands.SMALL)

    time.sleep(seconds)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()

    require_finished(empty, expected)
