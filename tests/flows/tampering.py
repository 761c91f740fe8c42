"""An operator who changes what he published: one value, alone or with all that names it."""

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.adapters import tables
from tasks.adapters.lake import Lake
from tasks.core.money.units import RoundId
from tasks.core.protocol import canonical, commitments
from tasks.core.protocol.documents.ref import Ref

Tamper = Callable[[Lake, RoundId], None]
"""Changes something of a round in a lake."""


def rewrite(lake: Lake, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a document in place, canonical as before."""
    document = lake.document(name)
    change(document)
    (lake.root / f"{name}.json").write_bytes(canonical.canonical_json(document))


def swap_object(lake: Lake, round_id: RoundId, key: str, content: bytes) -> None:
    """Publish another object in the place of one that a round's results name."""
    name = f"rounds/{round_id}/results"
    ref = lake.put(content, Ref.from_document(lake.document(name)[key]).suffix)
    rewrite(lake, name, lambda results: results.update({key: ref.to_document()}))


def object_of(lake: Lake, round_id: RoundId, key: str) -> bytes:
    return lake.read(Ref.from_document(lake.document(f"rounds/{round_id}/results")[key]))


def flip_prediction(lake: Lake, round_id: RoundId) -> None:
    """Flip a bit of the first model's last prediction, in place."""
    ref = Ref.from_document(lake.document(f"rounds/{round_id}/results")["predictions"])
    content, matrix = bytearray(lake.read(ref)), predictions(lake, round_id)
    # Little-endian: the second byte of a value is far behind its point.
    content[len(content) - 8 * (matrix.size - matrix.shape[1] + 1) + 1] ^= 1
    lake.path(ref).write_bytes(content)


def change_prediction(lake: Lake, round_id: RoundId) -> None:
    """Change a prediction of the first model, in an object of its own."""
    matrix = predictions(lake, round_id)
    matrix[0, 7] = 1.0 - matrix[0, 7] / 2
    swap_object(lake, round_id, "predictions", npy(matrix))


def swap_predictions(lake: Lake, round_id: RoundId) -> None:
    """Exchange the rows of two models."""
    matrix = predictions(lake, round_id)
    matrix[[0, 1]] = matrix[[1, 0]]
    swap_object(lake, round_id, "predictions", npy(matrix))


def drop_prediction(lake: Lake, round_id: RoundId) -> None:
    """Leave the last model's row out."""
    swap_object(lake, round_id, "predictions", npy(predictions(lake, round_id)[:-1]))


def change_target(lake: Lake, round_id: RoundId) -> None:
    """Change a target and the digest that the results state."""
    changed = _change_column(lake, round_id, "target", lambda x: 0.75 if x == 0.5 else 0.5)
    ids_hash = bytes.fromhex(lake.document(f"rounds/{round_id}/open")["ids_hash"])
    digest = commitments.content_digest(ids_hash, changed).hex()
    rewrite(lake, f"rounds/{round_id}/results", lambda doc: doc.update(targets_digest=digest))


def change_meta_model(lake: Lake, round_id: RoundId) -> None:
    _change_column(lake, round_id, "meta_model", lambda x: 1.0 - x)


def change_benchmark(lake: Lake, round_id: RoundId) -> None:
    _change_column(lake, round_id, "benchmark", lambda x: 1.0 - x)


def swap_ids(lake: Lake, round_id: RoundId) -> None:
    """Exchange two ids of the published columns."""
    columns = tables.read_table(object_of(lake, round_id, "columns"))
    ids = columns["id"].to_pylist()
    ids[0], ids[1] = ids[1], ids[0]
    place = columns.column_names.index("id")
    changed = columns.set_column(place, "id", pa.array(ids, pa.string()))
    swap_object(lake, round_id, "columns", tables.table_bytes(changed))


def change_score(lake: Lake, round_id: RoundId) -> None:
    """Raise a CORR by two nano, in scores and results."""
    _change_scores(lake, round_id, lambda rows: rows[1].update(corr_nano=rows[1]["corr_nano"] + 2))


def change_score_by_one_nano(lake: Lake, round_id: RoundId) -> None:
    """Raise an MMC, which pays nothing, by the one nano that CPUs may differ by."""
    name = f"rounds/{round_id}/scores"
    rewrite(lake, name, lambda doc: _raise(doc["rows"][1], "mmc_nano"))


def change_blend_score(lake: Lake, round_id: RoundId) -> None:
    """Raise the CORR that is published of the meta-model."""
    _change_scores(lake, round_id, lambda rows: None, meta_model=10_000)


def change_return(lake: Lake, round_id: RoundId) -> None:
    """Raise a return by a nano, with root and digest in the results as they follow."""
    name = f"rounds/{round_id}/table"
    rewrite(lake, name, lambda doc: _raise(doc["rows"][2], "return_nano"))
    sha256 = canonical.sha256_hex(lake.document_bytes(name) or b"")
    rewrite(lake, f"rounds/{round_id}/results", lambda doc: doc.update(table_sha256=sha256))


def change_profit(lake: Lake, round_id: RoundId) -> None:
    name = f"rounds/{round_id}/table"
    rewrite(lake, name, lambda doc: _raise(doc["rows"][2], "profit_nano"))


def change_root(lake: Lake, round_id: RoundId) -> None:
    rewrite(lake, f"rounds/{round_id}/results", lambda doc: doc.update(root="00" * 32))


def change_stake(lake: Lake, round_id: RoundId) -> None:
    """State a wei less at risk in the book."""

    def change(book: dict[str, Any]) -> None:
        row = book["entrants"][3]
        row["at_risk"] = str(int(row["at_risk"]) - 1)

    rewrite(lake, f"rounds/{round_id}/book", change)


def swap_digests(lake: Lake, round_id: RoundId) -> None:
    """Exchange two models' digests in the book."""

    def change(book: dict[str, Any]) -> None:
        first, second = book["entrants"][0], book["entrants"][1]
        first["digest"], second["digest"] = second["digest"], first["digest"]

    rewrite(lake, f"rounds/{round_id}/book", change)


def hide_entrant(lake: Lake, round_id: RoundId) -> None:
    rewrite(lake, f"rounds/{round_id}/book", lambda book: book["entrants"].pop())


def change_terms(lake: Lake, round_id: RoundId) -> None:
    """State a wider clip than the round was opened with."""
    name = f"rounds/{round_id}/open"
    rewrite(lake, name, lambda doc: _raise(doc["terms"], "clip_nano"))


def change_multiplier(lake: Lake, round_id: RoundId) -> None:
    name = f"rounds/{round_id}/open"
    rewrite(lake, name, lambda doc: _raise(doc["scoring"]["multipliers_nano"], "corr"))


def predictions(lake: Lake, round_id: RoundId) -> NDArray[np.float64]:
    content = io.BytesIO(object_of(lake, round_id, "predictions"))
    matrix: NDArray[np.float64] = np.load(content, allow_pickle=False).copy()
    return matrix


def npy(values: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _change_column(
    lake: Lake, round_id: RoundId, name: str, change: Callable[[float], float]
) -> NDArray[np.float64]:
    columns = tables.read_table(object_of(lake, round_id, "columns"))
    values: NDArray[np.float64] = columns[name].to_numpy().copy()
    row = int(np.flatnonzero(np.isfinite(values))[5])
    values[row] = change(values[row])
    changed = columns.set_column(columns.column_names.index(name), name, pa.array(values))
    swap_object(lake, round_id, "columns", tables.table_bytes(changed))
    return values


def _change_scores(
    lake: Lake, round_id: RoundId, change: Callable[[list[dict[str, Any]]], Any], **blends: int
) -> None:
    name = f"rounds/{round_id}/scores"
    document = json.loads(lake.document_bytes(name) or b"")
    change(document["rows"])
    for blend, more in blends.items():
        document["blends_corr_nano"][blend] += more
    content = canonical.canonical_json(document)
    (lake.root / f"{name}.json").write_bytes(content)
    sha256 = canonical.sha256_hex(content)
    rewrite(lake, f"rounds/{round_id}/results", lambda doc: doc.update(scores_sha256=sha256))


def _raise(entry: dict[str, Any], key: str) -> None:
    entry[key] += 1
