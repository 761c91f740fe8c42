"""Price panels, sector tables and corporate actions from CSV and Parquet files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from tasks.core.data.arrays import Dates, Floats, Ints
from tasks.core.data.panel import ACTION_KINDS, FIELDS, Action, Panel
from tasks.core.errors import DataError

_PRICE_COLUMNS = ("date", *FIELDS, "Name")
_SECTOR_COLUMNS = ("Symbol", "Sector")
_ACTION_COLUMNS = ("date", "Name", "kind", "value")
_TYPES = {
    "date": pa.date32(),
    "Name": pa.string(),
    "Symbol": pa.string(),
    "Sector": pa.string(),
    "kind": pa.string(),
    "value": pa.float64(),
    **{field: pa.float64() for field in FIELDS},
}
_SUFFIXES = (".csv", ".parquet")
# The ticker NA is an asset, and an empty sector is none.
_NULLS = ["", "nan", "NaN", "null", "NULL", "None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sources:
    """The files of a panel by what their headers say they are."""

    prices: list[Path]
    sectors: Path | None
    actions: Path | None
    notes: list[str]


def read_panel(path: Path, sectors: Path | None = None, actions: Path | None = None) -> Panel:
    """Read a panel from a file or a folder of files.

    In a folder, files are recognised by their headers: price files are concatenated, one sector
    table and one actions file are used unless others are given, the rest is skipped and noted.

    Args:
        path: CSV or Parquet file with `date,open,high,low,close,volume,Name`, or a folder.
        sectors: table with `Symbol,Sector`.
        actions: table with `date,Name,kind,value`.

    Raises:
        DataError: if something is missing, empty, no number, or there twice; one line with
            file and line or column.
    """
    found = _find_sources(path)
    table, origins = _concatenate(found.prices)
    dates, date_rows = _index(table, "date", found.prices, origins)
    names, name_rows = _index(table, "Name", found.prices, origins)
    _require_unique(dates, names, date_rows, name_rows, found.prices, origins)
    shape = (len(dates), len(names))
    values = {}
    for field in FIELDS:
        values[field] = np.full(shape, np.nan)
        values[field][date_rows, name_rows] = _numbers(table, field, found.prices, origins)
    known = [str(name) for name in names]
    sector_file, action_file = sectors or found.sectors, actions or found.actions
    return Panel(
        dates=dates.astype("datetime64[D]"),
        names=tuple(known),
        sectors=None if sector_file is None else _read_sectors(sector_file, known),
        actions=() if action_file is None else _read_actions(action_file),
        notes=tuple(found.notes),
        **values,
    )


def _find_sources(path: Path) -> _Sources:
    """Sort the files of a path by their headers."""
    if path.is_file():
        return _Sources(prices=[path], sectors=None, actions=None, notes=[])
    if not path.is_dir():
        raise DataError(f"{path}: no such file or folder")
    prices, notes = [], []
    tables: dict[tuple[str, ...], Path] = {}
    files = [file for file in sorted(path.iterdir()) if file.suffix in _SUFFIXES]
    for file in files:
        header = set(_header(file))
        kind = next((k for k in (_SECTOR_COLUMNS, _ACTION_COLUMNS) if header == set(k)), None)
        # One column is enough to be meant as prices: then a missing one is an error.
        if header & set(FIELDS):
            prices.append(file)
        elif kind is not None and kind not in tables:
            tables[kind] = file
            notes.append(f"{file.name} holds no prices: read as a table of {','.join(kind)}")
        else:
            notes.append(f"{file.name} holds no prices: skipped")
    if not prices:
        raise DataError(f"{path}: the folder has no CSV or Parquet file with prices")
    return _Sources(
        prices=prices,
        sectors=tables.get(_SECTOR_COLUMNS),
        actions=tables.get(_ACTION_COLUMNS),
        notes=notes,
    )


def _header(file: Path) -> list[str]:
    """Return a file's column names."""
    try:
        if file.suffix == ".parquet":
            return list(parquet.read_schema(file).names)
        with file.open(encoding="utf-8-sig") as lines:
            return [name.strip().strip('"') for name in lines.readline().split(",")]
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise DataError(f"{file}: cannot be read: {_one_line(error)}") from error


def _read(file: Path, columns: tuple[str, ...]) -> pa.Table:
    """Read the named columns of a file with their types."""
    header = _header(file)
    missing = [column for column in columns if column not in header]
    if missing:
        raise DataError(f"{file}: the column {missing[0]!r} is missing; needs {','.join(columns)}")
    if len(set(header)) != len(header):
        raise DataError(f"{file}: a column is there twice in {','.join(header)}")
    try:
        if file.suffix == ".parquet":
            return _cast(parquet.read_table(file, columns=list(columns)), file)
        return _read_csv(file, columns)
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise DataError(f"{file}: {_one_line(error)}") from error


def _read_csv(file: Path, columns: tuple[str, ...]) -> pa.Table:
    """Read a CSV file; what Arrow cannot convert is looked up again for its line."""
    convert = csv.ConvertOptions(
        column_types={column: _TYPES[column] for column in columns},
        include_columns=list(columns),
        null_values=_NULLS,
        strings_can_be_null=True,
    )
    try:
        return csv.read_csv(file, convert_options=convert)
    except pa.ArrowInvalid as error:
        texts = csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            include_columns=list(columns),
            null_values=_NULLS,
            strings_can_be_null=True,
        )
        _cast(csv.read_csv(file, convert_options=texts), file)
        raise DataError(f"{file}: {_one_line(error)}") from error


