"""What follows from a round's predictions and columns again: blends, and the scores of all."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.core.protocol import scores
from tasks.core.scoring import meta_model, metrics
from tasks.verification.view import RoundView


def by_stake(view: RoundView) -> NDArray[np.float64]:
    """Blend the accepted predictions by the models' shares of their stakes, shape (n_ids,)."""
    return _blend(view, meta_model.stake_weights([row.at_risk for row in view.accepted]))


def scores_again(view: RoundView) -> Sequence[Sequence[int]]:
    """Score the accepted predictions, columns as the registry's."""
    if not view.accepted:
        return []
    target, references = view.column("target"), view.references
    batches = metrics.batch_edges(len(view.accepted))
    rows = [metrics.score_rows(view.matrix[i:j], target, references) for i, j in batches]
    again: list[list[int]] = np.concatenate(rows).tolist()
    return again


def published(view: RoundView) -> dict[str, int | None]:
    """Score the published blends, by name; empty where nothing blends."""
    if not view.accepted:
        return {}
    return _corrs(view, view.references)


def equal(view: RoundView) -> dict[str, int | None]:
    """Blend the predictions equally and score that, by name; empty where nothing blends."""
    if not view.accepted:
        return {}
    weights = meta_model.equal_weights(len(view.accepted))
    return _corrs(view, {"equal_weight": _blend(view, weights)})


def faults(stated: Mapping[str, int | None], again: Mapping[str, int | None]) -> list[str]:
    """Name the blends whose published CORR is off by more than one nano."""
    return [
        f"corr of the {name} blend is {value}, not {stated[name]}"
        for name, value in again.items()
        if not _agree(stated[name], value)
    ]


def _blend(view: RoundView, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    partials = [
        meta_model.partial(view.matrix[first:last], weights[first:last])
        for first, last in metrics.batch_edges(weights.size)
    ]
    return meta_model.finish(meta_model.combine(partials))


def _corrs(view: RoundView, blends: Mapping[str, NDArray[np.float64]]) -> dict[str, int | None]:
    corrs = metrics.corr(np.stack([*blends.values()]), view.column("target")).tolist()
    return dict(zip(blends, map(scores.blend_nano, corrs), strict=True))


def _agree(stated: int | None, value: int | None) -> bool:
    if stated is None or value is None:
        return stated is value
    return abs(stated - value) <= 1
