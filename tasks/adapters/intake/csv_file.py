"""The gates of a CSV submission: plain UTF-8 text, two columns, a number in every row."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from tasks.core.errors import SubmissionError
from tasks.core.protocol import alignment
from tasks.core.protocol.alignment import Alignment, LiveIds, shown

HEADER = "id,prediction"

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")
_NUMBER = re.compile(rb"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def read(content: bytes, live: LiveIds) -> NDArray[np.float64]:
    """Return a CSV file's predictions in the order of the sorted live ids.

    Args:
        content: the whole file.
        live: the round's ids.

    Returns:
        Checked values, shape (n_ids,).

    Raises:
        SubmissionError: if the file or a row breaks a rule.
        MemoryError: if reading it needs more than this process may have.
    """
    _check_text(content)
    ids, texts = _columns(content)
    rows = Alignment(live)
    rows.add(ids, _numbers(texts, content))
    values = rows.finish()
    if not np.isfinite(values).all():
        raise SubmissionError(_explain(content))
    alignment.check_values(values)
    return values


def _check_text(content: bytes) -> None:
    """Check what the parser would let through: encodings, quotes and the header."""
    if content.startswith(_BOM):
        raise SubmissionError("the file begins with a byte order mark: write UTF-8 without one")
    if b"\0" in content:
        raise SubmissionError("the file holds NUL bytes: write plain UTF-8 text, or Parquet")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = len(_LINE_END.findall(content, 0, error.start)) + 1
        raise SubmissionError(f"line {line} is not UTF-8: write plain UTF-8 text") from error
    first = _LINE_END.split(content, maxsplit=1)[0]
    if first.decode() != HEADER:
        raise SubmissionError(f"the first line is {shown(first.decode())}, not {HEADER!r}")
    if b'"' in content:
        line = len(_LINE_END.findall(content, 0, content.index(b'"'))) + 1
        raise SubmissionError(f"line {line} holds a quote: write ids and predictions without")


def _columns(content: bytes) -> tuple[Any, Any]:
    """Return the two fields of every row below the header, as pyarrow string arrays.

    Not by Arrow's own reader, which starts a thread for each file, and in here none can start.
    """
    lines = content.replace(b"\r\n", b"\n").removesuffix(b"\n") + b"\n"
    if b"\r" in lines:
        raise SubmissionError("the file has line ends that are neither LF nor CR LF")
    letters = np.frombuffer(lines[len(HEADER) + 1 :], dtype=np.uint8)
    commas, ends = np.flatnonzero(letters == ord(",")), np.flatnonzero(letters == ord("\n"))
    starts = np.concatenate(([0], ends[:-1] + 1))
    if not ends.size:
        raise SubmissionError("there are no predictions")
    if commas.size != ends.size or (commas < starts).any() or (commas > ends).any():
        raise SubmissionError(_explain(content))
    return _texts(letters, starts, commas), _texts(letters, commas + 1, ends)


def _texts(letters: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Any:
    """Return the pieces of a text from each start to its end, as a pyarrow string array."""
    steps = np.zeros(letters.size, dtype=np.int8)
    steps[starts] += 1
    steps[ends] -= 1
    data = letters[np.cumsum(steps, dtype=np.int8).view(np.bool_)]
    offsets = np.concatenate(([0], np.cumsum(ends - starts))).astype(np.int32)
    return pa.StringArray.from_buffers(starts.size, pa.py_buffer(offsets), pa.py_buffer(data))


def _numbers(texts: Any, content: bytes) -> NDArray[np.float64]:
    """Return the second fields as float64, each the nearest to what is written."""
    try:
        numbers: NDArray[np.float64] = compute.cast(texts, pa.float64()).to_numpy()
    except pa.ArrowInvalid as error:
        raise SubmissionError(_explain(content)) from error
    return numbers


def _explain(content: bytes) -> str:
    """Return what is wrong with the first row that is no id and number; slow, and clear."""
    lines = _LINE_END.split(content)
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines[1:], start=2):
        fields = line.split(b",")
        if len(fields) != 2:
            return _ragged(number, line, len(fields))
        value = shown(fields[1].decode())
        if not _NUMBER.fullmatch(fields[1]):
            return f"line {number}: the prediction {value} is not a number such as 0.25"
        if not np.isfinite(float(fields[1])):
            return f"line {number}: the prediction {value} is not finite"
    return "the file is no CSV of an id and a number a line"


def _ragged(number: int, line: bytes, n_fields: int) -> str:
    if not line:
        return f"line {number} is empty"
    if n_fields == 3:
        return f"line {number} has 3 fields, not 2: decimals take a point, not a comma"
    return f"line {number} has {n_fields} fields, not 2: an id and a prediction, with one comma"
