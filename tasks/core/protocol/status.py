"""A round's status, numbered as `tournament.vy` numbers it."""

NONE = 0
SCHEDULED = 1
OPEN = 2
CLOSED = 3
BOOKED = 4
RESOLVING = 5
PROPOSED = 6
CHALLENGED = 7
FINAL = 8
ABANDONED = 9

WITH_A_PROPOSAL = (PROPOSED, CHALLENGED, FINAL)

NAMES = (
    "none",
    "scheduled",
    "open",
    "closed",
    "booked",
    "resolving",
    "proposed",
    "challenged",
    "final",
    "abandoned",
)
