"""Matrices of submissions on disk: .npy files, written in pieces and mapped into memory."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import LakeError


def npy_chunks(rows: Iterable[NDArray[np.float64]], n_rows: int, n_ids: int) -> Iterator[bytes]:
    """Return a .npy file in pieces, a row at a time: C order, little-endian float64.

    Args:
        rows: each of shape (n_ids,).
        n_rows: how many there are.
        n_ids: how long each one is.

    Raises:
        LakeError: if there are more or fewer rows, or one has another length.
    """
    header = io.BytesIO()
    facts = {"descr": "<f8", "fortran_order": False, "shape": (n_rows, n_ids)}
    np.lib.format.write_array_header_1_0(header, facts)
    yield header.getvalue()
    count = 0
    for row in rows:
        if row.shape != (n_ids,):
            raise LakeError(f"a row of shape {row.shape} in a matrix of {n_ids} ids")
        count += 1
        yield row.astype("<f8").tobytes()
    if count != n_rows:
        raise LakeError(f"{count} rows in a matrix of {n_rows}")


def open_matrix(path: Path) -> NDArray[np.float64]:
    """Map a matrix of submissions into memory; what is changed there never reaches the file.

    Args:
        path: a .npy file of float64, shape (n_models, n_ids).

    Raises:
        LakeError: if the file is not such a matrix.
    """
    try:
        matrix = np.load(path, mmap_mode="c", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise LakeError(f"{path} is not a matrix of submissions: {error}") from error
    if not isinstance(matrix, np.ndarray) or matrix.ndim != 2 or matrix.dtype != np.float64:
        raise LakeError(f"{path} is not a float64 matrix, one submission a row")
    return matrix


def sha256(path: Path) -> str:
    """Return the SHA-256 of a matrix's file, hex, without holding it in memory.

    Raises:
        LakeError: if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LakeError(f"{path} cannot be read: {error.strerror}") from error
