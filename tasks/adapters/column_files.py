"""Columns of a table that a person names: Parquet or CSV, told apart by their first bytes."""

import re
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from tasks.core.errors import DataError

_PARQUET = b"PAR1"
_LOOKED_AT = 4096
_NO_NUMBER = re.compile(r"column #(\d+): Row #(\d+): .*conversion error to double: .*?('.*')")
_Reading = (OSError, UnicodeDecodeError, pa.ArrowException)


def column_names(path: Path) -> list[str]:
    """Return the names of a file's columns.

    Raises:
        DataError: if the file cannot be read, is neither Parquet nor CSV, or has a column twice.
    """
    try:
        if _is_parquet(path):
            names = list(parquet.read_schema(path).names)
        else:
            with csv.open_csv(path) as reader:
                names = list(reader.schema.names)
    except _Reading as error:
        raise DataError(f"{path}: cannot be read: {_one_line(error)}") from error
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}: the column {twice[0]!r} is there twice")
    return names


def read_columns(
    path: Path, keys: Sequence[str], numbers: Sequence[str], labels: Sequence[str] = ()
) -> pa.Table:
    """Read some columns of a file, and no others.

    Args:
        path: a Parquet or CSV file that has them, see `column_names`.
        keys: columns of text, integers or dates; they become text (`large_string`).
        numbers: columns of numbers; those of a CSV file become float64, those of a Parquet file
            keep their type. A missing value is null.
        labels: columns like keys, but a row may be without.

    Raises:
        DataError: if the file cannot be read, a row has no key, or a column holds something else.
    """
    try:
        if _is_parquet(path):
            # Not read_table: it would read meaning into the names of folders.
            with parquet.ParquetFile(path, memory_map=True) as file:
                table = file.read(columns=[*keys, *labels, *numbers])
        else:
            table = _read_csv(path, [*keys, *labels], numbers)
    except _Reading as error:
        raise DataError(f"{path}: {_one_line(error)}") from error
    columns = {name: _texts(table[name], name, path) for name in (*keys, *labels)}
    for name in keys:
        _require_full(columns[name], name, path)
    for name in numbers:
        kind = table[name].type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)):
            raise DataError(f"{path}: the column {name!r} holds {kind}, not numbers")
        columns[name] = table[name]
    return pa.table(columns)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT)
    if start.startswith(_PARQUET):
        return True
    if b"\0" in start:
        raise DataError(f"{path}: is neither a Parquet nor a CSV file")
    return False


def _read_csv(path: Path, keys: Sequence[str], numbers: Sequence[str]) -> pa.Table:
    # A key is read as text: an id such as 007 must not lose its zeros.
    types = dict.fromkeys(keys, pa.string()) | dict.fromkeys(numbers, pa.float64())
    convert = csv.ConvertOptions(column_types=types, include_columns=[*keys, *numbers])
    try:
        return csv.read_csv(path, convert_options=convert)
    except pa.ArrowInvalid:
        pass
    try:
        # Once more with one thread: only then does Arrow tell the line.
        slow = csv.ReadOptions(use_threads=False)
        return csv.read_csv(path, read_options=slow, convert_options=convert)
    except pa.ArrowInvalid as error:
        found = _NO_NUMBER.search(str(error))
        if found is None:
            raise
        name = column_names(path)[int(found[1])]
        message = f"{path}, line {found[2]}, column {name!r}: {found[3]} is not a number"
        raise DataError(message) from error


def _texts(column: pa.ChunkedArray, name: str, path: Path) -> pa.Array:
    """Return a column of ids or eras as text in one piece."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_timestamp(column.type):
        days = column.cast(pa.date32())
        # A date that a library wrote as its midnight is the date.
        column = days if days.cast(column.type).equals(column) else column
    kind = column.type
    texts = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not (texts or pa.types.is_integer(kind) or pa.types.is_temporal(kind)):
        raise DataError(f"{path}: the column {name!r} holds {kind}: needs text, integers or dates")
    combined = column.cast(pa.large_string()).combine_chunks()
    # Without rows there is no chunk to combine.
    return combined if isinstance(combined, pa.Array) else pa.array([], pa.large_string())


def _require_full(texts: pa.Array, name: str, path: Path) -> None:
    rows = texts.null_count + (pc.sum(pc.equal(texts, "")).as_py() or 0)
    if rows:
        raise DataError(f"{path}: the column {name!r} is empty in {rows} rows")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
