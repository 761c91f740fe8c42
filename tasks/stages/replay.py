"""The replay's driver: which step comes when, in the order of simulated dates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tasks.core.errors import DataError
from tasks.core.money.units import RoundId
from tasks.core.protocol.documents.vault import DataSet
from tasks.core.protocol.steps import Step

STEPS = (Step.OPEN, Step.ENTER, Step.CLOSE, Step.RESOLVE, Step.SETTLE)
"""A round's steps in their order; `enter` is the modellers', the others the operator's."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Event:
    """A step of a round and the chain time, unix seconds, at which it is taken."""

    at: int
    order: int
    round_id: RoundId

    @property
    def step(self) -> Step:
        """Return the step."""
        return STEPS[self.order]


def choose_rounds(dataset: DataSet, count: int | None) -> list[RoundId]:
    """Return the last `count` rounds whose targets matured, ascending; None takes all.

    Raises:
        DataError: if there are fewer.
    """
    playable = [RoundId(int(era)) for era in dataset.playable]
    if count is None:
        return playable
    if count > len(playable):
        raise DataError(
            f"--rounds {count}: the data has {len(playable)} weekly eras that can be played"
        )
    return playable[-count:]


def schedule(dataset: DataSet, rounds: Sequence[RoundId]) -> list[Event]:
    """Return every step of the rounds, in the order of their dates."""
    times = {int(entry.name): entry.times for entry in dataset.eras if entry.times}
    events = []
    for round_id in rounds:
        clock = times[round_id]
        moments = (clock.opens, clock.opens, clock.closes, *[clock.resolves] * 2)
        for order, at in enumerate(moments):
            events.append(Event(at=at, order=order, round_id=round_id))
    return sorted(events)


def drive(
    events: Sequence[Event],
    advance: Callable[[int], None],
    actions: Mapping[str, Callable[[RoundId], None]],
    done: Callable[[int], None] = lambda count: None,
) -> None:
    """Take every step at its date; the steps themselves know what is done already.

    Args:
        events: from `schedule`.
        advance: brings the chain's clock to a time; does nothing if it is past it.
        actions: one a step.
        done: told after each event how many are done.
    """
    for count, event in enumerate(events, start=1):
        advance(event.at)
        actions[event.step](event.round_id)
        done(count)
