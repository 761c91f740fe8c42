"""How a live home stands, in one screen: what runs, where each round is, what is late or wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from tasks import homes, hosting
from tasks.adapters.home import Home
from tasks.adapters.orchestrator import Orchestrator
from tasks.adapters.settings import Settings
from tasks.core import wording
from tasks.core.errors import ProcessError, TournamentError
from tasks.core.protocol import dates
from tasks.core.protocol.round_state import RoundState
from tasks.hosting import Places
from tasks.stages import agenda

_OVER_SHOWN = 3
_NEXT_SHOWN = 5
_LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A process of the home; pid and since are None where it does not run."""

    name: str
    pid: int | None
    since: str | None
    place: str | None


@dataclass(slots=True, kw_only=True)
class Status:
    """What is known of a home now; what could not be asked stands in `wrong`.

    Attributes:
        home: its folder.
        lake: the folder that modellers read and deliver to.
        tournament: the contract's address; None before the home is founded.
        parts: its processes.
        places: where they listen.
        time: the chain's, None where it does not run.
        block: the chain's latest.
        rounds: those under way and the last ones that are over, oldest first.
        upcoming: next steps of rounds, with their times.
        scheduled: next runs in Prefect, with their times.
        waiting: what waits for a person.
        wrong: what is late, failed or down.
        saved: when the chain's state was saved last.
    """

    home: str
    lake: str
    tournament: str | None
    parts: Sequence[Part]
    places: Places
    time: str | None = None
    block: int | None = None
    rounds: Sequence[RoundState] = ()
    upcoming: Sequence[str] = ()
    scheduled: Sequence[str] = ()
    waiting: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    saved: str | None = None

    @property
    def needs_a_person(self) -> bool:
        """Return whether anything is wrong or waits for a person."""
        return bool(self.wrong or self.waiting)

    def document(self) -> dict[str, Any]:
        """Return the status as JSON has it."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        return told | {
            "parts": [asdict(part) for part in self.parts],
            "places": asdict(self.places),
            "rounds": [state.document() for state in self.rounds],
            "needs_a_person": self.needs_a_person,
        }

    def lines(self) -> Iterator[str]:
        """Give the status as lines."""
        yield f"home {self.home}"
        for part in self.parts:
            yield f"  {part.name:<7} {_part_line(part)}"
        if self.time is not None:
            yield f"chain {self.time}, block {self.block}, saved {self.saved or 'never'}"
        for each in self.rounds:
            ahead = f"; {each.next.text(each.now)}" if each.next else ""
            models = wording.counted(each.models, "model")
            yield f"round {each.round_id}: {each.words}, {models}{ahead}"
        for title, lines in (("next", self.upcoming), ("scheduled", self.scheduled)):
            yield from (f"{title}: {line}" for line in lines)
        yield from (f"WAITS {line}" for line in self.waiting)
        yield from (f"WRONG {line}" for line in self.wrong)
        if not self.needs_a_person:
            yield "nothing needs a person"


def look(values: Settings) -> Status:
    """Return how a live home stands, whatever of it runs.

    Raises:
        HomeError: if it is no live home.
    """
    root = values.home
    home, places = Home.open(root, "live"), Places.read(root)
    found = Status(
        home=str(root.resolve()),
        lake=str(home.lake.resolve()),
        tournament=home.facts.contracts.get("tournament"),
        parts=_parts(home, places),
        places=places,
        saved=_saved(home),
    )
    down = [part.name for part in found.parts if part.pid is None]
    if down:
        everything = len(down) == len(found.parts)
        what = "nothing runs" if everything else f"{', '.join(down)} not running"
        found.wrong.append(f"{what}: `erarium up` starts it")
    if hosting.CHAIN not in down:
        _read_chain(values, found)
    if hosting.SERVER not in down:
        _read_server(hosting.orchestrator(home, places), found)
    return found


def _parts(home: Home, places: Places) -> list[Part]:
    where = {hosting.CHAIN: places.rpc_url, hosting.SERVER: places.ui_url}
    return [
        Part(
            name=name,
            pid=running.pid if running else None,
            since=dates.utc(int(running.started)) if running else None,
            place=where.get(name),
        )
        for name, running in hosting.running(home).items()
    ]


def _part_line(part: Part) -> str:
    if part.pid is None:
        return "does not run"
    place = f", {part.place}" if part.place else ""
    return f"runs since {part.since}, process {part.pid}{place}"


def _read_chain(values: Settings, found: Status) -> None:
    try:
        read = agenda.read(homes.look(values))
    except TournamentError as error:
        found.wrong.append(str(error))
        return
    found.time, found.block = dates.utc(read.now), read.source.header.number
    found.rounds = _shown(read.states)
    found.upcoming = [
        f"round {duty.round_id}: {duty.text(read.now)}" for duty in read.upcoming[:_NEXT_SHOWN]
    ]
    found.waiting += [_waiting(state) for state in read.states if state.waits_for_a_person]
    found.wrong += [f"round {each.round_id}: {each.message}" for each in read.troubles]


def _shown(states: Sequence[RoundState]) -> list[RoundState]:
    """Return the rounds under way and the last ones that are over, in their order."""
    over = [state.round_id for state in states if state.next is None][-_OVER_SHOWN:]
    return [state for state in states if state.next is not None or state.round_id in over]


def _waiting(state: RoundState) -> str:
    until = dates.utc(state.facts.terms.propose_by)
    return (
        f"round {state.round_id}: approve its table {state.table} until {until}, "
        "by the deployment `approve`"
    )


def _read_server(api: Orchestrator, found: Status) -> None:
    try:
        found.scheduled = _scheduled(api)
        found.wrong += _failed(api)
    except ProcessError as error:
        found.wrong.append(str(error))


def _scheduled(api: Orchestrator) -> list[str]:
    nearest: dict[str, datetime] = {}
    for run in api.upcoming(limit=100):
        nearest.setdefault(run.deployment or run.name, run.due_at)
    return [f"{name} at {_when(at)}" for name, at in nearest.items()][:_NEXT_SHOWN]


def _failed(api: Orchestrator) -> list[str]:
    """Return each deployment whose newest runs failed, with the last reason."""
    deployments = {deployment.name: deployment for deployment in api.deployments()}
    newest: dict[str, str] = {}
    for run in api.failed(datetime.now(UTC) - _LOOK_BACK):
        if run.deployment is None or run.deployment in newest or run.message == hosting.GONE:
            continue
        completed = api.last_completed(deployments[run.deployment])
        if completed is None or completed < run.due_at:
            newest[run.deployment] = f"run `{run.name}` of {_when(run.due_at)}: {run.message}"
        else:
            newest[run.deployment] = ""
    return [line for _, line in sorted(newest.items()) if line]


def _saved(home: Home) -> str | None:
    times = [path.stat().st_mtime for path in home.node.glob("snapshot-*.json")]
    return dates.utc(int(max(times))) if times else None


def _when(at: datetime) -> str:
    return dates.utc(int(at.timestamp()))
