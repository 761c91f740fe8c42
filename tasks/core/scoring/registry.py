"""The scores of a submission and the blends of a round, one entry each.

What is computed, published, paid, reported, drawn and printed of a score follows from its entry:
its columns in order, the fields `<name>_nano` of documents, titles, and which multipliers a
scoring rule may have. Nothing is compiled here, so that whoever only reads scores loads no kernel.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tasks.core.money import scores

if TYPE_CHECKING:
    # A finished report is printed by these titles, and needs no numpy for it.
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Direction:
    """What a score of one era is a dot product with.

    Attributes:
        vector: over the ids with a target.
        powered: whether the other factor is a submission's quantiles to the power 1.5, divided
            by their length, as in a correlation; else it is the quantiles themselves.
    """

    vector: "NDArray[np.float64]"
    powered: bool


class EraVectors(Protocol):
    """What an era fixes, from which a score makes its direction."""

    def correlation(self) -> Direction:
        """Return the direction of a correlation with the target."""

    def contribution(self, reference: str) -> Direction:
        """Return the direction of what is added to a reference, such as `meta_model`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score.

    Attributes:
        name: in documents and files, where its field is `<name>_nano`.
        title: as a person reads it.
        needs: which references beside the target, by their names as columns of a round.
        direction: makes the score of an era; None for one that is not official, which comes
            from features and has functions of its own.
        nano: makes it an integer; an official score is this integer.
        in_means: whether a tournament's report has its mean over rounds.
    """

    name: str
    title: str
    needs: tuple[str, ...] = ()
    direction: Callable[[EraVectors], Direction] | None
    nano: Callable[[float], int] = scores.score_nano
    in_means: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """A blend of a round's submissions, or what it is measured against: its CORR is published."""

    name: str
    title: str


SCORES: tuple[Score, ...] = (
    Score(name="corr", title="CORR", direction=lambda era: era.correlation()),
    Score(
        name="mmc",
        title="MMC",
        needs=("meta_model",),
        direction=lambda era: era.contribution("meta_model"),
    ),
    Score(
        name="bmc",
        title="BMC",
        needs=("benchmark",),
        direction=lambda era: era.contribution("benchmark"),
        in_means=False,
    ),
    Score(name="fnc", title="FNC", needs=("features",), direction=None),
)

BLENDS: tuple[Blend, ...] = (
    Blend(name="meta_model", title="meta-model"),
    Blend(name="equal_weight", title="equal weight"),
    Blend(name="benchmark", title="benchmark"),
)
"""The meta-model and its rivals."""

REFERENCES = ("meta_model", "benchmark")
"""What a round's columns hold beside ids and target."""


def official() -> list[Score]:
    """Return the official scores, in the order of a round's columns."""
    return [score for score in SCORES if score.direction is not None]


def names() -> list[str]:
    """Return the names of the official scores."""
    return [score.name for score in official()]


def titles() -> dict[str, str]:
    """Return the titles of all scores by name."""
    return {score.name: score.title for score in SCORES}


def in_means() -> list[Score]:
    """Return the official scores whose means a report has."""
    return [score for score in official() if score.in_means]
