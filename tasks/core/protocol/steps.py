"""The steps of a round, by the words that pages, logs and failpoints have for them."""

from enum import StrEnum


class Step(StrEnum):
    """A step of a round, in the order in which a round comes to them.

    `enter` is a modeller's and `approve` a person's, the others the operator's or his keeper's.
    """

    OPEN = "open"
    ENTER = "enter"
    CLOSE = "close"
    SCORE = "score"
    RESOLVE = "resolve"
    APPROVE = "approve"
    SETTLE = "settle"
    KEEP = "keep"
    REVEAL = "reveal"
