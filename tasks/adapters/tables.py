"""Parquet tables whose bytes depend on their content alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from tasks.core.errors import LakeError


def table(columns: Mapping[str, Any]) -> pa.Table:
    """Return a table of named columns, in their order, without metadata."""
    return pa.table(dict(columns)).replace_schema_metadata(None)


def table_bytes(content: pa.Table) -> bytes:
    """Encode a table as Parquet: zstd, one row group, no pandas or Arrow metadata."""
    sink = pa.BufferOutputStream()
    parquet.write_table(
        content.replace_schema_metadata(None),
        sink,
        compression="zstd",
        row_group_size=max(content.num_rows, 1),
        store_schema=False,
    )
    return bytes(sink.getvalue())


def read_table(content: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """Decode a Parquet table.

    Args:
        content: the file's bytes.
        columns: the columns wanted; None for all.

    Raises:
        LakeError: if the bytes are no Parquet table or lack a column.
    """
    try:
        return _chosen(parquet.read_table(pa.BufferReader(content)), columns)
    except pa.ArrowInvalid as error:
        raise LakeError(f"not a Parquet table: {error}") from error


def read_path(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Decode a Parquet file.

    Raises:
        LakeError: if it is missing, no Parquet table, or lacks a column.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LakeError(f"{path} cannot be read: {error.strerror}") from error
    return read_table(content, columns)


def _chosen(content: pa.Table, columns: Sequence[str] | None) -> pa.Table:
    if columns is None:
        return content
    missing = sorted(set(columns) - set(content.column_names))
    if missing:
        raise LakeError(f"the table has no column {missing[0]!r}")
    return content.select(list(columns))
