"""Publish a snapshot: what was known on one era's date, as a manifest over per-era objects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

import numpy as np
import pyarrow as pa

from tasks.adapters import tables
from tasks.adapters.lake import Lake
from tasks.core.data import purge
from tasks.core.errors import DataError
from tasks.core.money.units import RoundId
from tasks.core.protocol import places
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.documents.snapshots import LIVE, TRAIN, VALIDATION, EraEntry, Manifest
from tasks.core.protocol.documents.vault import DataEra, DataSet
from tasks.core.rules import SCORING_VERSION
from tasks.stages import dataset, snapshot_files
from tasks.stages.snapshot_files import MetaModel

_LOOK_BACK = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    """What is being published, and the era entries of an earlier snapshot to reuse."""

    lake: Lake
    vault: Lake
    dataset: DataSet
    as_of_era: str
    live_era: str | None
    earlier: Mapping[str, EraEntry]


def publish_snapshot(
    lake: Lake,
    vault: Lake,
    name: str,
    *,
    as_of_era: str,
    live_era: str | None = None,
    files: bool = False,
    meta_model: MetaModel | None = None,
) -> None:
    """Publish a snapshot's manifest; does nothing if it is published.

    Args:
        lake: the public store.
        vault: the operator's, with the data set.
        name: the snapshot's name, like `s0001` or `live_205`.
        as_of_era: no target that ends after this era's date is published.
        live_era: the era to be predicted; None for none.
        files: write the single files of Numerai's layout too.
        meta_model: for the single files: by resolved era, its ids and the meta-model's values.

    Raises:
        DataError: if an era is unknown, or the live one lies before the snapshot's date.
    """
    data = dataset.newest(vault)
    if lake.seek(places.manifest(name)) is not None:
        return
    _check_eras(data, as_of_era, live_era)
    snapshot = _Snapshot(
        lake=lake,
        vault=vault,
        dataset=data,
        as_of_era=as_of_era,
        live_era=live_era,
        earlier=_earlier_eras(lake, as_of_era),
    )
    eras = [
        _publish_era(snapshot, entry, data_type)
        for entry, data_type in _chosen(data, as_of_era, live_era)
    ]
    manifest = Manifest(
        name=name,
        version=data.version,
        as_of_era=as_of_era,
        live_era=live_era,
        code_version=metadata.version("erarium"),
        scoring_version=SCORING_VERSION,
        eras=tuple(eras),
        files=snapshot_files.write(lake, name, eras, meta_model or {}) if files else None,
    )
    lake.publish(places.manifest(name), manifest)


def _check_eras(data: DataSet, as_of_era: str, live_era: str | None) -> None:
    known = {entry.name for entry in data.eras}
    for era in (as_of_era, live_era):
        if era is not None and era not in known:
            raise DataError(f"era {era} is not in the data set")
    if live_era is not None and int(live_era) < int(as_of_era):
        raise DataError(f"the live era {live_era} lies before the snapshot's era {as_of_era}")


def _chosen(data: DataSet, as_of_era: str, live_era: str | None) -> Iterator[tuple[DataEra, str]]:
    """Yield the eras of a snapshot with their data type, the live one last."""
    names = [entry.name for entry in data.eras]
    first = max(names.index(data.first_round) - purge.VALIDATION_ERAS, 1)
    for position, entry in enumerate(data.eras):
        if int(entry.name) <= int(as_of_era) and entry.name != live_era:
            yield entry, TRAIN if position < first else VALIDATION
    if live_era is not None:
        yield data.eras[names.index(live_era)], LIVE


def _earlier_eras(lake: Lake, as_of_era: str) -> dict[str, EraEntry]:
    """Return the era entries of the newest earlier live snapshot, by era."""
    for number in range(int(as_of_era) - 1, int(as_of_era) - 1 - _LOOK_BACK, -1):
        if number < 1:
            break
        manifest = lake.seek(places.manifest(places.live_snapshot(RoundId(number))))
        if manifest is not None:
            return {entry.name: entry for entry in manifest.eras}
    return {}


def _publish_era(snapshot: _Snapshot, entry: DataEra, data_type: str) -> EraEntry:
    """Publish an era's objects and return its entry; equal ones of an earlier snapshot serve."""
    ends = {
        name: end if purge.admissible(end, snapshot.as_of_era) else None
        for name, end in entry.target_end_era.items()
    }
    before = snapshot.earlier.get(entry.name)
    wanted = (data_type, entry.n_ids, ends)
    if before and (before.data_type, before.n_ids, before.target_end_era) == wanted:
        return before
    content = tables.read_table(snapshot.vault.read(entry.object))
    targets = None if data_type == LIVE else _put(snapshot, _target_table(content, ends))
    benchmarks = None
    if entry.benchmarked:
        benchmarks = _put(snapshot, content.select(["id", *snapshot.dataset.benchmarks]))
    features = _feature_table(content, entry.name, data_type, snapshot.dataset.features)
    return EraEntry(
        name=entry.name,
        data_type=data_type,
        n_ids=entry.n_ids,
        features=_put(snapshot, features),
        targets=targets,
        benchmarks=benchmarks,
        target_end_era=ends,
    )


def _put(snapshot: _Snapshot, part: pa.Table) -> Ref:
    return snapshot.lake.put(tables.table_bytes(part), ".parquet")


def _feature_table(
    content: pa.Table, era: str, data_type: str, features: Sequence[str]
) -> pa.Table:
    columns = {
        "id": content["id"],
        "era": [era] * content.num_rows,
        "data_type": [data_type] * content.num_rows,
    }
    return tables.table(columns | {name: content[name] for name in features})


def _target_table(content: pa.Table, ends: Mapping[str, str | None]) -> pa.Table:
    """Return ids and targets, NaN where the target has not ended as of the snapshot."""
    unknown = np.full(content.num_rows, np.nan, dtype=np.float32)
    columns = {"id": content["id"]}
    for name, end in ends.items():
        column = f"target_{name}"
        columns[column] = content[column] if end is not None else unknown
    return tables.table(columns)
