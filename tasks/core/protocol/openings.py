"""When the predictions of a round are published, by the opening rule in its terms."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from tasks.core.errors import InputError
from tasks.core.money.units import RoundId

PUBLIC, SEALED = "public", "sealed"
MAX_ROUNDS = 520
"""Ten years of weekly rounds: what opens later is as good as sealed, and should say so."""

GRACE_S = 86_400
"""A matrix that is due lies in the lake within a day of the chain's time."""

_AFTER = re.compile(r"after ([1-9][0-9]{0,2}) rounds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An opening rule.

    Attributes:
        text: as it stands in the terms; another spelling would have another digest.
        after: so many later rounds must be final first; 0 for `public`, None for `sealed`.
    """

    text: str
    after: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule: `public`, `after N rounds` or `sealed`.

        Raises:
            InputError: if it is none of them.

        Source: docs/protocol.md, "Opening".
        """
        found = _AFTER.fullmatch(text)
        if found and int(found[1]) <= MAX_ROUNDS:
            return cls(text=text, after=int(found[1]))
        if text in (PUBLIC, SEALED):
            return cls(text=text, after=0 if text == PUBLIC else None)
        raise InputError(
            f"opening {text!r} is not known: it is `public`, `sealed` or `after N rounds` "
            f"with N from 1 to {MAX_ROUNDS}"
        )

    @property
    def is_public(self) -> bool:
        """Return whether the predictions are published with the results."""
        return self.after == 0

    def due_at(self, finals: Sequence[int]) -> int | None:
        """Return from when the predictions of a closed rule are to be published.

        Args:
            finals: when each later round became final, seconds since 1970, in any order.

        Returns:
            The time at which enough of them were final; None while they are not, and for a rule
            under which nothing is published later.
        """
        if not self.after or len(finals) < self.after:
            return None
        return sorted(finals)[self.after - 1]

    def waits(self, finals: Sequence[int]) -> str:
        """Return in a few words when the predictions open, for whoever misses them."""
        if self.after is None:
            return SEALED
        return f"opens {self.text}, {len(finals)} of them final"


def later(finals: Mapping[RoundId, int], round_id: RoundId) -> list[int]:
    """Return when the rounds after one became final.

    Args:
        finals: by round, when it became final.
        round_id: the round whose followers count.
    """
    return [at for number, at in finals.items() if number > round_id]
