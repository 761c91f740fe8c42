"""Which eras a model may learn from, and which can be played: by the dates of targets."""

from collections.abc import Sequence

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
