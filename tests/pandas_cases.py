"""The cases of `tests.cases` as callers of numerai-tools have them, and how calls are compared."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from tests import cases

PARITY = 1e-12
INDICES = ("range", "int", "str")


@dataclass(frozen=True, kw_only=True, repr=False)
class Era:
    """One era in pandas; every part has an order of its own, and `targets` the name target."""

    predictions: pd.DataFrame
    targets: pd.Series
    meta_model: pd.Series
    neutralizers: pd.DataFrame
    sample_weights: pd.Series
    stakes: pd.Series

    def sorted(self) -> "Era":
        """Return the ids alone that have everything, a target too, every part sorted by id."""
        parts = {name: part for name, part in vars(self).items() if name != "stakes"}
        kept = pd.concat(parts.values(), axis=1, join="inner").dropna().index.sort_values()
        return Era(**{name: part.loc[kept] for name, part in parts.items()}, stakes=self.stakes)


def make(
    seed: int, kind: str, n_ids: int, index: str, n_neutralizers: int = 3, n_models: int = 3
) -> Era:
    """Make an era; a few ids are missing here and there, but none from what fits a universe."""
    case = cases.make(seed, kind, n_ids, n_neutralizers, n_models)
    rng = np.random.default_rng(seed + 1)
    ids = make_ids(rng, index, n_ids)

    def frame(rows: np.ndarray, columns: list[str], *, whole: bool = False) -> pd.DataFrame:
        made = pd.DataFrame(rows.T, index=ids, columns=columns)
        lost = 0 if whole else rng.integers(0, n_ids // 30 + 1)
        return made if index == "range" else made.iloc[rng.permutation(n_ids)[lost:]]

    models = [f"model{row}" for row in range(n_models)]
    features = [f"feature{row}" for row in range(len(case.neutralizers))]
    return Era(
        predictions=frame(case.predictions, models),
        targets=frame(case.targets[np.newaxis], ["target"])["target"],
        meta_model=frame(rng.normal(size=(1, n_ids)), ["meta_model"])["meta_model"],
        neutralizers=frame(case.neutralizers, features, whole=True),
        sample_weights=frame(case.sample_weights[np.newaxis], ["weight"], whole=True)["weight"],
        stakes=pd.Series(case.stakes, index=models),
    )


def make_whole(n_ids: int = 40, kind: str = "continuous", index: str = "str", seed: int = 3) -> Era:
    """Make an era whose parts all have the same sorted ids, without NaN; a few less than asked."""
    return make(seed, kind, n_ids, index).sorted()


def make_ids(rng: np.random.Generator, index: str, n_ids: int) -> pd.Index:
    """Return ids of a kind, each once, those of text and numbers in no order."""
    if index == "range":
        return pd.RangeIndex(n_ids)
    numbers = rng.choice(10 * n_ids, n_ids, replace=False)
    return pd.Index(numbers if index == "int" else [f"n{number:07x}" for number in numbers])


@st.composite
def eras(draw: st.DrawFn, smallest: int = 3) -> Era:
    """Draw an era with at most a third as many neutralizers as ids; few have thousands of ids.

    Where neutralizers explain nearly all, numerai-tools correlates what rounding left.
    """
    large = draw(st.integers(0, 19)) == 19
    n_ids = draw(st.integers(300, 7_000) if large else st.integers(smallest, 300))
    return make(
        seed=draw(st.integers(0, 2**32 - 1)),
        kind=draw(st.sampled_from(cases.KINDS)),
        n_ids=n_ids,
        index=draw(st.sampled_from(INDICES)),
        n_neutralizers=draw(st.integers(1, max(1, min(n_ids // 3, 30)))),
        n_models=draw(st.integers(1, 4)),
    )


def public_functions(module: ModuleType) -> set[str]:
    """Return the names of the functions that a module defines for its callers."""
    return {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


def signature(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Return name, kind and default of each parameter."""
    parameters = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default) for each in parameters]


def outcome(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Return a call's result, or what its AssertionError says, or that there was a ValueError.

    What pandas and numpy say in a ValueError is no part of the API.
    """
    try:
        return function(*arguments, **named)
    except AssertionError as refusal:
        return f"AssertionError: {refusal}"
    except ValueError:
        return "ValueError"


def assert_same(ours: Any, theirs: Any, rtol: float = 0.0) -> None:
    """Assert equal types, dtypes, names and indices, and values as near as parity asks."""
    if isinstance(theirs, pd.DataFrame):
        pd.testing.assert_frame_equal(ours, theirs, rtol=rtol, atol=PARITY)
    elif isinstance(theirs, pd.Series):
        pd.testing.assert_series_equal(ours, theirs, rtol=rtol, atol=PARITY)
    elif isinstance(theirs, tuple | list):
        assert type(ours) is type(theirs)
        for left, right in zip(ours, theirs, strict=True):
            assert_same(left, right, rtol)
    elif isinstance(theirs, float | np.ndarray):
        assert isinstance(ours, type(theirs) if isinstance(theirs, np.ndarray) else float)
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=PARITY)
    else:
        assert ours == theirs
