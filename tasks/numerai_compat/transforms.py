"""numerai-tools' transforms of columns: ranks, quantiles, powers, neutralisation."""

from typing import Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from tasks.core.scoring import neutralization, ranks
from tasks.numerai_compat import frames

S1 = TypeVar("S1", bound=pd.DataFrame | pd.Series)
RANK_METHOD_TYPE = Literal["average", "min", "max", "first", "dense"]

_ALIKE = 0.9
"""A power must leave a column so much correlated with itself."""


def rank_series(s: pd.Series, method: RANK_METHOD_TYPE = "average") -> pd.Series:
    """Return ranks between 0 and 1 around a mean of 1/2; a NaN stays one."""
    return rank(s, method)


def rank(s: S1, method: RANK_METHOD_TYPE = "average") -> S1:
    """Return each column's ranks between 0 and 1 around a mean of 1/2; a NaN stays one."""
    check_sorted(s)
    ranked: S1
    if method == "average" and frames.is_finite(s):
        ranked = frames.like(ranks.rank(frames.rows(s)), s)
    else:
        ranked = (s.rank(method=method) - 0.5) / s.count()
    return ranked


def tie_broken_rank(df: pd.DataFrame) -> pd.DataFrame:
    """Return each column's ranks; of equal values the first id's is the lower."""
    return rank(df, "first")


def tie_kept_rank(s: S1) -> S1:
    """Return each column's ranks; equal values share their mean rank."""
    return rank(s, "average")


def min_max_normalize(s: pd.Series) -> pd.Series:
    """Return the values moved and scaled to reach from 0 to 1."""
    low, high = s.min(), s.max()
    return (s - low) / (high - low)


def variance_normalize(df: pd.DataFrame) -> pd.DataFrame:
    """Return each column divided by its standard deviation, that of a population."""
    return df / df.std(axis=0, ddof=0)


def weight_normalize(s: S1) -> S1:
    """Return each column divided by the sum of its absolute values."""
    scaled: S1 = s / s.abs().sum(axis=0)
    return scaled


def center(s: S1) -> S1:
    """Return each column less its mean."""
    moved: S1 = s - s.mean()
    return moved


def standardize(df: pd.DataFrame) -> pd.DataFrame:
    """Return each column with mean 0 and standard deviation 1."""
    return variance_normalize(center(df))


def power(df: pd.DataFrame, p: float) -> pd.DataFrame:
    """Return the absolute values to a power, with their signs; it must leave them much alike."""
    frames.require(not frames.has_missing(df), "Data contains NaNs")
    frames.require(df.index.is_monotonic_increasing, "Index is not sorted")
    raised = np.sign(df) * np.abs(df) ** p
    before, after = (data.to_numpy(dtype=np.float64).T for data in (df, raised))
    alike = frames.correlations(before, after) >= _ALIKE
    frames.require((alike | (raised.std() == 0)).all())
    return raised


def gaussian(df: pd.DataFrame) -> pd.DataFrame:
    """Return the normal quantile of each value."""
    frames.require(df.index.is_monotonic_increasing)
    values = np.atleast_2d(df.to_numpy(dtype=np.float64).T)
    return frames.like(special.ndtri(values), df)


def orthogonalize(v: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the columns of `v` less their projections on the vector `u`."""
    shares = (v.T @ u) / (u.T @ u)
    rest: NDArray[np.float64] = v - np.outer(u, shares)
    return rest


def stake_weight(predictions: pd.DataFrame, stakes: pd.Series) -> pd.Series:
    """Return the stake-weighted mean of the predictions of those that have a stake."""
    return predictions[stakes.index].mul(stakes, axis="columns").sum(axis=1) / stakes.sum()


def neutralize(
    df: pd.DataFrame, neutralizers: pd.DataFrame, proportion: float = 1.0
) -> pd.DataFrame:
    """Return each column less what the neutralizers explain of it; NaN for a constant one."""
    check_neutralizers(df, neutralizers)
    rows = df.to_numpy(dtype=np.float64).T
    if not np.isfinite(rows).all():
        return frames.like(np.full(rows.shape, np.nan), df)
    left = neutralization.neutralize(rows, neutralizers.to_numpy().T, proportion)
    left[(df.std() == 0).to_numpy()] = np.nan
    return frames.like(left, df)


def one_hot_encode(df: pd.DataFrame, columns: list[str], dtype: type = np.float64) -> pd.DataFrame:
    """Return the frame with a column for each value of some columns in the place of these."""
    for column in columns:
        codes, values = pd.factorize(df[column], sort=True)
        names = [str(value) for value in np.asarray(values)]
        if (codes < 0).any():
            names, codes = [*names, "nan"], np.where(codes < 0, len(values), codes)
        # What scikit-learn calls a column whose name is not a string.
        prefix = column if isinstance(column, str) else "x0"
        hot = pd.DataFrame(
            (codes[:, np.newaxis] == np.arange(len(names))).astype(dtype),
            columns=[f"{prefix}_{name}" for name in names],
            index=df.index,
        )
        df = df.join(hot).drop(columns=column)
    return df


def tie_kept_rank__gaussianize__pow_1_5(df: pd.DataFrame) -> pd.DataFrame:
    """Return the gaussianised ranks of each column to the power 1.5."""
    quantiles = gaussianized(df)
    # One value has no deviation, which numerai-tools' check of the power refuses.
    frames.require(len(df) > 1)
    return frames.like(ranks.pow15(quantiles.to_numpy().T), df)


def tie_kept_rank__gaussianize__neutralize__variance_normalize(
    df: pd.DataFrame, neutralizers: pd.DataFrame
) -> pd.DataFrame:
    """Return what neutralizers leave of the gaussianised ranks, with standard deviation 1."""
    return variance_normalize(neutralize(gaussianized(df), neutralizers))


def gaussianized(df: pd.DataFrame) -> pd.DataFrame:
    """Return the gaussianised ranks of each column."""
    check_sorted(df)
    frames.require(not frames.has_missing(df), "Data contains NaNs")
    return frames.like(ranks.gauss(frames.rows(df)), df)


def check_sorted(data: pd.DataFrame | pd.Series) -> None:
    """Raise unless the ids are in order."""
    frames.require(data.index.is_monotonic_increasing, "unsorted index found")


def check_neutralizers(df: pd.DataFrame, neutralizers: pd.DataFrame) -> None:
    """Raise unless both have the same ids and neither a NaN."""
    frames.require(not frames.has_missing(df), "Data contains NaNs")
    frames.require(not frames.has_missing(neutralizers), "Neutralizers contain NaNs")
    frames.require(df.index.equals(neutralizers.index), "Indices don't match")
