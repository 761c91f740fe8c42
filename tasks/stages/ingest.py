"""From a panel to eras: features, targets and benchmarks in the vault, a version in the lake."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.adapters import panels, tables
from tasks.adapters.cluster import Executor
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
from tasks.core.data.arrays import Floats
from tasks.core.data.calendar import Era
from tasks.core.data.panel import Panel
from tasks.core.data.rows import EraRows
from tasks.core.errors import DataError
from tasks.core.protocol import canonical
from tasks.core.rules import SCORING_VERSION
from tasks.stages import benchmarks
from tasks.stages.benchmarks import Matrix

VERSION = "v1"
"""The only data version so far."""

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
    if vault.find("dataset") is not None:
        return
    loaded = load_panel(source)
    found = defects.find_defects(loaded)
    eras = rows.build_eras(loaded, key, VERSION, progress)
    public = obfuscation.feature_names(key, VERSION, eras[0].measures)
    ends = [era.ends["20d1l"] for era in eras]
    names = [era.era.name for era in eras]
    mature = [era.mature for era in eras]
    chosen = purge.choose_rounds(ends, names, mature, source.rounds)
    _require_no_gap(loaded, [era.era for era in eras if era.era.name in set(chosen)])
    predicted = benchmarks.predict(_store_matrix(vault, eras), executor)
    document = {
        "benchmarks": list(benchmarks.COLUMNS),
        "defect_counts": defects.count_kinds(found),
        "defects": [defect.to_json() for defect in found],
        "eras": _store_eras(vault, loaded, eras, public, predicted),
        "features": public,
        "first_round": chosen[0],
        "panel": _panel_facts(loaded, source),
        "playable": purge.choose_rounds(ends, names, mature, None),
        "targets": [f"target_{name}" for name in targets.HORIZONS],
        "version": VERSION,
    }
    _publish_version(lake, public, key)
    vault.publish("dataset", document)


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


def _store_matrix(vault: Lake, eras: Sequence[EraRows]) -> Matrix:
    """Store all rows where workers can map them."""
    stacked = np.concatenate([era.features for era in eras])
    wanted = np.concatenate([era.targets for era in eras]).astype("<f4")
    files = [vault.path(vault.put(_npy_bytes(values), ".npy")) for values in (stacked, wanted)]
    return Matrix(
        features=str(files[0]),
        targets=str(files[1]),
        eras=[era.era.name for era in eras],
        starts=np.cumsum([0, *[len(era.ids) for era in eras]]).tolist(),
        ends={name: [era.ends[name] for era in eras] for name in targets.HORIZONS},
    )


def _npy_bytes(values: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(values), allow_pickle=False)
    return buffer.getvalue()


def _store_eras(
    vault: Lake,
    loaded: Panel,
    eras: Sequence[EraRows],
    public: Sequence[str],
    predicted: Floats,
) -> list[dict[str, Any]]:
    """Store one object an era and return the data set's entries."""
    entries = []
    start = 0
    for era in eras:
        stop = start + len(era.ids)
        content = tables.table_bytes(_era_table(era, public, predicted[start:stop]))
        times = calendar.round_times(loaded.dates, era.era.day)
        entries.append(
            {
                "benchmarked": bool(np.isfinite(predicted[start:stop]).all()),
                "date": str(era.era.date),
                "era": era.era.name,
                "mature": era.mature,
                "n_ids": len(era.ids),
                "object": vault.put(content, ".parquet").to_json(),
                "target_end_era": era.ends,
                "times": None if times is None else times.to_json(),
            }
        )
        start = stop
    return entries


def _era_table(era: EraRows, public: Sequence[str], predicted: Floats) -> pa.Table:
    columns: dict[str, Any] = {"asset": era.assets, "id": era.ids}
    for column, name in enumerate(public):
        columns[name] = era.features[:, column]
    for column, horizon in enumerate(targets.HORIZONS):
        columns[f"target_{horizon}"] = era.targets[:, column].astype(np.float32)
    for column, name in enumerate(benchmarks.COLUMNS):
        columns[name] = predicted[:, column]
    return tables.table(columns)


def _panel_facts(loaded: Panel, source: Source) -> dict[str, Any]:
    """Return what is remembered of the panel itself."""
    return {
        "assets": len(loaded.names),
        "days": len(loaded.dates),
        "first_date": str(loaded.dates[0]),
        "kind": "simulated" if source.prices is None else "prices",
        "last_date": str(loaded.dates[-1]),
        "sectors": None if loaded.sectors is None else "one table, not point in time",
        "sha256": panel.digest(loaded),
    }


def _publish_version(lake: Lake, public: Sequence[str], key: bytes) -> None:
    """Publish what is fixed for the version's life."""
    lake.publish(
        f"versions/{VERSION}/version",
        {
            "benchmarks": list(benchmarks.COLUMNS),
            "era_numbering": "trading weeks of the panel, counted from 0001",
            "feature_sets": feature_sets(public),
            "features": list(public),
            "key_sha256": canonical.sha256_hex(key),
            "scoring_version": SCORING_VERSION,
            "targets": ["target", *(f"target_{name}" for name in targets.HORIZONS)],
            "version": VERSION,
        },
    )


def feature_sets(public: Sequence[str]) -> dict[str, list[str]]:
    """Return the named sets of features: a quarter, a half and all of them."""
    return {
        "small": list(public[: len(public) // _SMALL_SHARE]),
        "medium": list(public[: len(public) // _MEDIUM_SHARE]),
        "all": list(public),
    }
