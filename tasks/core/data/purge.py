"""Which eras a model may learn from, and which can be played: by the dates of targets."""

import itertools
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tasks.core.errors import DataError

MIN_TRAIN_ERAS = 52
"""Admissible eras that a fit needs."""

REFIT_EVERY = 13
"""Eras that one fit predicts."""

VALIDATION_ERAS = 26
"""Eras before the first round that are published as validation."""


def admissible(target_end_era: str | None, predicted_era: str) -> bool:
    """Return whether a training row may be used for a fit.

    Args:
        target_end_era: the first era on or after the target's last price; None if immature.
        predicted_era: the first era that the fit predicts.

    Returns:
        True if the target had ended by the predicted era's date.

    Source: docs/protocol.md, "Purge".
    """
    return target_end_era is not None and int(target_end_era) <= int(predicted_era)


def train_eras(target_ends: Sequence[str | None], eras: Sequence[str], predicted: str) -> list[int]:
    """Return the positions of the eras that a fit for `predicted` may learn from.

    Args:
        target_ends: each era's target_end_era.
        eras: the eras' names, in order.
        predicted: the first era that the fit predicts.
    """
    return [
        i
        for i, (era, end) in enumerate(zip(eras, target_ends, strict=True))
        if int(era) < int(predicted) and admissible(end, predicted)
    ]


def refit_blocks(target_ends: Sequence[str | None], eras: Sequence[str]) -> list[range]:
    """Return the runs of eras that one fit each predicts, walking forward.

    The first run begins at the first era with MIN_TRAIN_ERAS admissible eras; each holds
    REFIT_EVERY eras, the last one what is left.
    """
    for start, era in enumerate(eras):
        if len(train_eras(target_ends, eras, era)) >= MIN_TRAIN_ERAS:
            starts = range(start, len(eras), REFIT_EVERY)
            return [range(s, min(s + REFIT_EVERY, len(eras))) for s in starts]
    return []


def choose_rounds(
    target_ends: Sequence[str | None],
    eras: Sequence[str],
    mature: Sequence[bool],
    n_rounds: int | None,
) -> list[str]:
    """Return the eras that a replay plays: the last ones whose targets matured.

    Args:
        target_ends: each era's target_end_era.
        eras: the eras' names, in order.
        mature: whether each era's target exists.
        n_rounds: how many; None for all that leave a model enough to learn from.

    Raises:
        DataError: if there are fewer; the message says how many.
    """
    playable = [
        era
        for era, ripe in zip(eras, mature, strict=True)
        if ripe and len(train_eras(target_ends, eras, era)) >= MIN_TRAIN_ERAS
    ]
    wanted = len(playable) if n_rounds is None else n_rounds
    if wanted < 1 or wanted > len(playable):
        raise DataError(
            f"{max(wanted, 1)} rounds need as many eras with a mature target and "
            f"{MIN_TRAIN_ERAS} eras to learn from; this panel has {len(playable)}"
        )
    return playable[-wanted:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One fit of a walk forward, by the positions of its eras.

    Attributes:
        train: what the fit may learn from.
        predicted: what it predicts, later than all of `train`.
        purged: earlier eras whose target had not ended when the prediction begins.
    """

    train: tuple[int, ...]
    predicted: range
    purged: tuple[int, ...]


def era_key(eras: Sequence[str]) -> Callable[[str], tuple[int, str]]:
    """Return what orders eras: their numbers where all of them are numbers, else their names."""
    numbers = all(era.isascii() and era.isdigit() for era in eras)
    return lambda era: (int(era) if numbers else 0, era)


def end_positions(eras: Sequence[str], ends: Sequence[str | None]) -> list[int | None]:
    """Return for each era the position of the first era on or after its target's end.

    Args:
        eras: names in order.
        ends: each era's target_end_era, which need not be among `eras`; None if immature.

    Returns:
        Positions; `len(eras)` for a target that ends after the last era, None if immature.

    Raises:
        DataError: if a target ends before it begins.
    """
    key = era_key([*eras, *[end for end in ends if end is not None]])
    keys = [key(era) for era in eras]
    positions: list[int | None] = []
    for place, (era, end) in enumerate(zip(eras, ends, strict=True)):
        position = None if end is None else bisect_left(keys, key(end))
        if position is not None and position <= place:
            raise DataError(f"the target of era {era} cannot end with era {end}: it begins later")
        positions.append(position)
    return positions


def walk_forward(ends: Sequence[int | None], n_folds: int, min_train: int) -> list[Fold]:
    """Split eras into runs that one fit each predicts, learning from what had ended by then.

    Args:
        ends: each era's end, from `end_positions`.
        n_folds: how many runs, as equal as can be; the first ones take what is left over.
        min_train: admissible eras that the first fit needs; later ones have no fewer.

    Raises:
        DataError: if too few eras are left to predict.

    Source: docs/protocol.md, "Purge".
    """
    first = next(
        (start for start in range(len(ends)) if len(_ended(ends, start)) >= min_train), len(ends)
    )
    if n_folds < 1 or len(ends) - first < n_folds:
        raise DataError(
            f"{len(ends)} eras leave {len(ends) - first} to predict after {min_train} whose "
            f"targets have ended, for {n_folds} folds: take fewer of either, or more eras"
        )
    size, over = divmod(len(ends) - first, n_folds)
    edges = [first + fold * size + min(fold, over) for fold in range(n_folds + 1)]
    return [_fold(ends, start, stop) for start, stop in itertools.pairwise(edges)]


def _fold(ends: Sequence[int | None], start: int, stop: int) -> Fold:
    train = _ended(ends, start)
    purged = sorted(set(range(start)) - set(train))
    return Fold(train=tuple(train), predicted=range(start, stop), purged=tuple(purged))


def _ended(ends: Sequence[int | None], start: int) -> list[int]:
    """Return the eras before a position whose targets had ended by it."""
    return [place for place, end in enumerate(ends[:start]) if end is not None and end <= start]
