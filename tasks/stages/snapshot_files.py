"""A snapshot's single files, in Numerai's layout."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.adapters import tables
from tasks.adapters.lake import Lake, create_file
from tasks.core.errors import LakeError
from tasks.core.protocol import canonical, places
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.documents.snapshots import DATA_TYPES, LIVE, EraEntry, FileFacts
from tasks.stages.benchmarks import BLEND

MetaModel = Mapping[str, tuple[Sequence[str], NDArray[np.float64]]]
"""By resolved era: the ids and the meta-model's values."""

_MAIN_TARGET = "target_20d1l"


def write(
    lake: Lake, snapshot: str, eras: Sequence[EraEntry], meta_model: MetaModel
) -> dict[str, FileFacts]:
    """Write the single files into a snapshot's folder of the lake.

    Args:
        lake: the public store, which holds the eras' objects.
        snapshot: its name.
        eras: the manifest's entries.
        meta_model: resolved rounds only.

    Returns:
        What the manifest says of each file, by its name.

    Raises:
        LakeError: if a file is there with other content.
    """
    folder = places.folder(snapshot)
    files: dict[str, FileFacts] = {}
    for data_type in DATA_TYPES:
        chosen = [entry for entry in eras if entry.data_type == data_type]
        if not chosen:
            continue
        main = pa.concat_tables([_main_table(lake, entry) for entry in chosen])
        files[f"{data_type}.parquet"] = _write(lake, folder, f"{data_type}.parquet", main)
        known = [(entry.name, entry.benchmarks) for entry in chosen if entry.benchmarks is not None]
        if known:
            columns = pa.concat_tables([_benchmark_table(lake, era, ref) for era, ref in known])
            name = f"{data_type}_benchmark_models.parquet"
            files[name] = _write(lake, folder, name, columns)
        if data_type == LIVE and known:
            example = tables.table({"id": columns["id"], "prediction": columns[BLEND]})
            name = "live_example_preds.parquet"
            files[name] = _write(lake, folder, name, example)
    name = "meta_model.parquet"
    files[name] = _write(lake, folder, name, _meta_model_table(meta_model))
    files["features.json"] = _write_features(lake, folder)
    return files


def _main_table(lake: Lake, entry: EraEntry) -> pa.Table:
    """Return an era's features and, unless it is live, its targets."""
    content = tables.read_table(lake.read(entry.features))
    if entry.targets is None:
        return content
    targets = tables.read_table(lake.read(entry.targets))
    content = content.append_column("target", targets[_MAIN_TARGET])
    for name in targets.column_names[1:]:
        content = content.append_column(name, targets[name])
    return content


def _benchmark_table(lake: Lake, era: str, benchmarks: Ref) -> pa.Table:
    content = tables.read_table(lake.read(benchmarks))
    names = pa.array([era] * content.num_rows)
    return content.add_column(1, "era", names)


def _meta_model_table(meta_model: MetaModel) -> pa.Table:
    ids: list[str] = []
    names: list[str] = []
    values = [np.empty(0)]
    for era in sorted(meta_model):
        era_ids, era_values = meta_model[era]
        ids += era_ids
        names += [era] * len(era_ids)
        values.append(era_values)
    columns = {
        "id": pa.array(ids, pa.string()),
        "era": pa.array(names, pa.string()),
        "meta_model": np.concatenate(values),
    }
    return tables.table(columns)


def _write(lake: Lake, folder: str, name: str, content: pa.Table) -> FileFacts:
    encoded = tables.table_bytes(content)
    _create(lake, f"{folder}/{name}", encoded)
    return _facts(encoded, content.num_rows)


def _write_features(lake: Lake, folder: str) -> FileFacts:
    """Write the names of features, sets and targets, as the version has them."""
    version = lake.load(places.DATA_VERSION)
    document = version.to_document()
    names = {key: document[key] for key in ("feature_sets", "targets")}
    encoded = canonical.canonical_json(names)
    _create(lake, f"{folder}/features.json", encoded)
    return _facts(encoded, len(version.features))


def _create(lake: Lake, name: str, content: bytes) -> None:
    path = lake.root / name
    if not create_file(path, content) and path.read_bytes() != content:
        raise LakeError(f"{name} is there already, with other content")


def _facts(content: bytes, rows: int) -> FileFacts:
    return FileFacts(sha256=canonical.sha256_hex(content), size=len(content), rows=rows)
