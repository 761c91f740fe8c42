"""Ranks and bins that two machines agree on: values are rounded before they are ordered."""

import numpy as np
from scipy import special

from tasks.core.data.arrays import Bins, Floats

_DECIMALS = 10
_MISSING_BIN = 2
_N_BINS = 5
_TARGET_EDGES = (0.05, 0.25, 0.75, 0.95)


def rounded(values: Floats) -> Floats:
    """Standardise values and round them to 1e-10, so that CPUs agree on their order.

    Args:
        values: one era's values, shape (n,); NaN and infinities count as missing.

    Returns:
        Values of mean 0 and deviation 1, NaN where missing; zeros if they do not vary.
    """
    result = np.full(values.size, np.nan)
    present = np.isfinite(values)
    if not present.any():
        return result
    # Compressed first: a sum over an array with holes depends on where the holes are.
    compact = values[present]
    centred = compact - compact.mean()
    scale = np.sqrt(np.square(centred).mean())
    # A spread at the level of rounding errors is none.
    if scale <= 1e-12 * np.abs(compact).max():
        result[present] = 0.0
    else:
        result[present] = np.round(centred / scale, _DECIMALS) + 0.0
    return result


def average_ranks(values: Floats) -> Floats:
    """Return ranks from 1, ties sharing their mean; the values are finite, shape (n,)."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.append(starts[1:], values.size)
    ranks = np.empty(values.size)
    ranks[order] = np.repeat((starts + 1 + ends) / 2.0, ends - starts)
    return ranks


def uniform_ranks(values: Floats) -> Floats:
    """Return `(average rank - 0.5) / count` of the rounded values, in (0, 1); NaN stays.

    Args:
        values: one era's values, shape (n,).
    """
    standard = rounded(values)
    result = np.full(values.size, np.nan)
    present = np.isfinite(standard)
    if present.any():
        result[present] = (average_ranks(standard[present]) - 0.5) / present.sum()
    return result


def gaussian_ranks(values: Floats) -> Floats:
    """Return the normal quantiles of the uniform ranks; NaN stays."""
    quantiles: Floats = special.ndtri(uniform_ranks(values))
    return quantiles


def feature_bins(values: Floats) -> Bins:
    """Cut one era's values into five equal bins 0 to 4; missing ones fall into the middle.

    Source: docs/protocol.md, "Features".
    """
    ranks = uniform_ranks(values)
    bins = np.minimum(np.floor(ranks * _N_BINS), _N_BINS - 1)
    return np.where(np.isfinite(ranks), bins, _MISSING_BIN).astype(np.int8)


def target_bins(values: Floats) -> Floats:
    """Cut one era's values 5/20/50/20/5 % into {0, .25, .5, .75, 1}; NaN stays.

    Source: docs/protocol.md, "Targets".
    """
    ranks = uniform_ranks(values)
    bins = np.searchsorted(_TARGET_EDGES, ranks, side="left") / 4.0
    return np.where(np.isfinite(ranks), bins, np.nan)
