"""What a check is: what it needs of a view, and the comparison that it makes over it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tasks.core.checks import Outcome
from tasks.core.errors import TournamentError
from tasks.core.money.units import RoundId


class View(Protocol):
    """What checks look at: one round, or the whole chain."""

    @property
    def round_id(self) -> RoundId | None:
        """Return the round; None for the chain."""


_View = TypeVar("_View", bound=View)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need(Generic[_View]):
    """Something without which a comparison cannot be made.

    Attributes:
        met: whether the view has it.
        waits: what there is to wait for; None where a check is simply not due without it, so
            that it is passed over and not told as one that is not open.
    """

    met: Callable[[_View], bool]
    waits: Callable[[_View], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[_View]):
    """One comparison of what is published with what follows.

    Attributes:
        compare: returns what was compared, or raises a mismatch that names the place.
    """

    name: str
    needs: tuple[Need[_View], ...] = ()
    compare: Callable[[_View], str]

    def is_due(self, view: _View) -> bool:
        """Return whether the state of what is looked at, and who looks, call for the check."""
        return all(need.met(view) for need in self.needs if need.waits is None)

    def outcome(self, view: _View) -> Outcome:
        """Compare; what is raised on purpose becomes a failure.

        Damaged files make their readers raise anything at all, a zip error or a lack of memory
        included, so that too is a failure of this check, never of the whole run.
        """
        try:
            closed = self._closed(view)
            holds, detail = (True, self.compare(view)) if closed is None else (None, closed)
        except TournamentError as error:
            holds, detail = False, str(error)
        except Exception as error:  # noqa: BLE001 - see above: nothing may escape
            holds, detail = False, f"what is published cannot be read: {error!r}"
        return Outcome(round_id=view.round_id, name=self.name, holds=holds, detail=detail)

    def _closed(self, view: _View) -> str | None:
        unmet = (need.waits(view) for need in self.needs if need.waits and not need.met(view))
        return next(unmet, None)


def outcomes(checks: Iterable[Check[_View]], view: _View) -> list[Outcome]:
    """Run the checks that are due, one after the other."""
    return [check.outcome(view) for check in checks if check.is_due(view)]
