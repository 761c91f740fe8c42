"""Walk forward: a model is fitted every 13 eras on what had ended by then, and stored."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import lake
from tasks.client.data import Dataset
from tasks.core.data import purge
from tasks.core.errors import DataError, HomeError
from tasks.core.protocol import canonical
from tasks.modellers.roster import ModellerSpec

Fit = Callable[[NDArray[np.int8], NDArray[np.float64]], bytes]


def fitted(
    spec: ModellerSpec, dataset: Dataset, folder: Path, fit: Fit
) -> tuple[bytes, Sequence[int]]:
    """Return the model that predicts a snapshot's live era, and the features that it sees.

    Args:
        spec: the model.
        dataset: a snapshot with a live era.
        folder: where the model's owner keeps what was fitted.
        fit: makes the model from features and targets.

    Returns:
        The fitted model as bytes, stored under its block's first era, and feature positions.

    Raises:
        DataError: if fewer than 52 eras are admissible.
    """
    era = dataset.live.name
    start = block_start(int(era), _first_era(folder, era))
    columns = chosen_features(spec, dataset.feature_names)
    path = folder / "fitted" / f"{start:04d}.txt"
    if not path.exists():
        eras = dataset.training_eras(spec.training.target, f"{start:04d}")
        if len(eras) < purge.MIN_TRAIN_ERAS:
            raise DataError(
                f"{spec.name} needs {purge.MIN_TRAIN_ERAS} eras whose targets ended by era "
                f"{start:04d}, there are {len(eras)}"
            )
        if spec.training.window is not None:
            eras = eras[-spec.training.window :]
        rows = dataset.training_rows(spec.training.target, eras, columns)
        lake.create_file(path, fit(*rows))
    return path.read_bytes(), columns


def block_start(era: int, first: int) -> int:
    """Return the era at which the model of `era` was fitted, given the first era predicted."""
    return era - (era - first) % purge.REFIT_EVERY


def chosen_features(spec: ModellerSpec, names: Sequence[str]) -> list[int]:
    """Return the positions of the features that a model sees, ascending.

    They follow from the digest of seed, model and feature, so that no library's random
    generator decides.
    """
    count = max(1, round(spec.training.share * len(names)))
    drawn = sorted(
        range(len(names)),
        key=lambda place: canonical.sha256_hex(f"{spec.seed}/{spec.name}/{names[place]}".encode()),
    )
    return sorted(drawn[:count])


def _first_era(folder: Path, era: str) -> int:
    """Return the first era that this model ever predicted; this one, if it is the first."""
    path = folder / "walk.json"
    lake.create_file(path, canonical.canonical_json({"first_era": era}))
    try:
        return int(json.loads(path.read_bytes())["first_era"])
    except (ValueError, KeyError, TypeError) as error:
        raise HomeError(f"{path} is damaged: remove it and what is fitted beside it") from error
