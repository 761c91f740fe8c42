"""Predictions of one model for one live era: what a Dask worker runs."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.adapters.lake import Lake
from tasks.client.data import Dataset
from tasks.core.errors import InputError
from tasks.core.protocol import derive
from tasks.core.scoring import ranks
from tasks.modellers import boosting, fitting, linear
from tasks.modellers.roster import ModellerSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A model, the snapshot whose live era it predicts, and where it keeps what it fits."""

    spec: ModellerSpec
    lake_root: Path
    snapshot: str
    folder: Path


def predict(job: Job) -> NDArray[np.float64]:
    """Return a model's predictions for a live era.

    Returns:
        Ranks in (0, 1) in the order of the sorted ids, shape (n_ids,); standardised and rounded
        to 1e-10 before, so that CPUs agree.

    Raises:
        DataError: if there are too few eras to learn from.
        InputError: if the model predicts nothing itself.
    """
    dataset = Dataset.open(Lake(job.lake_root), job.snapshot)
    values = ranks.ranked(_raw(job, dataset))
    return 1.0 - values if job.spec.mirrored else values


def _raw(job: Job, dataset: Dataset) -> NDArray[np.float64]:
    spec, live = job.spec, dataset.live
    if spec.kind == "random":
        purpose = f"predictions/{spec.source}/{live.name}"
        return _chance(derive.derive(spec.seed, purpose), live.n_ids)
    if spec.kind == "linear":
        model, columns = fitting.fitted(spec, dataset, job.folder, linear.fit)
        return linear.predict(model, dataset.features(live.name)[:, columns])
    if spec.kind == "lightgbm":
        fit = partial(boosting.fit, spec.training, spec.seed)
        model, columns = fitting.fitted(spec, dataset, job.folder, fit)
        return boosting.predict(model, dataset.features(live.name)[:, columns])
    raise InputError(f"{spec.name} copies {spec.copies} and predicts nothing itself")


def _chance(entropy: bytes, n_ids: int) -> NDArray[np.float64]:
    return np.random.default_rng(int.from_bytes(entropy)).random(n_ids)
