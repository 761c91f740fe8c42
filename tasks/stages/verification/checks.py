"""What a check is: a name, whether it holds, and what was compared or where it fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tasks.core.errors import TournamentError
from tasks.core.money.units import RoundId


class Mismatch(TournamentError):
    """Something published differs from what follows; the message names the place."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The outcome of one comparison."""

    round_id: RoundId | None
    name: str
    holds: bool
    detail: str

    def line(self) -> str:
        """Return the check as one line."""
        place = "chain" if self.round_id is None else f"round {self.round_id}"
        return f"{'ok  ' if self.holds else 'FAIL'} {place}: {self.name}: {self.detail}"


def run(round_id: RoundId | None, name: str, compare: Callable[[], str]) -> Check:
    """Run one comparison; what it raises on purpose becomes a failed check.

    Damaged files make their readers raise anything at all, a zip error or a lack of memory
    included, so that too is a failure of this check, never of the whole run.
    """
    try:
        detail = compare()
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
