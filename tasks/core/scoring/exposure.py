"""How strongly submissions move with single features."""

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import DataError
from tasks.core.scoring import ranks


def feature_correlations(
    predictions: NDArray[np.float64], features: NDArray[np.float64] | NDArray[np.int8]
) -> NDArray[np.float64]:
    """Return the plain correlation of each submission with each feature.

    Args:
        predictions: finite values, not ranked here, shape (n_models, n_ids) or (n_ids,).
        features: finite numbers, shape (n_features, n_ids).

    Returns:
        Correlations, shape (n_models, n_features) or (n_features,); NaN where the submission or
        the feature is constant.

    Raises:
        DataError: if the shapes do not fit.
    """
    if features.ndim != 2 or predictions.shape[-1:] != features.shape[1:]:
        raise DataError(f"predictions {predictions.shape} do not fit features {features.shape}")
    rows = _units(ranks.rows(predictions))
    columns = _units(np.ascontiguousarray(features, dtype=np.float64))
    correlations: NDArray[np.float64] = rows @ columns.T
    return correlations.reshape((*predictions.shape[:-1], len(features)))


def max_feature_correlation(
    predictions: NDArray[np.float64], features: NDArray[np.float64] | NDArray[np.int8]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the feature that each submission moves with most, and how strongly.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        features: finite numbers, shape (n_features, n_ids), at least one.

    Returns:
        The features' positions, -1 where no correlation is defined, and the absolute
        correlations, NaN there; each of shape (n_models,) or ().

    Raises:
        DataError: if the shapes do not fit or there are no features.

    Source: docs/protocol.md, "Further scores".
    """
    if not len(features):
        raise DataError("there are no features to correlate with")
    sizes = np.abs(feature_correlations(predictions, features))
    defined = ~np.isnan(sizes)
    found = np.where(defined, sizes, -1.0)
    positions = found.argmax(axis=-1)
    largest = np.take_along_axis(sizes, positions[..., np.newaxis], axis=-1)[..., 0]
    return np.where(defined.any(axis=-1), positions, -1), largest


def _units(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows with mean 0 and of length one; NaN for a constant row."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt((centred * centred).sum(axis=1, keepdims=True))
    # What the mean's rounding leaves of equal values is no direction.
    some = rows.min(axis=1, keepdims=True) < rows.max(axis=1, keepdims=True)
    units: NDArray[np.float64] = np.divide(
        centred, lengths, out=np.full_like(centred, np.nan), where=some
    )
    return units
