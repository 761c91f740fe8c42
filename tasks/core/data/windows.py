"""Statistics down the columns of a window that has missing values."""

import numpy as np

from tasks.core.data.arrays import Bools, Floats

_MIN_SHARE = 2 / 3


def _enough(present: Bools) -> Bools:
    """Return the columns in which at least two thirds of the rows are present."""
    return np.asarray(present.sum(axis=0) >= _MIN_SHARE * present.shape[0])


def total(values: Floats) -> Floats:
    """Return each column's sum over present rows; NaN where under two thirds are present."""
    present = np.isfinite(values)
    sums = np.where(present, values, 0.0).sum(axis=0)
    return np.where(_enough(present), sums, np.nan)


def mean(values: Floats) -> Floats:
    """Return each column's mean over present rows; NaN where under two thirds are present."""
    count = np.isfinite(values).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total(values) / count)


def deviation(values: Floats) -> Floats:
    """Return each column's standard deviation over present rows."""
    return np.asarray(np.sqrt(mean(np.square(values - mean(values)))))


def moment(values: Floats, order: int) -> Floats:
    """Return each column's standardised central moment (3: skew, 4: kurtosis)."""
    centred = values - mean(values)
    square = np.square(centred)
    # Products, not `**`: numpy raises floats to small powers thirty times more slowly.
    raised = square * centred if order == 3 else square * square
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(mean(raised) / np.sqrt(mean(square)) ** order)


def highest(values: Floats) -> Floats:
    """Return each column's largest present value."""
    present = np.isfinite(values)
    top = np.where(present, values, -np.inf).max(axis=0)
    return np.where(_enough(present), top, np.nan)


def lowest(values: Floats) -> Floats:
    """Return each column's smallest present value."""
    return np.asarray(-highest(-values))


def slope(values: Floats, regressor: Floats) -> Floats:
    """Return the slope of each column on one regressor, over the rows present in the column.

    Args:
        values: shape (n_rows, n_columns).
        regressor: shape (n_rows,) or one column for each; NaN counts as missing.
    """
    other = np.broadcast_to(regressor.reshape(len(regressor), -1), values.shape)
    both = np.isfinite(values) & np.isfinite(other)
    y = np.where(both, values, np.nan)
    x = np.where(both, other, np.nan)
    x_centred = x - mean(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(mean(x_centred * (y - mean(y))) / mean(np.square(x_centred)))


def correlation(values: Floats, regressor: Floats) -> Floats:
    """Return the correlation of each column with a regressor, over the rows both have."""
    other = np.broadcast_to(regressor.reshape(len(regressor), -1), values.shape)
    both = np.isfinite(values) & np.isfinite(other)
    y = np.where(both, values, np.nan)
    x = np.where(both, other, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance = mean((x - mean(x)) * (y - mean(y)))
        return np.asarray(covariance / (deviation(x) * deviation(y)))
