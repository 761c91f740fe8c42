"""Columns of a table that a person names: Parquet or CSV, told apart by their first bytes."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from tasks.core import wording
from tasks.core.errors import DataError

_PARQUET = b"PAR1"
_LOOKED_AT = 4096
_NO_NUMBER = re.compile(r"column #(\d+): Row #(\d+): .*conversion error to double: .*?('.*')")
_Reading = (OSError, UnicodeDecodeError, pa.ArrowException)
_LONGEST = 200


def column_names(path: Path) -> list[str]:
    """Return the names of a file's columns.

    Raises:
        DataError: if the file cannot be read, is neither Parquet nor CSV, or has a column twice.
    """
    try:
        if is_parquet(path):
            names = list(parquet.read_schema(path).names)
        else:
            with csv.open_csv(path) as reader:
                names = list(reader.schema.names)
            if len(names) == 1 and re.search("[;\t|]", names[0]):
                raise DataError(f"{path}: its columns are not separated by commas")
    except _Reading as error:
        raise DataError(f"{path}: cannot be read: {_reason(error)}") from error
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
        numbers: columns of numbers; those of a CSV file and decimals become float64, others keep
            their type. A missing value is null.
        labels: columns like keys, but a row may be without.

    Raises:
        DataError: if the file cannot be read, a row has no key, or a column holds something else.
    """
    table = _read(path, [*keys, *labels], numbers)
    columns = {name: _texts(table[name], name, path) for name in (*keys, *labels)}
    for name in keys:
        _require_full(columns[name], name, path)
    for name in numbers:
        column = table[name]
        kind = column.type
        if not (_is_number(kind) or pa.types.is_null(kind)):
            raise DataError(f"{path}: the column {name!r} holds {kind}, not numbers")
        columns[name] = column.cast(pa.float64()) if pa.types.is_decimal(kind) else column
    return pa.table(columns)


def read_written(path: Path, names: Sequence[str]) -> pa.Table:
    """Read some columns of a file as what is written there, so that no digit is lost.

    Args:
        path: a Parquet or CSV file that has them, see `column_names`.
        names: of the columns; those of a CSV file come as text, those of a Parquet file as they
            are: numbers or text.

    Raises:
        DataError: if the file cannot be read or a column holds something else.
    """
    table = _read(path, names, ())
    for place, name in enumerate(names):
        column = _plain(table[name])
        kind = column.type
        if not (_is_number(kind) or _is_text(kind) or pa.types.is_null(kind)):
            raise DataError(f"{path}: the column {name!r} holds {kind}, not numbers or text")
        table = table.set_column(place, name, column)
    return table


def is_parquet(path: Path) -> bool:
    """Return whether a file begins as Parquet does.

    Raises:
        DataError: if it is no text either.
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT)
    if start.startswith(_PARQUET):
        return True
    if b"\0" in start:
        raise DataError(f"{path}: is neither a Parquet nor a CSV file")
    return False


def _read(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> pa.Table:
    """Read columns of a Parquet file as they are, of a CSV file as text or as numbers."""
    try:
        if not is_parquet(path):
            return _read_csv(path, texts, numbers)
        # Not read_table: it would read meaning into the names of folders.
        with parquet.ParquetFile(path, memory_map=True) as file:
            return file.read(columns=[*texts, *numbers])
    except _Reading as error:
        raise DataError(f"{path}: cannot be read: {_reason(error)}") from error


def _read_csv(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> pa.Table:
    # A key is read as text: an id such as 007 must not lose its zeros.
    types = dict.fromkeys(texts, pa.string()) | dict.fromkeys(numbers, pa.float64())
    convert = csv.ConvertOptions(column_types=types, include_columns=[*texts, *numbers])
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
        value = wording.plain(found[3][:_LONGEST])
        message = f"{path}, line {found[2]}, column {name!r}: {value} is not a number"
        raise DataError(message) from error


def _is_number(kind: pa.DataType) -> bool:
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return bool(numbers)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column whose repeated values were stored once as if they were not."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _texts(column: pa.ChunkedArray, name: str, path: Path) -> pa.Array:
    """Return a column of ids or eras as text in one piece."""
    column = _plain(column)
    if pa.types.is_timestamp(column.type):
        days = column.cast(pa.date32())
        # A date that a library wrote as its midnight is the date.
        column = days if days.cast(column.type).equals(column) else column
    kind = column.type
    if not (_is_text(kind) or pa.types.is_integer(kind) or pa.types.is_temporal(kind)):
        raise DataError(f"{path}: the column {name!r} holds {kind}: needs text, integers or dates")
    combined = column.cast(pa.large_string()).combine_chunks()
    # Without rows there is no chunk to combine.
    return combined if isinstance(combined, pa.Array) else pa.array([], pa.large_string())


def _require_full(texts: pa.Array, name: str, path: Path) -> None:
    empty = pc.equal(texts, "").fill_null(True).to_numpy(zero_copy_only=False)
    if empty.any():
        rows = wording.counted(int(empty.sum()), "row")
        first = int(np.flatnonzero(empty)[0]) + 1
        raise DataError(f"{path}: the column {name!r} is empty in {rows}, the first is row {first}")


def _reason(error: Exception) -> str:
    """Say in one line why a file cannot be read."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = wording.plain(" ".join(str(error).split()))
    if isinstance(error, UnicodeDecodeError) or "invalid UTF8" in text:
        return "its text is not UTF-8"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
