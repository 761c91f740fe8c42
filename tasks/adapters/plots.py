"""Plots for reports, as SVG text: the same figures give the same bytes.

It stands with the adapters because drawing is output; the core holds the numbers.
"""

import io
from collections.abc import Mapping, Sequence
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
    "path.simplify": True,
}
_INK, _GRID, _BAND = "#1a1a1a", "#d9d9d9", "#9fb8d6"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The main curve, drawn with an error band of the same length."""

    name: str
    values: NDArray[np.float64]
    errors: NDArray[np.float64]


def cumulative_corr(
    rounds: Sequence[int], models: Mapping[str, NDArray[np.float64]], main: Band
) -> str:
    """Draw cumulative CORR over rounds and return the SVG.

    Args:
        rounds: the rounds' numbers, in order.
        models: per model its CORR a round, NaN where it has none; drawn as thin lines.
        main: the meta-model's CORR a round, with the error of its cumulative sum.

    Raises:
        DataError: if there is no round or a series has another length.
    """
    series = [*models.values(), main.values, main.errors]
    if not rounds or any(len(values) != len(rounds) for values in series):
        raise DataError(f"every series of the plot must have {len(rounds)} rounds, at least 1")
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(8.0, 4.5), layout="constrained")
        axes = figure.add_subplot()
        _draw_models(axes, rounds, models)
        _draw_main(axes, rounds, main)
        _label(axes, len(models))
        FigureCanvasSVG(figure)
        buffer = io.StringIO()
        # No date: the file must not change with the day on which it is drawn.
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


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


def _draw_main(axes: Axes, rounds: Sequence[int], main: Band) -> None:
    total = np.nancumsum(main.values)
    label = f"{main.name}, with one error"
    low, high = total - main.errors, total + main.errors
    axes.fill_between(rounds, low, high, color=_BAND, alpha=0.35, linewidth=0)
    marker = "o" if len(rounds) == 1 else None
    axes.plot(rounds, total, color=_INK, linewidth=2.2, marker=marker, label=label)


def _label(axes: Axes, n_models: int) -> None:
    axes.axhline(0.0, color=_INK, linewidth=0.6)
    axes.grid(color=_GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("round")
    axes.set_ylabel("cumulative CORR")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        frameon=False,
        fontsize=8,
        ncols=1 + n_models // 24,
    )
