"""Submissions, targets and neutralizers of every kind that scores are compared on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from hypothesis import strategies as st

KINDS = ("continuous", "tied", "five", "heavy", "lognormal")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One era's submissions, with all that a score of them may need."""

    predictions: np.ndarray
    targets: np.ndarray
    neutralizers: np.ndarray
    sample_weights: np.ndarray
    stakes: np.ndarray

    @property
    def index(self) -> pd.Index:
        """Return ids in order, as the oracle wants them; integers, for it is quicker on them."""
        return pd.RangeIndex(self.targets.size)

    def frame(self, rows: np.ndarray) -> pd.DataFrame:
        """Return rows as the columns of a frame."""
        return pd.DataFrame(rows.T, index=self.index)

    def series(self, row: np.ndarray) -> pd.Series:
        """Return one value an id as a series."""
        return pd.Series(row, index=self.index, name="row")


def predictions(rng: np.random.Generator, kind: str, n_models: int, n_ids: int) -> np.ndarray:
    """Make submissions of a kind; none is constant."""
    normal = rng.normal(size=(n_models, n_ids))
    rows = {
        "continuous": normal,
        "tied": np.round(rng.random((n_models, n_ids)), 2),
        "five": rng.integers(0, 5, (n_models, n_ids)) / 4,
        "heavy": rng.standard_t(1, (n_models, n_ids)) ** 3,
        "lognormal": np.exp(8 * normal),
    }[kind]
    rows[:, :2] = rows.min() - 1, rows.max() + 1
    return rows


def make(seed: int, kind: str, n_ids: int, n_neutralizers: int = 3, n_models: int = 3) -> Case:
    """Make a case; up to a sixth of the targets are NaN, and no prediction is constant."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 5, n_ids) / 4
    targets[:2] = 0.0, 1.0
    targets[n_ids - int(rng.integers(0, n_ids // 6 + 1)) :] = np.nan
    sample_weights = rng.uniform(0.5, 2.0, n_ids)
    return Case(
        predictions=predictions(rng, kind, n_models, n_ids),
        targets=targets,
        neutralizers=orthonormal(rng, min(n_neutralizers, n_ids - 1), sample_weights),
        sample_weights=sample_weights,
        stakes=rng.exponential(100.0, n_models),
    )


def orthonormal(rng: np.random.Generator, n_rows: int, sample_weights: np.ndarray) -> np.ndarray:
    """Make neutralizers that are orthonormal in the metric of the sample weights."""
    columns = rng.normal(size=(sample_weights.size, n_rows))
    basis, _ = np.linalg.qr(columns * np.sqrt(sample_weights)[:, np.newaxis])
    rows: np.ndarray = (basis / np.sqrt(sample_weights)[:, np.newaxis]).T
    return rows


@st.composite
def any_case(draw: st.DrawFn) -> Case:
    """Draw a case; few have thousands of ids, for those take long."""
    large = draw(st.integers(0, 9)) == 9
    n_ids = draw(st.integers(300, 7_000) if large else st.integers(3, 300))
    return make(
        seed=draw(st.integers(0, 2**32 - 1)),
        kind=draw(st.sampled_from(KINDS)),
        n_ids=n_ids,
        n_neutralizers=draw(st.integers(1, 100)),
        n_models=draw(st.integers(1, 4)),
    )
