"""Units: integers for every amount, and the two scales that protocol.md uses."""

from typing import NewType

Wei = NewType("Wei", int)
"""An amount of tokens or gas in its smallest unit, never negative."""

RoundId = NewType("RoundId", int)
"""A round's number, uint64; it equals the number of its era."""

NANO = 10**9
"""Scores, returns, multipliers and clips are integers in units of 1 / NANO."""

WAD = 10**18
"""A factor of 1, and one whole token, in wei."""
