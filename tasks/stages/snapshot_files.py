"""A snapshot's single files, in Numerai's layout."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.adapters import tables
from tasks.adapters.lake import Lake, create_file
from tasks.core.errors import LakeError
from tasks.core.protocol import canonical
from tasks.core.protocol.documents.ref import Ref
from tasks.stages.benchmarks import BLEND

MetaModel = Mapping[str, tuple[Sequence[str], NDArray[np.float64]]]
"""By resolved era: the ids and the meta-model's values."""

_MAIN_TARGET = "target_20d1l"
_TYPES = ("train", "validation", "live")


def write(
    lake: Lake, folder: str, eras: Sequence[Mapping[str, Any]], meta_model: MetaModel
) -> dict[str, dict[str, Any]]:
    """Write the single files below a folder of the lake.

    Args:
        lake: the public store, which holds the eras' objects.
        folder: the snapshot's folder, below the lake's root.
        eras: the manifest's entries.
        meta_model: resolved rounds only.

    Returns:
        By file: sha256, bytes and rows.

    Raises:
        LakeError: if a file is there with other content.
    """
    files: dict[str, dict[str, Any]] = {}
    for data_type in _TYPES:
        chosen = [entry for entry in eras if entry["data_type"] == data_type]
        if not chosen:
            continue
        main = pa.concat_tables([_main_table(lake, entry) for entry in chosen])
        files[f"{data_type}.parquet"] = _write(lake, folder, f"{data_type}.parquet", main)
        known = [entry for entry in chosen if entry["benchmarks"] is not None]
        if known:
            columns = pa.concat_tables([_benchmark_table(lake, entry) for entry in known])
            name = f"{data_type}_benchmark_models.parquet"
            files[name] = _write(lake, folder, name, columns)
        if data_type == "live" and known:
            example = tables.table({"id": columns["id"], "prediction": columns[BLEND]})
            name = "live_example_preds.parquet"
            files[name] = _write(lake, folder, name, example)
    name = "meta_model.parquet"
    files[name] = _write(lake, folder, name, _meta_model_table(meta_model))
    files["features.json"] = _write_features(lake, folder)
    return files


def _main_table(lake: Lake, entry: Mapping[str, Any]) -> pa.Table:
    """Return an era's features and, unless it is live, its targets."""
    content = tables.read_table(lake.read(Ref.from_document(entry["features"])))
    if entry["targets"] is None:
        return content
    targets = tables.read_table(lake.read(Ref.from_document(entry["targets"])))
    content = content.append_column("target", targets[_MAIN_TARGET])
    for name in targets.column_names[1:]:
        content = content.append_column(name, targets[name])
    return content


def _benchmark_table(lake: Lake, entry: Mapping[str, Any]) -> pa.Table:
    content = tables.read_table(lake.read(Ref.from_document(entry["benchmarks"])))
    era = pa.array([entry["era"]] * content.num_rows)
    return content.add_column(1, "era", era)


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


def _write(lake: Lake, folder: str, name: str, content: pa.Table) -> dict[str, Any]:
    encoded = tables.table_bytes(content)
    _create(lake, f"{folder}/{name}", encoded)
    return _facts(encoded, content.num_rows)


def _write_features(lake: Lake, folder: str) -> dict[str, Any]:
    """Write the names of features, sets and targets, as the version has them."""
    version = lake.document(f"{folder.rsplit('/', 1)[0]}/version")
    document = {"feature_sets": version["feature_sets"], "targets": version["targets"]}
    encoded = canonical.canonical_json(document)
    _create(lake, f"{folder}/features.json", encoded)
    return _facts(encoded, len(version["features"]))


def _create(lake: Lake, name: str, content: bytes) -> None:
    path = lake.root / name
    if not create_file(path, content) and path.read_bytes() != content:
        raise LakeError(f"{name} is there already, with other content")


def _facts(content: bytes, rows: int) -> dict[str, Any]:
    return {"bytes": len(content), "rows": rows, "sha256": canonical.sha256_hex(content)}
