"""All rounds at one time, as plain data for the control room: no key is needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.adapters import round_states
from tasks.core.money.units import RoundId
from tasks.core.protocol.round_duties import Duty
from tasks.core.protocol.round_state import RoundState
from tasks.core.protocol.steps import Step
from tasks.stages import agenda
from tasks.stages.agenda import Agenda
from tasks.stages.open_home import View

_NEWEST = 8
"""So many rounds that are over stand beside those under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All rounds at one time, the newest first.

    Attributes:
        now: the chain's time, seconds since 1970.
        under_way: the rounds with something left to do.
        over: the newest of the others.
        older: how many more are over.
        coming: the openings that are planned, the first one first.
        lost: what is wrong about rounds that were never opened.
        pool: what is left in the stake pool, wei.
    """

    now: int
    under_way: Sequence[RoundState]
    over: Sequence[RoundState]
    older: int
    coming: Sequence[Duty]
    lost: Mapping[RoundId, Sequence[str]]
    pool: int

    @property
    def for_a_person(self) -> list[RoundState]:
        """Return the rounds that wait for a person now."""
        return [state for state in self.under_way if state.waits_for_a_person]

    @property
    def has_settled(self) -> bool:
        """Return whether any round is settled."""
        return any(state.is_settled for state in (*self.under_way, *self.over))

    @property
    def troubles(self) -> list[tuple[RoundId, str]]:
        """Return what is late or wrong, by round."""
        known = {state.round_id: state.troubles for state in (*self.under_way, *self.over)}
        found = sorted((dict(self.lost) | known).items(), reverse=True)
        return [(round_id, message) for round_id, messages in found for message in messages]


def read(view: View) -> Overview:
    """Return where all rounds stand, as of the chain's latest block."""
    return of(agenda.read(view))


def of(found: Agenda) -> Overview:
    """Return where all rounds of an agenda stand, those with something left to do in full."""
    newest_first = list(reversed(found.states))
    under_way = [state for state in newest_first if state.next is not None]
    over = [state for state in newest_first if state.next is None]
    source = found.source
    lost: dict[RoundId, list[str]] = {}
    for trouble in found.lost:
        lost.setdefault(trouble.round_id, []).append(trouble.message)
    return Overview(
        now=found.now,
        under_way=round_states.with_outcomes(source, under_way),
        over=round_states.with_outcomes(source, over[:_NEWEST]),
        older=max(len(over) - _NEWEST, 0),
        coming=[duty for duty in (*found.due, *found.upcoming) if duty.step is Step.OPEN],
        lost=lost,
        pool=source.chain.tournament.pool(0, source.header.number),
    )
