"""Plots for reports, as SVG text: the same figures give the same bytes.

It stands with the adapters because drawing is output; the core holds the numbers.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from tasks.core.errors import DataError

_STYLE: dict[Any, Any] = {
    # Ids of the file's parts are hashes of this and their content, not random.
    "svg.hashsalt": "erarium",
    # Text stays text: small, and it can be searched and read aloud.
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    # A dollar sign in a name is a dollar sign.
    "text.parse_math": False,
    "path.simplify": True,
}
_INK, _GRID = "#1a1a1a", "#d9d9d9"
_BANDS = ("#1a1a1a", "#b3541e", "#2f6f8f", "#6b4fa0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A curve that is drawn with an error band of the same length."""

    name: str
    values: NDArray[np.float64]
    errors: NDArray[np.float64]


def cumulative_corr(
    rounds: Sequence[int], models: Mapping[str, NDArray[np.float64]], bands: Sequence[Band]
) -> str:
    """Draw cumulative CORR over rounds and return the SVG.

    Args:
        rounds: the rounds' numbers, in order.
        models: per model its CORR a round, NaN where it has none; drawn as thin lines.
        bands: CORR a round of the meta-model and of its rivals, each with the error of its
            cumulative sum; the first one is drawn as the main curve.

    Raises:
        DataError: if there is no round or a series has another length.
    """
    series = [*models.values(), *(each for band in bands for each in (band.values, band.errors))]
    if not rounds or any(len(values) != len(rounds) for values in series):
        raise DataError(f"every series of the plot must have {len(rounds)} rounds, at least 1")

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        for number, band in enumerate(bands):
            _draw_band(axes, rounds, band, number)
        _draw_models(axes, rounds, models)
        _label(axes, len(models))

    return drawn(draw, (8.0, 4.5))


def drawn(draw: Callable[[Figure], None], size: tuple[float, float]) -> str:
    """Return what a function draws on an empty white figure of that size, in inches, as SVG."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        FigureCanvasSVG(figure)
        buffer = io.StringIO()
        # No date: the file must not change with the day on which it is drawn.
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def grid(axes: Axes) -> None:
    """Give axes the grid and the frame of every plot here."""
    axes.grid(color=_GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_models(
    axes: Axes, rounds: Sequence[int], models: Mapping[str, NDArray[np.float64]]
) -> None:
    colours = [matplotlib.colormaps["tab20"](index) for index in range(20)]
    for index, (name, values) in enumerate(sorted(models.items())):
        axes.plot(
            rounds,
            np.nancumsum(values),
            color=colours[index % len(colours)],
            linewidth=0.9,
            linestyle=("-", "--", ":")[index // len(colours) % 3],
            marker="." if len(rounds) == 1 else None,
            label=name,
        )


def _draw_band(axes: Axes, rounds: Sequence[int], band: Band, number: int) -> None:
    total, colour = np.nancumsum(band.values), _BANDS[number % len(_BANDS)]
    label = f"{band.name}, with one error"
    low, high = total - band.errors, total + band.errors
    axes.fill_between(rounds, low, high, color=colour, alpha=0.12, linewidth=0)
    marker = "o" if len(rounds) == 1 else None
    width = 2.4 if number == 0 else 1.6
    # Above the models, which come after it in the legend; the first band above the others.
    order = 10 - number
    axes.plot(
        rounds, total, color=colour, linewidth=width, marker=marker, label=label, zorder=order
    )


def _label(axes: Axes, n_models: int) -> None:
    axes.axhline(0.0, color=_INK, linewidth=0.6)
    grid(axes)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("round")
    axes.set_ylabel("cumulative CORR")
    axes.set_title("CORR, summed over rounds")
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        frameon=False,
        fontsize=8,
        ncols=1 + n_models // 24,
    )