def _cast(table: pa.Table, file: Path) -> pa.Table:
    """Convert columns to their types; the first value that does not fit is named."""
    columns = {}
    for name in table.column_names:
        column = table[name].combine_chunks()
        try:
            columns[name] = column.cast(_TYPES[name])
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(_misfit(column, name, file)) from error
    return pa.table(columns)


def _misfit(column: pa.Array, name: str, file: Path) -> str:
    """Say which value of a column does not fit its type."""
    wanted = "a date like 2016-05-19" if name == "date" else "a number"
    if not pa.types.is_string(column.type):
        return f"{file}: column {name!r} holds {column.type}, needs {wanted}"
    for row, text in enumerate(column.to_pylist()):
        try:
            pa.scalar(text, pa.string()).cast(_TYPES[name])
        except pa.ArrowInvalid:
            return f"{file}, line {row + 2}, column {name!r}: {text!r} is not {wanted}"
    return f"{file}: column {name!r} does not hold {wanted} in every line"


def _concatenate(files: list[Path]) -> tuple[pa.Table, Ints]:
    """Read price files one after the other; also where each one's rows begin."""
    tables = [_read(file, _PRICE_COLUMNS) for file in files]
    starts = np.cumsum([0, *[table.num_rows for table in tables]])
    if starts[-1] == 0:
        raise DataError(f"{files[0]}: there are no prices in it")
    return pa.concat_tables(tables).combine_chunks(), starts.astype(np.int64)


def _index(table: pa.Table, column: str, files: list[Path], origins: Ints) -> tuple[Dates, Ints]:
    """Return a column's distinct values, sorted, and each row's position among them."""
    values = table[column]
    if values.null_count:
        row = int(np.flatnonzero(values.is_null().to_numpy())[0])
        raise DataError(f"{_place(files, origins, row)}: the {column} is missing")
    encoded = pc.dictionary_encode(values).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0)
    distinct = encoded.dictionary.to_numpy(zero_copy_only=False)
    if column == "Name":
        distinct = distinct.astype(str)
    order = np.argsort(distinct, kind="stable")
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    return distinct[order], position[encoded.indices.to_numpy()]


def _require_unique(
    dates: Dates,
    names: Dates,
    date_rows: Ints,
    name_rows: Ints,
    files: list[Path],
    origins: Ints,
) -> None:
    """Refuse a second row of one asset on one date."""
    cells = date_rows * len(names) + name_rows
    order = np.argsort(cells, kind="stable")
    again = order[1:][cells[order][1:] == cells[order][:-1]]
    if again.size:
        row = int(again.min())
        date, name = dates[date_rows[row]], names[name_rows[row]]
        raise DataError(f"{_place(files, origins, row)}: {name} on {date} is there already")


def _numbers(table: pa.Table, field: str, files: list[Path], origins: Ints) -> Floats:
    """Return a column of prices or volumes, NaN where missing."""
    values: Floats = table[field].to_numpy().astype(np.float64)
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        place = _place(files, origins, int(infinite[0]))
        raise DataError(f"{place}, column {field!r}: the value is infinite")
    return values


def _place(files: list[Path], origins: Ints, row: int) -> str:
    """Return the file and line of a row of the concatenated table."""
    number = int(np.searchsorted(origins, row, side="right")) - 1
    return f"{files[number]}, line {row - int(origins[number]) + 2}"


def _read_sectors(file: Path, names: list[str]) -> tuple[str | None, ...]:
    """Return each asset's sector, None where the table has none."""
    table = _read(file, _SECTOR_COLUMNS)
    sectors: dict[str, str | None] = {}
    for row, (symbol, sector) in enumerate(
        zip(table["Symbol"].to_pylist(), table["Sector"].to_pylist(), strict=True)
    ):
        if symbol in sectors:
            raise DataError(f"{file}, line {row + 2}: {symbol} is there already")
        sectors[symbol] = sector or None
    return tuple(sectors.get(name) for name in names)


def _read_actions(file: Path) -> tuple[Action, ...]:
    """Return the corporate actions of a file, ordered by date and asset."""
    table = _read(file, _ACTION_COLUMNS)
    actions = []
    for row, entry in enumerate(table.to_pylist()):
        place = f"{file}, line {row + 2}"
        if any(entry[column] is None for column in _ACTION_COLUMNS):
            raise DataError(f"{place}: a value is missing")
        if entry["kind"] not in ACTION_KINDS:
            raise DataError(
                f"{place}: kind {entry['kind']!r}, needs one of {', '.join(ACTION_KINDS)}"
            )
        low = -1.0 if entry["kind"] == "delisting" else 1e-9
        if not low <= entry["value"] < np.inf:
            raise DataError(f"{place}: the value {entry['value']} is not above {low:g}")
        actions.append(
            Action(
                name=entry["Name"],
                date=np.datetime64(entry["date"], "D"),
                kind=entry["kind"],
                value=entry["value"],
            )
        )
    return tuple(sorted(actions, key=lambda a: (a.date, a.name, a.kind)))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
