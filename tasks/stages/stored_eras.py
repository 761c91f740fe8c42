"""Eras as they lie in the vault: one object each, with the benchmarks' predictions."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.adapters import tables
from tasks.adapters.executors import Executor
from tasks.adapters.lake import Lake
from tasks.core.data import targets
from tasks.core.data.arrays import Floats
from tasks.core.data.calendar import Times
from tasks.core.data.rows import EraRows
from tasks.core.errors import DataError
from tasks.core.protocol.documents.vault import DataEra
from tasks.stages import benchmarks
from tasks.stages.benchmarks import Matrix


def store(
    vault: Lake,
    eras: Sequence[EraRows],
    public: Sequence[str],
    executor: Executor,
    times: Mapping[str, Times | None],
    former: Sequence[DataEra] = (),
) -> list[DataEra]:
    """Store one object an era and return the data set's entries.

    Args:
        vault: the operator's store.
        eras: all of them, in order.
        public: the features' public names.
        executor: where the benchmarks are fitted.
        times: by era, when its round opens; None for an era without a round.
        former: entries of the first eras, as they were stored when the panel was shorter. Their
            benchmarks and times stay as they are.

    Raises:
        DataError: if a former era is missing or its ids or features have changed.
    """
    known = _former_benchmarks(vault, eras, public, former)
    predicted = benchmarks.predict(_store_matrix(vault, eras), executor, known)
    entries = []
    start = 0
    for place, era in enumerate(eras):
        stop = start + len(era.ids)
        own = predicted[start:stop]
        content = tables.table_bytes(_era_table(era, public, own))
        entries.append(
            DataEra(
                name=era.era.name,
                date=str(era.era.date),
                n_ids=len(era.ids),
                object=vault.put(content, ".parquet"),
                benchmarked=bool(np.isfinite(own).all()),
                mature=era.mature,
                target_end_era=era.ends,
                times=former[place].times if place < len(former) else times[era.era.name],
            )
        )
        start = stop
    return entries


def _former_benchmarks(
    vault: Lake, eras: Sequence[EraRows], public: Sequence[str], former: Sequence[DataEra]
) -> Floats:
    """Return the benchmarks of the former eras after checking that nothing else has changed."""
    parts = [np.empty((0, len(benchmarks.COLUMNS)))]
    if len(former) > len(eras):
        raise DataError(
            f"the panel has {len(eras)} eras, it had {len(former)}: a data set only grows"
        )
    for entry, era in zip(former, eras, strict=False):
        table = tables.read_table(vault.read(entry.object))
        _require_same(table, era, public)
        parts.append(np.column_stack([table[name].to_numpy() for name in benchmarks.COLUMNS]))
    return np.concatenate(parts)


def _require_same(table: pa.Table, era: EraRows, public: Sequence[str]) -> None:
    """Refuse a panel whose past is not what it was: what was published of it cannot change."""
    name = era.era.name
    if table["id"].to_pylist() != era.ids:
        raise DataError(
            f"era {name} of {era.era.date} had other assets: its prices were changed afterwards; "
            "give the prices as they were, with new days appended"
        )
    for column, feature in enumerate(public):
        if not np.array_equal(table[feature].to_numpy(), era.features[:, column]):
            raise DataError(
                f"era {name} of {era.era.date} had other features: its prices were changed "
                "afterwards; give the prices as they were, with new days appended"
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


def _era_table(era: EraRows, public: Sequence[str], predicted: Floats) -> pa.Table:
    columns: dict[str, Any] = {"asset": era.assets, "id": era.ids}
    for column, name in enumerate(public):
        columns[name] = era.features[:, column]
    for column, horizon in enumerate(targets.HORIZONS):
        columns[f"target_{horizon}"] = era.targets[:, column].astype(np.float32)
    for column, name in enumerate(benchmarks.COLUMNS):
        columns[name] = predicted[:, column]
    return tables.table(columns)
