"""The steps of a round, by the words that pages, logs and failpoints have for them."""

from enum import StrEnum


class Step(StrEnum):
    """A step of a round, in the order in which a round comes to them.

    `enter` is a modeller's, `approve` a person's and `rule` the arbiter's of a challenged round;
    the others are the operator's or the keeper's.
    """

    OPEN = "open"
    ENTER = "enter"
    CLOSE = "close"
    SCORE = "score"
    RESOLVE = "resolve"
    APPROVE = "approve"
    RULE = "rule"
    SETTLE = "settle"
    KEEP = "keep"
    REVEAL = "reveal"
