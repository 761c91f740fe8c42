"""Plots for a diagnosis: SVG that stands in a page and takes the page's colours.

Each colour here stands for a variable of the page's style sheet, so that one drawing serves a
light and a dark page.
"""

import io
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from tasks.core import wording
from tasks.core.errors import DataError

COLOURS = {
    "ink": "#010203",
    "grid": "#020304",
    "first": "#030405",
    "second": "#040506",
    "third": "#050607",
    "fourth": "#060708",
    "bad": "#070809",
}
"""Variables of the page, and what stands for them while a plot is drawn."""

_LINES = ("first", "second", "third", "fourth")
_STYLE: dict[Any, Any] = {
    # Text stays text: small, and it can be searched and read aloud.
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    # A dollar sign in a name is a dollar sign.
    "text.parse_math": False,
    "text.color": COLOURS["ink"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.edgecolor": COLOURS["grid"],
    "xtick.color": COLOURS["ink"],
    "ytick.color": COLOURS["ink"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}
_WIDE, _NARROW, _HEIGHT = 8.0, 4.6, 2.4
_DENSE = 200
_BESIDE, _BELOW = 24, 14
"""The longest names that fit beside and below axes."""

_NAMESPACE = re.compile(r' xmlns(:\w+)?="[^"]*"')
# None of it: the file must not change with the day on which it is drawn.
_METADATA = ("Creator", "Date", "Format", "Type")


def bars(eras: Sequence[str], values: NDArray[np.float64], mean: float | None) -> str:
    """Draw a score era by era, and its mean; return the SVG.

    Args:
        eras: their names, in order.
        values: shape (n_eras,); NaN where there is none.
        mean: of the values.
    """

    def draw(axes: Axes) -> None:
        colours = [COLOURS["bad"] if value < 0 else COLOURS["first"] for value in values]
        axes.bar(range(len(eras)), np.nan_to_num(values), width=0.8, color=colours, linewidth=0)
        if mean is not None:
            axes.axhline(mean, color=COLOURS["ink"], linewidth=1.0, linestyle="--")
        _zero(axes)
        _mark_eras(axes, eras, 7)

    return _svg("bars", (_WIDE, 2.2), draw, eras, values)


def curves(
    eras: Sequence[str],
    sums: Mapping[str, NDArray[np.float64]],
    errors: NDArray[np.float64],
) -> str:
    """Draw cumulative scores, the first of them with a band of one error; return the SVG.

    Args:
        eras: their names, in order.
        sums: each of shape (n_eras,), by name.
        errors: of the first one, shape (n_eras,); NaN where unknown.
    """

    def draw(axes: Axes) -> None:
        first = next(iter(sums.values()))
        axes.fill_between(
            range(len(eras)), first - errors, first + errors,
            color=COLOURS["first"], alpha=0.18, linewidth=0,
        )  # fmt: skip
        _draw_lines(axes, sums, 1.5)
        _zero(axes)
        _mark_eras(axes, eras, 7)

    return _svg("curves", (_WIDE, 3.0), draw, eras, *sums.values(), errors)


def drawdown(eras: Sequence[str], losses: NDArray[np.float64]) -> str:
    """Draw losses from a peak, in [-1, 0]; return the SVG."""

    def draw(axes: Axes) -> None:
        axes.fill_between(range(len(eras)), losses, 0.0, color=COLOURS["bad"], alpha=0.35, lw=0)
        axes.plot(losses, color=COLOURS["bad"], linewidth=1.2)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_ylim(top=0.0)
        _mark_eras(axes, eras, 3)

    return _svg("drawdown", (_NARROW, _HEIGHT), draw, eras, losses)


def levels(eras: Sequence[str], values: Mapping[str, NDArray[np.float64]]) -> str:
    """Draw correlations era by era as lines, by name; return the SVG."""
    # The name is part of the ids: a page may hold several of these.
    name = f"levels of {' and '.join(values)}"

    def draw(axes: Axes) -> None:
        # Many eras make a line so dense that its width hides it.
        _draw_lines(axes, values, 1.5 if len(eras) <= _DENSE else 0.8)
        _zero(axes)
        _mark_eras(axes, eras, 3)

    return _svg(name, (_NARROW, _HEIGHT), draw, eras, *values.values())


def features(names: Sequence[str], means: NDArray[np.float64], errors: NDArray[np.float64]) -> str:
    """Draw mean correlations with features as horizontal bars; return the SVG.

    Args:
        names: of the features, from the top down.
        means: shape (n_features,).
        errors: of the means, shape (n_features,); NaN where unknown.
    """

    def draw(axes: Axes) -> None:
        places = range(len(names))
        axes.barh(places, means, height=0.7, color=COLOURS["first"], alpha=0.85, linewidth=0)
        axes.errorbar(
            means, places, xerr=np.nan_to_num(errors), fmt="none", ecolor=COLOURS["ink"], lw=0.8
        )
        axes.axvline(0.0, color=COLOURS["ink"], linewidth=0.7)
        axes.set_yticks(places, [_short(name, _BESIDE) for name in names])
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.grid(visible=False, axis="y")
        axes.invert_yaxis()

    height = max(_HEIGHT, 0.5 + 0.2 * len(names))
    return _svg("features", (_NARROW, height), draw, names, means, errors)


def _svg(
    name: str,
    size: tuple[float, float],
    draw: Callable[[Axes], None],
    labels: Sequence[str],
    *series: NDArray[np.float64],
) -> str:
    """Draw on axes of a width and height in inches, and return the SVG without a prologue."""
    if not labels or any(len(values) != len(labels) for values in series):
        raise DataError(f"every series of the plot {name} must have {len(labels)} values, over 0")
    # Ids of the drawing's parts are hashes of this and their content: plots of a page differ.
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": f"erarium {name}"}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        FigureCanvasSVG(figure)
        buffer = io.StringIO()
        with warnings.catch_warnings():
            # The reader's browser has the letters that this machine's fonts lack.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(buffer, format="svg", metadata=dict.fromkeys(_METADATA))
    text = buffer.getvalue()
    # Inside of a page neither the prologue nor the name spaces are needed.
    text = _NAMESPACE.sub("", text[text.index("<svg") :])
    for variable, colour in COLOURS.items():
        text = text.replace(colour, f"var(--{variable})")
    return text


def _draw_lines(axes: Axes, values: Mapping[str, NDArray[np.float64]], width: float) -> None:
    for (name, series), colour in zip(values.items(), _LINES, strict=False):
        marker = "o" if len(series) == 1 else None
        axes.plot(series, color=COLOURS[colour], linewidth=width, marker=marker, label=name)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(values), borderpad=0.0)


def _zero(axes: Axes) -> None:
    axes.axhline(0.0, color=COLOURS["ink"], linewidth=0.7)


def _mark_eras(axes: Axes, eras: Sequence[str], most: int) -> None:
    """Write some of the eras' names below the axes."""
    places = list(range(0, len(eras), math.ceil(len(eras) / most)))
    axes.set_xticks(places, [_short(eras[place], _BELOW) for place in places])
    axes.set_xlim(-0.7, len(eras) - 0.3)
    axes.grid(visible=False, axis="x")


def _short(name: str, longest: int) -> str:
    """Return a name, cut if it is too long."""
    name = wording.plain(name)
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
