"""Where a score becomes an integer: the only float that ever comes near money ends here."""

import math

from tasks.core.errors import InputError
from tasks.core.money import units


def score_nano(score: float) -> int:
    """Return a score in units of 1e-9, rounded half to even.

    The product is taken in float64 and then rounded; float bits differ between CPUs, at 1e-9
    the integers agree.

    Args:
        score: a finite score.

    Raises:
        InputError: if the score is NaN or infinite, or too large to be one.

    Source: docs/protocol.md, "Scores".
    """
    scaled = float(score) * units.NANO
    if not math.isfinite(scaled):
        raise InputError(f"score {score!r} is not a finite number and cannot be paid on")
    return round(scaled)
