"""The rows of each era: assets under their ids, with features, targets and when these end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core.data import bars, calendar, features, obfuscation, targets
from tasks.core.data.arrays import Bins, Floats
from tasks.core.data.bars import Bars
from tasks.core.data.calendar import Era
from tasks.core.data.panel import Panel
from tasks.core.data.targets import Exits
from tasks.core.errors import DataError

MIN_ASSETS = 100
"""Assets that an era needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EraRows:
    """One era's rows in the order of their ids.

    `measures` are the features' own names in their public order, which the key shuffles.
    """

    era: Era
    assets: list[str]
    ids: list[str]
    measures: list[str]
    features: Bins
    targets: Floats
    ends: dict[str, str | None]

    @property
    def mature(self) -> bool:
        """Return whether at least half of the assets have the 20-day target."""
        return bool(2 * np.isfinite(self.targets[:, 0]).sum() >= len(self.ids))


def build_eras(
    panel: Panel,
    key: bytes,
    version: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[EraRows]:
    """Return the rows of every era that has its features' warm-up behind it.

    Args:
        panel: daily bars.
        key: the version's secret for ids and names.
        version: the data version's name.
        progress: told after each era how many are done, and of how many.

    Raises:
        DataError: if there is none, or an era has too few assets.
    """
    cleaned, exits = bars.clean(panel), targets.find_exits(panel)
    eras = [era for era in calendar.find_eras(panel.dates) if era.day >= bars.WARM_UP_DAYS]
    if not eras:
        raise DataError(f"too few dates: no week ends after the first {bars.WARM_UP_DAYS}")
    built = []
    for era in eras:
        built.append(_build_era(panel, cleaned, exits, era, key, version))
        progress(len(built), len(eras))
    return built


def target_by_asset(panel: Panel, day: int, horizon: int) -> dict[str, float]:
    """Return one era's target over any number of days, by asset.

    Args:
        panel: daily bars.
        day: the era's row.
        horizon: trading days of the return, at least 1.

    Source: docs/protocol.md, "Targets".
    """
    cleaned, exits = bars.clean(panel), targets.find_exits(panel)
    found = features.era_features(cleaned, day)
    factors = targets.exposures(found, panel.sectors)
    values = targets.era_target(cleaned, exits, found, factors, horizon)
    names = [panel.names[i] for i in found.assets]
    return dict(zip(names, values.tolist(), strict=True))


def _build_era(
    panel: Panel, cleaned: Bars, exits: Exits, era: Era, key: bytes, version: str
) -> EraRows:
    found = features.era_features(cleaned, era.day)
    if found.assets.size < MIN_ASSETS:
        raise DataError(
            f"too few assets: {found.assets.size} with enough history on {era.date}, "
            f"at least {MIN_ASSETS} are needed"
        )
    factors = targets.exposures(found, panel.sectors)
    columns = [
        targets.era_target(cleaned, exits, found, factors, horizon)
        for horizon in targets.HORIZONS.values()
    ]
    assets = [panel.names[i] for i in found.assets]
    ids = obfuscation.public_ids(key, version, era.name, assets)
    rows = np.argsort(ids)
    measures = sorted(found.values)
    order = obfuscation.feature_order(key, version, measures)
    return EraRows(
        era=era,
        assets=[assets[i] for i in rows],
        ids=[ids[i] for i in rows],
        measures=[measures[i] for i in order],
        features=found.bins()[rows][:, order],
        targets=np.column_stack(columns)[rows],
        ends=_target_ends(calendar.week_numbers(panel.dates), era.day),
    )


def _target_ends(weeks: Sequence[int], day: int) -> dict[str, str | None]:
    """Return the era of the week in which each target ends; None beyond the panel."""
    ends = {name: targets.end_day(day, horizon) for name, horizon in targets.HORIZONS.items()}
    return {
        name: calendar.era_name(weeks[end]) if end < len(weeks) else None
        for name, end in ends.items()
    }
