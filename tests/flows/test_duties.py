"""How a run of a live home takes its steps: the home is opened once, and only if one is due."""

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.states import Completed

from tasks import duties
from tasks.core.money.units import RoundId
from tasks.core.protocol.round_duties import Duty
from tasks.core.protocol.steps import Step
from tasks.duties import StepTask
from tasks.stages import agenda
from tasks.stages.agenda import Agenda
from tasks.stages.open_home import Mode


class Homes:
    """Stands for `tasks.homes`: remembers how often the home was opened, and whether it is."""

    def __init__(self):
        self.opened: list[dict[str, Any]] = []
        self.is_open = False
        self.view = SimpleNamespace(lake=None, chain="the chain", mode=Mode())

    def look(self, values):
        return self.view

    @contextmanager
    def open(self, values, purpose, **words):
        self.opened.append({"purpose": purpose, **words})
        self.is_open = True
        yield SimpleNamespace(view=self.view)
        self.is_open = False


@pytest.fixture
def homes(monkeypatch):
    found = Homes()
    due = [
        Duty(step=each, round_id=RoundId(7), due_at=0, until=None)
        for each in (Step.RESOLVE, Step.SETTLE)
    ]
    source: Any = SimpleNamespace(header=SimpleNamespace(timestamp=0))
    read = Agenda(source=source, states=[], due=due, upcoming=[], lost=[])
    monkeypatch.setattr(duties, "homes", found)
    monkeypatch.setattr(agenda, "read", lambda view: read)
    monkeypatch.setattr(duties, "_leave", lambda home, round_id: None)
    monkeypatch.setattr(duties, "_leave_overview", lambda run, redraw: None)
    return found


def step(homes, name):
    """Return a step that may be taken in an open home alone."""

    def act(home, round_id, return_state):
        assert homes.is_open
        return Completed()

    return StepTask(step=name, act=act)


def test_take__two_steps_are_due__opens_the_home_once(homes):
    state = duties.take([step(homes, Step.RESOLVE), step(homes, Step.SETTLE)])

    assert state.message == "resolve: round 7 done; settle: round 7 done"
    (opened,) = homes.opened
    assert (opened["purpose"], opened["chain"]) == ("resolve rounds", "the chain")
    assert not homes.is_open


def test_take__nothing_is_due__opens_no_home(homes):
    state = duties.take([step(homes, Step.CLOSE)])

    assert (state.message, homes.opened) == ("nothing was due", [])
