"""What is next for every round of a live home: a function of chain, lake and the chain's time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.adapters import round_states
from tasks.adapters.round_states import Source
from tasks.core.data.pace import Pace
from tasks.core.money.units import RoundId
from tasks.core.protocol import dates
from tasks.core.protocol.openings import Opening
from tasks.core.protocol.round_duties import Duty, Host
from tasks.core.protocol.round_state import RoundState
from tasks.core.protocol.steps import Step
from tasks.core.protocol.terms import HOUR, MINUTE
from tasks.core.rules import OVERLAP
from tasks.stages import dataset, revealing
from tasks.stages.open_home import Mode, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is late, missed or disputed about a round, in words."""

    round_id: RoundId
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """Where all rounds stand, what can be done now, what comes later, and what is wrong.

    Attributes:
        source: what the rounds were read from, at one block.
        states: every round that was opened, in their order.
        due: what can be done now, of planned rounds too, in the order of time.
        upcoming: what comes later, in the order of time.
        lost: what is late or missed about rounds that were not opened.
    """

    source: Source
    states: Sequence[RoundState]
    due: Sequence[Duty]
    upcoming: Sequence[Duty]
    lost: Sequence[Trouble]

    @property
    def now(self) -> int:
        """Return the chain's time, seconds since 1970."""
        return self.source.header.timestamp

    @property
    def troubles(self) -> list[Trouble]:
        """Return what is late, missed or disputed."""
        known = [
            Trouble(round_id=state.round_id, message=message)
            for state in self.states
            for message in state.troubles
        ]
        return [*self.lost, *known]


def read(view: View) -> Agenda:
    """Return the agenda at the chain's time.

    Raises:
        ValueError: for a replay, which has a driver instead.
    """
    source = source_of(view)
    now, states = source.header.timestamp, round_states.read(source)
    opened = {state.round_id for state in states}
    plans = [plan for plan in _planned(view) if plan.round_id not in opened]
    duties = [duty for state in states for duty in state.duties]
    duties += [plan.duty for plan in plans if not plan.is_missed(now)]
    duties.sort(key=lambda duty: (duty.due_at, duty.round_id))
    return Agenda(
        source=source,
        states=states,
        due=[duty for duty in duties if duty.due_at <= now],
        upcoming=[duty for duty in duties if duty.due_at > now],
        lost=list(_lost(plans, now, _patience_s(view.mode))),
    )


def due(view: View, step: Step) -> list[RoundId]:
    """Return the rounds for which a step can be taken now, the most urgent first."""
    return [duty.round_id for duty in read(view).due if duty.step is step]


def source_of(view: View) -> Source:
    """Return what the rounds of a home are read from; a replay's driver has no duties to tell."""
    # Everything at one block, or a round that moves meanwhile would be in two states.
    source = Source(chain=view.chain, lake=view.lake, header=view.chain.header(view.block))
    if view.mode.pace is None:
        return source
    approves, patience_s = view.mode.approval == "required", _patience_s(view.mode)
    rule = Opening.parse(view.mode.opening)
    return replace(
        source,
        host=Host(approves=approves, patience_s=patience_s),
        reveals=(lambda finals: dict(revealing.due(view.lake, finals))) if rule.after else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A round that the data set plans and nobody has opened: seconds since 1970, and of lead."""

    round_id: RoundId
    opens: int
    closes: int
    lead_s: int
    is_recent: bool

    @property
    def duty(self) -> Duty:
        """Return its opening."""
        until = self.closes - MINUTE - self.lead_s
        return Duty(step=Step.OPEN, round_id=self.round_id, due_at=self.opens, until=until)

    def is_missed(self, now: int) -> bool:
        """Return whether no time for entries would be left."""
        return max(self.opens, now + self.lead_s) + MINUTE > self.closes


def _planned(view: View) -> Iterator[_Plan]:
    """Yield every round that the data set plans."""
    found = dataset.find(view.vault)
    eras = [(era.name, era.times) for era in (() if found is None else found.eras) if era.times]
    for place, (name, times) in enumerate(eras, start=1):
        yield _Plan(
            round_id=RoundId(int(name)),
            opens=times.opens,
            closes=times.closes,
            lead_s=_pace(view.mode).lead_s,
            is_recent=place > len(eras) - OVERLAP,
        )


def _lost(plans: Sequence[_Plan], now: int, patience_s: int) -> Iterator[Trouble]:
    """Yield the newest rounds that nobody opened in time, and those that are opened late."""
    for plan in plans:
        late = plan.duty.late(now, patience_s)
        if not plan.is_missed(now):
            message = late
        elif plan.is_recent:
            message = f"missed: it was not opened before {dates.utc(plan.closes)}"
        else:
            message = None
        if message is not None:
            yield Trouble(round_id=plan.round_id, message=message)


def _patience_s(mode: Mode) -> int:
    """Return how long a duty may wait: an hour of the market's time."""
    return _pace(mode).scaled(HOUR, MINUTE)


def _pace(mode: Mode) -> Pace:
    if mode.pace is None:
        raise ValueError("a replay has a driver and no agenda")
    return mode.pace
