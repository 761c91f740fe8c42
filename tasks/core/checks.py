"""What a check is: a name, whether it holds, and what was compared or where it fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.core.errors import TournamentError
from tasks.core.money.units import RoundId


class Mismatch(TournamentError):
    """Something published differs from what follows; the message names the place."""

    exit_code = 1


class NotOpenError(TournamentError):
    """A comparison needs what the round's opening rule keeps closed; the message says how long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The outcome of one comparison.

    Attributes:
        holds: None if it needs what is not published, so that it neither holds nor fails.
        detail: what was compared, where it fails, or what is missing.
    """

    round_id: RoundId | None
    name: str
    holds: bool | None
    detail: str

    @property
    def fails(self) -> bool:
        """Return whether something was compared and differs."""
        return self.holds is False

    def line(self) -> str:
        """Return the check as one line."""
        place = "chain" if self.round_id is None else f"round {self.round_id}"
        outcome = "not open:" if self.holds is None else "ok  " if self.holds else "FAIL"
        return f"{outcome} {place}: {self.name}: {self.detail}"

    def document(self) -> dict[str, Any]:
        """Return the check as JSON has it."""
        return {
            "detail": self.detail,
            "holds": self.holds,
            "name": self.name,
            "round": self.round_id,
        }


def run(round_id: RoundId | None, name: str, compare: Callable[[], str]) -> Check:
    """Run one comparison; what it raises on purpose becomes a failed check, or one not open.

    Damaged files make their readers raise anything at all, a zip error or a lack of memory
    included, so that too is a failure of this check, never of the whole run.
    """
    try:
        detail = compare()
    except NotOpenError as error:
        return Check(round_id=round_id, name=name, holds=None, detail=str(error))
    except TournamentError as error:
        return Check(round_id=round_id, name=name, holds=False, detail=str(error))
    except Exception as error:  # noqa: BLE001 - see above: nothing may escape
        reason = f"what is published cannot be read: {error!r}"
        return Check(round_id=round_id, name=name, holds=False, detail=reason)
    return Check(round_id=round_id, name=name, holds=True, detail=detail)


def require(holds: bool, place: str) -> None:
    """Raise a mismatch that names the place unless something holds."""
    if not holds:
        raise Mismatch(place)


def require_none(places: Sequence[str]) -> None:
    """Raise a mismatch that names the first places, and how many there are."""
    if places:
        more = f" (and {len(places) - 3} more)" if len(places) > 3 else ""
        raise Mismatch("; ".join(places[:3]) + more)
