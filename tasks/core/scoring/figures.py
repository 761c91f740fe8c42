"""How a mean over rounds is written: never without its n, its effective n and its error."""

from collections.abc import Mapping
from typing import Any

from tasks.core.money.units import WAD


def mean_text(estimate: Mapping[str, Any] | None) -> str:
    """Return a mean with its error, such as `+0.0213 ± 0.0140`, or why there is none."""
    if estimate is None:
        return "no score"
    if estimate["error"] is None:
        return f"{estimate['mean']:+.4f} (too few)"
    return f"{estimate['mean']:+.4f} ± {estimate['error']:.4f}"


def counts_text(estimate: Mapping[str, Any] | None) -> str:
    """Return the number of rounds and the effective number, such as `12 (3.4)`."""
    if estimate is None:
        return "0"
    if estimate["n_effective"] is None:
        return f"{estimate['n']}"
    return f"{estimate['n']} ({estimate['n_effective']:.1f})"


def tokens_text(wei: str | int, digits: int = 2) -> str:
    """Return an amount of wei in tokens, cut off (not rounded) after some digits."""
    whole, rest = divmod(abs(int(wei)), WAD)
    fraction = f"{rest:018d}"[:digits]
    sign = "-" if int(wei) < 0 else ""
    return f"{sign}{whole:,}.{fraction}" if digits else f"{sign}{whole:,}"
