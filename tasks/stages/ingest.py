"""From a panel to eras: features, targets and benchmarks in the vault, a version in the lake."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from tasks.adapters import panels
from tasks.adapters.executors import Executor
from tasks.adapters.lake import Lake
from tasks.core.data import (
    bars,
    calendar,
    defects,
    obfuscation,
    panel,
    purge,
    rows,
    simulator,
    targets,
)
from tasks.core.data.calendar import Era
from tasks.core.data.panel import Panel
from tasks.core.errors import DataError
from tasks.core.protocol import canonical, places
from tasks.core.protocol.documents.snapshots import Version
from tasks.core.protocol.documents.vault import DataEra, DataSet, PanelFacts
from tasks.core.rules import SCORING_VERSION
from tasks.stages import benchmarks, dataset, stored_eras

_DAYS_A_WEEK = 5
_SMALL_SHARE, _MEDIUM_SHARE = 4, 2


class Source(Protocol):
    """Where a panel comes from; `prices` of None is the market simulator."""

    @property
    def prices(self) -> str | None:
        """Return the file or folder of prices."""

    @property
    def sectors(self) -> str | None:
        """Return the sector table."""

    @property
    def rounds(self) -> int | None:
        """Return how many rounds shall be played; None for all."""

    @property
    def seed(self) -> int:
        """Return the simulator's seed."""

    @property
    def simulated_ids(self) -> int:
        """Return the simulator's number of assets."""

    @property
    def simulated_days(self) -> int:
        """Return the simulator's number of days."""


def check_source(source: Source) -> None:
    """Read a source and check that it can be played, writing nothing.

    Raises:
        DataError: if a file is wrong or the panel too small; the message says what it needs.
    """
    load_panel(source)


def load_panel(source: Source) -> Panel:
    """Return a source's panel.

    Raises:
        DataError: if a file is wrong or the panel too small; the message says what it needs.
    """
    if source.prices is None:
        settings = simulator.SimulatorSettings(
            n_assets=source.simulated_ids, n_days=source.simulated_days
        )
        loaded = simulator.simulate(np.random.default_rng(source.seed), settings)
    else:
        table = None if source.sectors is None else Path(source.sectors)
        loaded = panels.read_panel(Path(source.prices), table)
    panel.require_size(loaded, min_days=min_days(source.rounds), min_assets=rows.MIN_ASSETS)
    return loaded


def min_days(n_rounds: int | None) -> int:
    """Return how many dates a number of rounds needs; None counts as one.

    The features' warm-up, the eras to learn from, their targets' end, the rounds, and the last
    round's target, each week with five days.
    """
    weeks = purge.MIN_TRAIN_ERAS + (n_rounds or 1)
    target_days = targets.end_day(0, max(targets.HORIZONS.values()))
    return bars.WARM_UP_DAYS + _DAYS_A_WEEK * weeks + 2 * target_days


def ingest(
    vault: Lake,
    lake: Lake,
    source: Source,
    executor: Executor,
    key: bytes,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Make the data set of a source; does nothing if it is there.

    Args:
        vault: the operator's private store.
        lake: the public one.
        source: where the panel comes from.
        executor: where the benchmarks are fitted.
        key: the version's secret for ids and names.
        progress: told how many eras are built, and of how many.

    Raises:
        DataError: if the source cannot be used; nothing is published then.
    """
    if dataset.find(vault) is not None:
        return
    loaded = load_panel(source)
    eras = rows.build_eras(loaded, key, places.VERSION, progress)
    public = obfuscation.feature_names(key, places.VERSION, eras[0].measures)
    ends = [era.ends["20d1l"] for era in eras]
    names = [era.era.name for era in eras]
    mature = [era.mature for era in eras]
    chosen = purge.choose_rounds(ends, names, mature, source.rounds)
    _require_no_gap(loaded, [era.era for era in eras if era.era.name in set(chosen)])
    times = {era.era.name: calendar.round_times(loaded.dates, era.era.day) for era in eras}
    entries = stored_eras.store(vault, eras, public, executor, times)
    playable = purge.choose_rounds(ends, names, mature, None)
    document = describe(loaded, source, public, entries, chosen[0], playable)
    publish_version(lake, public, key)
    dataset.publish(vault, document)


def describe(
    loaded: Panel,
    source: Source,
    public: Sequence[str],
    entries: Sequence[DataEra],
    first_round: str,
    playable: Sequence[str],
) -> DataSet:
    """Return a data set: its panel, features, eras and rounds."""
    found = defects.find_defects(loaded)
    return DataSet(
        version=places.VERSION,
        eras=tuple(entries),
        features=tuple(public),
        targets=tuple(f"target_{name}" for name in targets.HORIZONS),
        benchmarks=tuple(benchmarks.COLUMNS),
        first_round=first_round,
        playable=tuple(playable),
        panel=_panel_facts(loaded, source),
        defects=tuple(found),
        defect_counts=defects.count_kinds(found),
    )


def _require_no_gap(loaded: Panel, chosen: Sequence[Era]) -> None:
    """Refuse rounds that would resolve before their target's last price.

    Raises:
        DataError: if the dates have so long a gap; the message names it.
    """
    for era in chosen:
        end = targets.end_day(era.day, max(targets.HORIZONS.values()))
        days = int((loaded.dates[end] - era.date).astype(int))
        if days > calendar.RESOLVES_AFTER_DAYS:
            raise DataError(
                f"round {int(era.name)} cannot be played: its target ends on {loaded.dates[end]}, "
                f"{days} days after {era.date}, but rounds resolve after "
                f"{calendar.RESOLVES_AFTER_DAYS} days; the panel lacks trading days in between"
            )


def _panel_facts(loaded: Panel, source: Source) -> PanelFacts:
    """Return what is remembered of the panel itself."""
    return PanelFacts(
        kind="simulated" if source.prices is None else "prices",
        assets=len(loaded.names),
        days=len(loaded.dates),
        first_date=str(loaded.dates[0]),
        last_date=str(loaded.dates[-1]),
        sectors=None if loaded.sectors is None else "one table, not point in time",
        sha256=panel.digest(loaded),
    )


def publish_version(lake: Lake, public: Sequence[str], key: bytes) -> None:
    """Publish what is fixed for the version's life."""
    version = Version(
        version=places.VERSION,
        era_numbering="trading weeks of the panel, counted from 0001",
        key_sha256=canonical.sha256_hex(key),
        scoring_version=SCORING_VERSION,
        features=tuple(public),
        feature_sets=feature_sets(public),
        benchmarks=tuple(benchmarks.COLUMNS),
        targets=("target", *(f"target_{name}" for name in targets.HORIZONS)),
    )
    lake.publish(places.DATA_VERSION, version)


def feature_sets(public: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the named sets of features: a quarter, a half and all of them."""
    return {
        "small": tuple(public[: len(public) // _SMALL_SHARE]),
        "medium": tuple(public[: len(public) // _MEDIUM_SHARE]),
        "all": tuple(public),
    }
