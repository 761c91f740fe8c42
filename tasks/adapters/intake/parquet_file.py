"""The gates of a Parquet submission: its footer first, then its two columns in batches."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute, parquet

from tasks.core.errors import SubmissionError
from tasks.core.protocol import alignment
from tasks.core.protocol.alignment import Alignment, LiveIds, shown

COLUMNS = ["id", "prediction"]

_BATCH_ROWS = 65_536
_MAX_ROW_GROUPS = 1_024
# A footer names two columns and a few statistics for each row group.
_MAX_STRING_BYTES = 2**20
_MAX_ITEMS = 16_384
_MEND = "write the columns id (text) and prediction (float64) alone, for instance with index=False"
_Broken = (pa.ArrowException, OSError, ValueError, KeyError, IndexError, OverflowError)


def read(content: bytes, live: LiveIds) -> NDArray[np.float64]:
    """Return a Parquet file's predictions in the order of the sorted live ids.

    Args:
        content: the whole file.
        live: the round's ids.

    Returns:
        Checked values, shape (n_ids,).

    Raises:
        SubmissionError: if the file or a row breaks a rule.
        MemoryError: if reading it needs more than this process may have.
    """
    try:
        values = _read(content, live)
    except (SubmissionError, MemoryError):
        raise
    except _Broken as error:
        # Arrow's own words may quote the file.
        raise SubmissionError("the Parquet file is damaged: write it anew") from error
    alignment.check_values(values)
    return values


def _read(content: bytes, live: LiveIds) -> NDArray[np.float64]:
    with parquet.ParquetFile(
        pa.BufferReader(content),
        pre_buffer=False,
        page_checksum_verification=True,
        arrow_extensions_enabled=False,
        thrift_string_size_limit=_MAX_STRING_BYTES,
        thrift_container_size_limit=_MAX_ITEMS,
    ) as file:
        _check_footer(file.metadata, live)
        rows = Alignment(live)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
            rows.add(_ids(batch.column(0)), _predictions(batch.column(1)))
    return rows.finish()


def _check_footer(footer: Any, live: LiveIds) -> None:
    """Check all that the footer tells, before a page is unpacked."""
    if footer.num_rows != len(live):
        raise SubmissionError(f"the file has {footer.num_rows} rows, the round {len(live)} ids")
    _check_columns(footer.schema)
    if footer.num_row_groups > _MAX_ROW_GROUPS:
        raise SubmissionError(
            f"the file has {footer.num_row_groups} row groups: write it with one, at most "
            f"{_MAX_ROW_GROUPS} are read"
        )
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    rows = [group.num_rows for group in groups]
    if sum(rows) != len(live) or min(rows) < 0:
        raise SubmissionError("the Parquet file is damaged: its row groups contradict its rows")
    unpacked = [group.total_byte_size for group in groups]
    limit = alignment.max_file_bytes(live)
    if sum(unpacked) > limit or min(unpacked) < 0:
        raise SubmissionError(
            f"the file unpacks to {sum(unpacked)} bytes, at most {limit} are read"
        )


def _check_columns(schema: Any) -> None:
    """Check names, physical types and that nothing is nested."""
    columns = [schema.column(number) for number in range(min(len(schema), len(COLUMNS) + 1))]
    names = [column.path for column in columns]
    if names != COLUMNS:
        more = ", ..." if len(schema) > len(names) else ""
        found = ", ".join(map(shown, names)) + more
        raise SubmissionError(f"the file has the columns {found}: {_MEND}")
    for column in columns:
        if column.max_repetition_level or column.max_definition_level > 1:
            raise SubmissionError(f"the column {column.name} is nested: {_MEND}")
    name, value = columns
    if name.physical_type != "BYTE_ARRAY" or name.logical_type.type != "STRING":
        raise SubmissionError(f"the column id holds {_kind(name)}, not text: {_MEND}")
    if value.physical_type not in ("DOUBLE", "FLOAT") or value.logical_type.type != "NONE":
        raise SubmissionError(f"the column prediction holds {_kind(value)}, not floats: {_MEND}")


def _kind(column: Any) -> str:
    """Return a column's type in Parquet's words."""
    logical: str = column.logical_type.type
    return str(column.physical_type if logical == "NONE" else logical)


def _ids(column: Any) -> Any:
    """Return the ids of a batch as strings, whichever way the file's schema stores it."""
    if column.null_count:
        raise SubmissionError(f"{column.null_count} ids are missing: every row needs one")
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column
    return compute.cast(column, pa.string())


def _predictions(column: Any) -> NDArray[np.float64]:
    """Return the predictions of a batch; float32 is widened, which changes no value."""
    if column.null_count:
        raise SubmissionError(f"{column.null_count} predictions are missing: give each id a number")
    values: NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
    if values.dtype not in (np.float64, np.float32):
        raise SubmissionError(f"the column prediction holds {values.dtype}, not floats: {_MEND}")
    return values.astype(np.float64, copy=False)
