"""The first gates, in the parent: a plain file, not too large, by its marks Parquet or CSV."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tasks.core.errors import SubmissionError

PARQUET, CSV = b"P", b"C"

_PARQUET_MARK = b"PAR1"
_MIN_PARQUET_BYTES = 12
_LOOKED_AT = 16
_MEND = "hand in Parquet or CSV"
_OTHERS = {
    b"PARE": "an encrypted Parquet file",
    b"ARROW1": "an Arrow IPC or Feather file",
    b"\xff\xff\xff\xff": "an Arrow IPC stream",
    b"FEA1": "a Feather file",
    b"\x80\x02": "a pickle",
    b"\x80\x03": "a pickle",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"\x93NUMPY": "a NumPy array file",
    b"PK": "a zip archive or a workbook",
    b"\xd0\xcf\x11\xe0": "a workbook",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x04\x22\x4d\x18": "an lz4 archive",
    b"\xff\x06\x00\x00sNaPpY": "a snappy archive",
    b"\x89HDF": "an HDF5 file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"SQLite format 3": "a database",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"{": "JSON",
    b"[": "JSON",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file that passed the first gates; its bytes may still change, its format byte not."""

    descriptor: int
    form: bytes
    size: int


def open_file(path: Path, max_bytes: int) -> Opened:
    """Open a file that a stranger made; nothing but its ends is read.

    Args:
        path: must be a plain file itself, no link to one.
        max_bytes: the largest size that is looked at.

    Raises:
        SubmissionError: if it cannot be opened, is too large, or is neither Parquet nor CSV.
    """
    descriptor = open_plain(path)
    try:
        size = _size(descriptor, max_bytes)
        return Opened(descriptor=descriptor, form=_form(descriptor, size), size=size)
    except OSError as error:
        os.close(descriptor)
        raise SubmissionError("the file cannot be read") from error
    except SubmissionError:
        os.close(descriptor)
        raise


def open_plain(path: Path) -> int:
    """Open a file that a stranger made for reading, and return its descriptor.

    Raises:
        SubmissionError: if it cannot be opened, is a link, or is no plain file.
    """
    try:
        # Without O_NONBLOCK a pipe that nobody writes to would hold us up for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        # Not by looking at the path again, which fails where its folder may not be read.
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            raise SubmissionError("the file is a link: hand in the file itself") from error
        raise SubmissionError("the file cannot be read") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SubmissionError("the file is not a plain file")
    return descriptor


def _size(descriptor: int, max_bytes: int) -> int:
    size = os.fstat(descriptor).st_size
    if size > max_bytes:
        raise SubmissionError(
            f"the file has {size} bytes, at most {max_bytes} are read: "
            "hand in the columns id and prediction of the live ids alone"
        )
    if size == 0:
        raise SubmissionError("the file is empty")
    return size


def _form(descriptor: int, size: int) -> bytes:
    """Return the format that the first and last bytes show."""
    start = os.pread(descriptor, _LOOKED_AT, 0)
    if start.startswith(_PARQUET_MARK):
        end = os.pread(descriptor, len(_PARQUET_MARK), size - len(_PARQUET_MARK))
        if size < _MIN_PARQUET_BYTES or end != _PARQUET_MARK:
            raise SubmissionError("the Parquet file is cut off: its last bytes are missing")
        return PARQUET
    for mark, name in _OTHERS.items():
        if start.startswith(mark):
            raise SubmissionError(f"the file is {name}: {_MEND}")
    return CSV
