"""What a check finds: whether it holds, and what was compared or where it fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tasks.core.errors import ExitCode, TournamentError
from tasks.core.money.units import RoundId


class Mismatch(TournamentError):
    """Something published differs from what follows; the message names the place."""

    exit_code = ExitCode.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one check found.

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
        """Return the outcome as one line."""
        place = "chain" if self.round_id is None else f"round {self.round_id}"
        outcome = "not open:" if self.holds is None else "ok  " if self.holds else "FAIL"
        return f"{outcome} {place}: {self.name}: {self.detail}"

    def document(self) -> dict[str, Any]:
        """Return the outcome as JSON has it."""
        return {
            "detail": self.detail,
            "holds": self.holds,
            "name": self.name,
            "round": self.round_id,
        }


def require(holds: bool, place: str) -> None:
    """Raise a mismatch that names the place unless something holds."""
    if not holds:
        raise Mismatch(place)


def require_none(places: Sequence[str]) -> None:
    """Raise a mismatch that names the first places, and how many there are."""
    if places:
        more = f" (and {len(places) - 3} more)" if len(places) > 3 else ""
        raise Mismatch("; ".join(places[:3]) + more)
