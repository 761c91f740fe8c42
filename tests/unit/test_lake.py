"""Objects that are written in pieces: whole or not there, and never believed when damaged."""

import io

import numpy as np
import pytest

from tasks.adapters import matrices
from tasks.adapters.lake import Lake
from tasks.core.errors import LakeError

ROWS = [np.arange(5.0) / 5, np.full(5, 1 / 3)]


def objects(lake):
    return [path for path in lake.root.rglob("*") if path.is_file()]


def test_put_chunks__matrix_row_by_row__is_the_file_that_numpy_would_write(tmp_path):
    lake, whole = Lake(tmp_path), io.BytesIO()
    np.save(whole, np.stack(ROWS))

    ref = lake.put_chunks(matrices.npy_chunks(iter(ROWS), 2, 5), ".npy")

    assert lake.read(ref) == whole.getvalue()
    assert ref == lake.put(whole.getvalue(), ".npy")
    assert np.array_equal(matrices.open_matrix(lake.path(ref)), np.stack(ROWS))
    assert objects(lake) == [lake.path(ref)]


@pytest.mark.parametrize(
    ("rows", "n_rows", "message"),
    [
        (ROWS, 3, "2 rows in a matrix of 3"),
        (ROWS, 1, "2 rows in a matrix of 1"),
        ([ROWS[0], ROWS[1][:4]], 2, r"a row of shape \(4,\) in a matrix of 5 ids"),
    ],
)
def test_put_chunks__rows_that_do_not_fit__leave_nothing_behind(tmp_path, rows, n_rows, message):
    lake = Lake(tmp_path)

    with pytest.raises(LakeError, match=message):
        lake.put_chunks(matrices.npy_chunks(iter(rows), n_rows, 5), ".npy")

    assert objects(lake) == []


def test_put_chunks__from_a_damaged_object__is_refused_at_its_end(tmp_path):
    vault, lake = Lake(tmp_path / "vault"), Lake(tmp_path / "lake")
    ref = vault.put(bytes(range(200)), ".npy")
    vault.path(ref).write_bytes(bytes(200))

    with pytest.raises(LakeError, match="is damaged"):
        lake.put_chunks(vault.chunks(ref), ref.suffix)

    assert objects(lake) == []


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 5_000 + b"]" * 5_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"a":NaN}',
        b"",
        b"\xff",
    ],
)
def test_find__strangers_document_that_is_no_sound_json__is_one_error(tmp_path, content):
    path = tmp_path / "rounds" / "1" / "open.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    with pytest.raises(LakeError, match="document rounds/1/open is not JSON: ") as caught:
        Lake(tmp_path).find("rounds/1/open")

    assert "\n" not in str(caught.value)


def test_clear_parts__what_a_killed_writer_left__is_gone_and_objects_stay(tmp_path):
    lake = Lake(tmp_path)
    ref = lake.put(b"content", ".bin")
    (tmp_path / ".parts" / ".part-0123456789abcdef").write_bytes(b"half")

    lake.clear_parts()

    assert objects(lake) == [lake.path(ref)]


def test_open_matrix__changed_in_memory__leaves_the_file_alone(tmp_path):
    lake = Lake(tmp_path)
    ref = lake.put_chunks(matrices.npy_chunks(iter(ROWS), 2, 5), ".npy")

    matrices.open_matrix(lake.path(ref))[0, 0] = 9.0

    lake.check(ref)
