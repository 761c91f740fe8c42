"""The LightGBM models, fitted such that the same rows give the same trees."""

import lightgbm
import numpy as np
from numpy.typing import NDArray

from tasks.modellers.roster import Training


def fit(
    training: Training, seed: int, features: NDArray[np.int8], targets: NDArray[np.float64]
) -> bytes:
    """Return a fitted model as LightGBM's text.

    Args:
        training: its size.
        seed: of what LightGBM leaves to chance.
        features: bins 0..4, shape (n_rows, n_features).
        targets: shape (n_rows,), finite.
    """
    parameters = {
        "objective": "regression",
        "learning_rate": training.rate,
        "max_depth": training.depth,
        "num_leaves": 2**training.depth - 1,
        "min_data_in_leaf": 50,
        "max_bin": 7,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed % 2**31,
        "verbosity": -1,
    }
    rows = lightgbm.Dataset(features.astype(np.float32), label=targets, free_raw_data=True)
    booster = lightgbm.train(parameters, rows, num_boost_round=training.trees)
    return str(booster.model_to_string()).encode()


def predict(model: bytes, features: NDArray[np.int8]) -> NDArray[np.float64]:
    """Return a stored model's raw predictions, shape (n_rows,)."""
    booster = lightgbm.Booster(model_str=model.decode())
    values = booster.predict(features.astype(np.float32), num_threads=1)
    return np.asarray(values, dtype=np.float64)
