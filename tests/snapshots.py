"""Small published snapshots with a signal in them, for tests of what modellers run."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from tasks.adapters import tables
from tasks.adapters.lake import Lake
from tasks.core.money.units import RoundId
from tasks.core.protocol import places
from tasks.core.protocol.documents.snapshots import LIVE, TRAIN, EraEntry, Manifest
from tasks.core.rules import SCORING_VERSION
from tasks.core.scoring import ranks

TARGETS = {"20d1l": 5, "10d1l": 3, "5d1l": 2}
"""Each target's name, and after how many eras it has ended."""


def make_era(number, n_ids, n_features):
    """Return an era's ids, bins and targets; the first features say something of the targets."""
    rng = np.random.default_rng(number)
    ids = sorted(f"n{number:04d}{place:04d}" for place in rng.permutation(n_ids))
    bins = rng.integers(0, 5, (n_ids, n_features)).astype(np.int8)
    signal = bins[:, 0] - bins[:, 1] + 0.5 * (bins[:, 2] == 4) * bins[:, 3]
    targets = {}
    for name in TARGETS:
        noisy = ranks.ranked(signal + 4 * rng.normal(size=n_ids))
        targets[name] = np.round(4 * noisy) / 4
    return ids, bins, targets


def publish(root: Path, live: int, n_eras=70, n_ids=60, n_features=8) -> str:
    """Publish `live_<live>` over the eras before it, and return its name."""
    lake = Lake(root)
    eras = []
    for number in range(live - n_eras, live + 1):
        ids, bins, targets = make_era(number, n_ids, n_features)
        columns = {f"feature_{i:02d}": bins[:, i] for i in range(n_features)}
        label = {"era": [f"{number:04d}"] * n_ids, "data_type": ["train"] * n_ids}
        features = lake.put(
            tables.table_bytes(tables.table({"id": ids} | label | columns)), ".parquet"
        )
        known = {
            f"target_{name}": values if number + TARGETS[name] <= live else np.full(n_ids, np.nan)
            for name, values in targets.items()
        }
        body = lake.put(tables.table_bytes(tables.table({"id": ids} | known)), ".parquet")
        benchmarks = {"id": ids, "benchmark": pa.array(ranks.ranked(targets["20d1l"]))}
        bench = lake.put(tables.table_bytes(tables.table(benchmarks)), ".parquet")
        eras.append(
            EraEntry(
                name=f"{number:04d}",
                data_type=LIVE if number == live else TRAIN,
                n_ids=n_ids,
                features=features,
                targets=None if number == live else body,
                benchmarks=bench,
                target_end_era={name: f"{number + TARGETS[name]:04d}" for name in TARGETS},
            )
        )
    name = places.live_snapshot(RoundId(live))
    manifest = Manifest(
        name=name,
        version=places.VERSION,
        as_of_era=f"{live:04d}",
        live_era=f"{live:04d}",
        code_version="0.1.0",
        scoring_version=SCORING_VERSION,
        eras=tuple(eras),
        files=None,
    )
    lake.publish(places.manifest(name), manifest)
    return name
