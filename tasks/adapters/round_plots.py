"""Plots of one round's scores, and of stakes and burns over rounds, as SVG text."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tasks.adapters import plots
from tasks.core.errors import DataError

_BINS = 40
_FEW = 40
"""So many models are drawn as a point each, more as a histogram."""

_COLOURS = {"at risk": "#2f6f8f", "payout": "#3a7d44", "burn": "#b3541e"}
_SCORE, _MIDDLE = "#2f6f8f", "#1a1a1a"


def distributions(scores: Mapping[str, NDArray[np.float64]], title: str) -> str:
    """Draw how each score is spread over a round's models, one below the other; return the SVG.

    Args:
        scores: by name, each of shape (n_models,), finite.
        title: of the whole.

    Raises:
        DataError: if a score has no value.
    """
    if not scores or any(values.size == 0 for values in scores.values()):
        raise DataError("a distribution needs at least one score")

    def draw(figure: Figure) -> None:
        figure.suptitle(title, fontsize=10.0)
        places = figure.subplots(len(scores), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (name, values) in zip(places, scores.items(), strict=True):
            _draw_spread(axes, name, values)
        places[-1].set_xlabel("score (no unit); the dashed line is the models' mean")

    return plots.drawn(draw, (8.0, 1.1 + 1.0 * len(scores)))


def tokens(rounds: Sequence[int], amounts: Mapping[str, NDArray[np.float64]]) -> str:
    """Draw what was at risk above, payouts and burns below, a round a place; return the SVG.

    Args:
        rounds: the rounds' numbers, in order.
        amounts: `at risk`, `payout` and `burn` in tokens, each of shape (n_rounds,). Floats are
            for the eye: they are not money.

    Raises:
        DataError: if there is no round or a series has another length.
    """
    if not rounds or any(len(values) != len(rounds) for values in amounts.values()):
        raise DataError(f"every series of the plot must have {len(rounds)} rounds, at least 1")

    def draw(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        above.set_title("at risk, and what became of it")
        above.bar(rounds, amounts["at risk"], width=0.7, color=_COLOURS["at risk"])
        above.set_ylabel("at risk (ERA)")
        below.bar(rounds, amounts["payout"], width=0.7, color=_COLOURS["payout"], label="payout")
        below.bar(rounds, -amounts["burn"], width=0.7, color=_COLOURS["burn"], label="burn")
        below.axhline(0.0, color=_MIDDLE, linewidth=0.6)
        below.set_ylabel("payout up, burn down (ERA)")
        below.set_xlabel("round")
        below.xaxis.set_major_locator(MaxNLocator(integer=True))
        below.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8)
        for axes in (above, below):
            plots.grid(axes)

    return plots.drawn(draw, (8.0, 4.5))


def _draw_spread(axes: Axes, name: str, values: NDArray[np.float64]) -> None:
    if values.size <= _FEW:
        # A point a model, one above the other where they would hide each other.
        heights = np.argsort(np.argsort(values)) % 3
        axes.scatter(values, heights, s=26, color=_SCORE, alpha=0.75, linewidth=0)
        axes.set_ylim(-0.8, 2.8)
        axes.set_yticks([])
    else:
        axes.hist(values, bins=_BINS, color=_SCORE, alpha=0.75)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axes.axvline(0.0, color=_MIDDLE, linewidth=0.6)
    axes.axvline(float(values.mean()), color=_MIDDLE, linewidth=1.0, linestyle="--")
    what = "a point a model" if values.size <= _FEW else "models"
    axes.set_ylabel(f"{name}\n{what}")
    plots.grid(axes)
