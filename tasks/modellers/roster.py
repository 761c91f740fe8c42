"""Who plays: the reference models, told apart by what they learn from and how."""

from dataclasses import dataclass, field, replace
from typing import Literal

from tasks.core.errors import InputError
from tasks.core.money.units import WAD, Wei

Kind = Literal["linear", "random", "copy", "lightgbm"]

FEWEST = 6
"""Linear, random, copy, the pair, and one LightGBM for the copy to copy."""

_PAIR_STAKE = Wei(100 * WAD)

# LightGBM models take these in turn. The lengths have no common factor, so that the first twelve
# differ in target and rows, and what is left differs by the features that a seed chooses.
_TARGETS = ("20d1l", "10d1l", "5d1l")
_WINDOWS = (None, 104, 78, None)
_SHARES = (1.0, 0.7, 0.5, 0.6, 0.8)
_SHAPES = ((200, 4, 0.05), (150, 3, 0.07), (100, 5, 0.08))


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a fitted model learns from, and how large it gets.

    Attributes:
        target: the training target's name.
        window: how many of the last admissible eras; None for all.
        share: the share of the features that it sees.
        trees: of a LightGBM model.
        depth: of each tree.
        rate: how much of each tree is added.
    """

    target: str = "20d1l"
    window: int | None = None
    share: float = 1.0
    trees: int = 200
    depth: int = 4
    rate: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ModellerSpec:
    """One reference model.

    Attributes:
        name: unique in the home.
        kind: how its predictions come about.
        seed: what its chance and its choice of features follow from.
        source: the name that its chance follows from; the pair shares one.
        mirrored: whether it submits 1 - p.
        copies: the model whose file it is given.
        at_risk: what it always risks; None for the default.
        training: of a fitted model.
    """

    name: str
    kind: Kind
    seed: int
    source: str = ""
    mirrored: bool = False
    copies: str | None = None
    at_risk: Wei | None = None
    training: Training = field(default_factory=Training)


def roster(m: int, seed: int) -> list[ModellerSpec]:
    """Return the reference models of a tournament.

    Args:
        m: how many; at least 6.
        seed: what their chance and their choice of features follow from.

    Raises:
        InputError: if there are too few.
    """
    if m < FEWEST:
        raise InputError(
            f"{m} modellers: need at least {FEWEST} (linear, random, copy, a p / 1-p pair, and one "
            "LightGBM for the copy)"
        )
    pair = ModellerSpec(name="pair-p", kind="random", source="pair", at_risk=_PAIR_STAKE, seed=seed)
    boosted = [_boosted(index, seed) for index in range(m - FEWEST + 1)]
    return [
        ModellerSpec(name="linear", kind="linear", seed=seed),
        ModellerSpec(name="random", kind="random", source="random", seed=seed),
        ModellerSpec(name="copy", kind="copy", copies=boosted[0].name, seed=seed),
        pair,
        replace(pair, name="pair-m", mirrored=True),
        *boosted,
    ]


def _boosted(index: int, seed: int) -> ModellerSpec:
    trees, depth, rate = _SHAPES[index // 2 % len(_SHAPES)]
    training = Training(
        target=_TARGETS[index % len(_TARGETS)],
        window=_WINDOWS[index % len(_WINDOWS)],
        share=_SHARES[index % len(_SHARES)],
        trees=trees,
        depth=depth,
        rate=rate,
    )
    name = f"lgbm-{index + 1:02d}"
    return ModellerSpec(name=name, kind="lightgbm", seed=seed, source=name, training=training)
