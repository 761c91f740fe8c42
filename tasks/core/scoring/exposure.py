"""How strongly submissions move with single features."""

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import DataError
from tasks.core.scoring import features as eras
from tasks.core.scoring import ranks
from tasks.core.scoring.features import Features, Values

_ROWS = 128

_SAME = 1e-13
"""Correlations that differ by less differ by rounding alone."""


def feature_correlations(
    predictions: NDArray[np.float64], features: Values | Features
) -> NDArray[np.float64]:
    """Return the plain correlation of each submission with each feature.

    Args:
        predictions: finite values, not ranked here, shape (n_models, n_ids) or (n_ids,).
        features: finite numbers, shape (n_features, n_ids); prepared where calls share them.

    Returns:
        Correlations, shape (n_models, n_features) or (n_features,); NaN where the submission or
        the feature is constant.

    Raises:
        DataError: if the shapes do not fit.
    """
    prepared = eras.prepared(features, predictions.shape[-1])
    values = ranks.rows(predictions)
    found = np.empty((len(values), len(prepared.values)))
    # A block of rows at a time stays in the processor's cache.
    for first in range(0, len(values), _ROWS):
        units, lengths = eras.unit_rows(values[first : first + _ROWS], first)
        found[first : first + _ROWS] = prepared.products(units)
        if not lengths.all():
            found[first : first + _ROWS][lengths == 0] = np.nan
    if not prepared.lengths.all():
        found[:, prepared.lengths == 0] = np.nan
    return found.reshape((*predictions.shape[:-1], found.shape[1]))


def max_feature_correlation(
    predictions: NDArray[np.float64], features: Values | Features
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the feature that each submission moves with most, and how strongly.

    Args:
        predictions: finite values, shape (n_models, n_ids) or (n_ids,).
        features: finite numbers, shape (n_features, n_ids), at least one.

    Returns:
        The features' positions, the first of equals, -1 where no correlation is defined, and the
        absolute correlations, NaN there; each of shape (n_models,) or ().

    Raises:
        DataError: if the shapes do not fit or there are no features.

    Source: docs/protocol.md, "Further scores".
    """
    if not len(features.values if isinstance(features, Features) else features):
        raise DataError("there are no features to correlate with")
    return strongest(feature_correlations(predictions, features))


def strongest(
    correlations: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the position of the largest absolute correlation, and that; see the function above.

    Args:
        correlations: with each feature, NaN for none, shape (n_models, n_features) or
            (n_features,); at least one.
    """
    sizes = np.abs(correlations)
    defined = ~np.isnan(sizes)
    found = np.where(defined, sizes, -1.0)
    # Copies of a feature differ in the last bits, by where they stand among the features.
    positions = (found >= found.max(axis=-1, keepdims=True) - _SAME).argmax(axis=-1)
    largest = np.take_along_axis(sizes, positions[..., np.newaxis], axis=-1)[..., 0]
    return np.where(defined.any(axis=-1), positions, -1), largest
