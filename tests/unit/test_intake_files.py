"""Every gate of a submission file has a file that stops at it."""

import os
import pickle
import re
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from tasks.adapters.intake import csv_file, opening, parquet_file
from tasks.core.errors import SubmissionError
from tasks.core.protocol import alignment
from tasks.core.protocol.alignment import LiveIds
from tests import submission_files as files

IDS = files.live_ids()
VALUES = files.predictions()
LIVE = LiveIds.of(IDS)
EXPECTED = VALUES[np.argsort(IDS)]
GOOD = files.table(IDS, VALUES)


def refused(read, content):
    """Return the reason, which is one printable line and not an echo."""
    with pytest.raises(SubmissionError) as caught:
        read(content, LIVE)
    reason = str(caught.value)
    assert reason.isascii()
    assert reason.isprintable()
    assert len(reason) < 300
    return reason


def row(place, value):
    """Return a CSV file in which one prediction is other text."""
    texts = [repr(float(number)) for number in VALUES]
    texts[place] = value
    return files.csv_bytes(IDS, texts)


def with_ids(kind):
    return GOOD.set_column(0, "id", GOOD["id"].combine_chunks().cast(kind))


def with_values(values):
    return GOOD.set_column(1, "prediction", values)


# ---- the first gates


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"PAR1", "cut off"),
        (files.parquet_bytes(GOOD)[:-1], "cut off: its last bytes are missing"),
        (b"PARE" + bytes(40) + b"PARE", "an encrypted Parquet file"),
        (b"ARROW1\0\0", "an Arrow IPC or Feather file: hand in Parquet or CSV"),
        (b"\xff\xff\xff\xff\x10", "an Arrow IPC stream"),
        (b"FEA1....", "a Feather file"),
        (pickle.dumps(EXPECTED), "a pickle"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"PK\x03\x04", "a zip archive or a workbook"),
        (b"\x93NUMPY\x01", "a NumPy array file"),
        ("id,prediction\n".encode("utf-16"), "UTF-16 text"),
        (b'{"id": 1}', "JSON"),
    ],
)
def test_open_file__no_parquet_or_csv__is_refused_by_name(tmp_path, content, message):
    file = tmp_path / "file"
    file.write_bytes(content)

    with pytest.raises(SubmissionError, match=message):
        opening.open_file(file, 10_000)


def test_open_file__feather_and_ipc_as_written__are_refused(tmp_path):
    feather.write_feather(GOOD, tmp_path / "v2", compression="uncompressed")
    with pa.ipc.new_stream(tmp_path / "stream", GOOD.schema) as writer:
        writer.write_table(GOOD)

    for name in ("v2", "stream"):
        with pytest.raises(SubmissionError, match="an Arrow IPC"):
            opening.open_file(tmp_path / name, 10_000)


def test_open_file__good_files__have_their_form(tmp_path):
    (tmp_path / "a").write_bytes(files.parquet_bytes(GOOD))
    (tmp_path / "b").write_bytes(files.csv_bytes(IDS, VALUES))

    forms = []
    for name in ("a", "b"):
        found = opening.open_file(tmp_path / name, 10_000)
        forms.append(found.form)
        os.close(found.descriptor)

    assert forms == [opening.PARQUET, opening.CSV]


def test_open_file__too_large__says_how_large_it_may_be(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(bytes(101))

    with pytest.raises(SubmissionError, match="has 101 bytes, at most 100 are read"):
        opening.open_file(file, 100)


def test_open_file__link_pipe_folder_or_nothing__is_refused_at_once(tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "fifo")
    expected = {
        "link": "the file is a link",
        "fifo": "not a plain file",
        ".": "not a plain file",
        "missing": "the file cannot be read",
        "nul\0": "the file cannot be read",
        "long" * 100: "the file cannot be read",
        "fifo/below": "the file cannot be read",
    }

    for name, message in expected.items():
        with pytest.raises(SubmissionError, match=message):
            opening.open_file(tmp_path / name, 100)


# ---- Parquet


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "none"},
        {"compression": "gzip"},
        {"use_dictionary": False, "data_page_version": "2.0"},
        {"row_group_size": 7, "write_page_checksum": True},
        {"store_schema": False},
        {"column_encoding": {"id": "DELTA_BYTE_ARRAY"}, "use_dictionary": False},
        {"column_encoding": {"prediction": "BYTE_STREAM_SPLIT"}, "use_dictionary": False},
    ],
)
def test_parquet__however_it_was_written__gives_the_values(options):
    found = parquet_file.read(files.parquet_bytes(GOOD, **options), LIVE)

    assert found.tobytes() == EXPECTED.tobytes()


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int16(), pa.string())]
)
def test_parquet__every_kind_of_text__is_read(kind):
    found = parquet_file.read(files.parquet_bytes(with_ids(kind)), LIVE)

    assert found.tobytes() == EXPECTED.tobytes()


def test_parquet__as_pandas_writes_it__is_read_and_with_its_index_is_not(tmp_path):
    frame = GOOD.to_pandas()
    frame.to_parquet(tmp_path / "good")
    frame.set_index("id").to_parquet(tmp_path / "bad")

    good = parquet_file.read((tmp_path / "good").read_bytes(), LIVE)
    reason = refused(parquet_file.read, (tmp_path / "bad").read_bytes())

    assert good.tobytes() == EXPECTED.tobytes()
    assert reason.startswith("the file has the columns 'prediction', 'id': write the columns id")


def test_parquet__float32__is_widened_without_a_change():
    narrow = VALUES.astype(np.float32)

    found = parquet_file.read(files.parquet_bytes(with_values(pa.array(narrow))), LIVE)

    assert found.tobytes() == narrow[np.argsort(IDS)].astype(np.float64).tobytes()


def nested():
    return pa.table({"id": pa.array(IDS), "prediction": pa.array([[value] for value in VALUES])})


def struct():
    return pa.table({"id": pa.array([{"a": name} for name in IDS]), "prediction": VALUES})


def renamed(*names):
    return GOOD.rename_columns(list(names))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD.slice(1), "has 49 rows, the round 50 ids"),
        (GOOD.slice(0, 0), "has 0 rows"),
        (pa.concat_tables([GOOD, GOOD]), "has 100 rows"),
        (nested(), "has the columns 'id', 'prediction.list.element'"),
        (struct(), "has the columns 'id.a', 'prediction'"),
        (renamed("id", "id"), "has the columns 'id', 'id'"),
        (renamed("ID", "prediction"), "has the columns 'ID', 'prediction'"),
        (renamed("id\n", "prediction"), r"has the columns 'id\n', 'prediction'"),
        (GOOD.select(["prediction", "id"]), "has the columns 'prediction', 'id'"),
        (GOOD.append_column("era", GOOD["id"]), "has the columns 'id', 'prediction', 'era': wr"),
        (GOOD.select(["id"]), "has the columns 'id': write"),
        (with_ids(pa.binary()), "the column id holds BYTE_ARRAY, not text"),
        (GOOD.set_column(0, "id", [list(range(50))]), "the column id holds INT64, not text"),
        (with_values([[0] * 50]), "the column prediction holds INT64, not floats"),
        (with_values([[str(v) for v in VALUES]]), "the column prediction holds STRING"),
        (with_values([[Decimal("0.5")] * 50]), "the column prediction holds DECIMAL"),
        (with_values(pa.array(VALUES, pa.float16())), "the column prediction holds FLOAT16"),
        (with_values([[True] * 50]), "the column prediction holds BOOLEAN"),
        (with_values([[None, *VALUES[1:]]]), "1 predictions are missing: give each id a number"),
        (GOOD.set_column(0, "id", [[None, *IDS[1:]]]), "1 ids are missing"),
        (GOOD.set_column(0, "id", [[IDS[1], *IDS[1:]]]), f"id '{IDS[1]}' occurs twice"),
        (GOOD.set_column(0, "id", [["x", *IDS[1:]]]), f"such as '{IDS[0]}'; 1 ids are not live"),
        (with_values([[np.nan, *VALUES[1:]]]), "1 predictions are not finite"),
        (with_values([[-np.inf, *VALUES[1:]]]), "1 predictions are not finite"),
        (with_values([[1.5, *VALUES[1:]]]), "to 1.5: bring them into [0, 1]"),
        (with_values([[0.5] * 50]), "every prediction is 0.5: a constant has no score"),
    ],
)
def test_parquet__a_broken_rule__says_what_to_mend(content, message):
    reason = refused(parquet_file.read, files.parquet_bytes(content))

    assert message.replace("\n", "\\n") in reason


def test_parquet__many_row_groups__are_refused():
    many = files.live_ids(1_100)
    content = files.parquet_bytes(files.table(many, files.predictions(1_100)), row_group_size=1)

    with pytest.raises(SubmissionError, match="has 1100 row groups: write it with one"):
        parquet_file.read(content, LiveIds.of(many))


def test_parquet__rows_beyond_number__are_refused_by_the_footer():
    bomb = files.row_bomb(5_000_000)

    assert len(bomb) < alignment.max_file_bytes(LIVE)
    assert refused(parquet_file.read, bomb) == "the file has 5000000 rows, the round 50 ids"


def test_parquet__columns_that_unpack_to_too_much__are_refused_by_the_footer():
    bomb = files.parquet_bytes(files.table([name * 1_000 for name in IDS], VALUES))

    reason = refused(parquet_file.read, bomb)

    assert re.match(r"the file unpacks to \d+ bytes, at most 70336 are read", reason)


def test_parquet__encrypted_columns__are_refused():
    # Only the mark tells: keys would be asked for, and are never given.
    content = files.parquet_bytes(GOOD)

    assert "damaged" in refused(parquet_file.read, content[:-4] + b"PARE")


def test_parquet__changed_data__is_found_by_its_checksum():
    content = bytearray(
        files.parquet_bytes(
            GOOD, compression="none", use_dictionary=False, write_page_checksum=True
        )
    )
    place = bytes(content).index(VALUES[3].tobytes())
    content[place] ^= 1

    assert "damaged: write it anew" in refused(parquet_file.read, bytes(content))


@pytest.mark.parametrize("cut", [5, 40, 400])
def test_parquet__hole_in_the_middle__is_refused(cut):
    content = files.parquet_bytes(GOOD)

    refused(parquet_file.read, content[: len(content) // 2] + content[len(content) // 2 + cut :])


def test_parquet__footer_only__is_damaged():
    assert "damaged" in refused(parquet_file.read, b"PAR1\xff\xff\xff\x7fPAR1")
    assert "damaged" in refused(parquet_file.read, b"PAR1\0\0\0\0PAR1")


# ---- CSV


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv__any_order_and_line_end__gives_the_values(end):
    found = csv_file.read(files.csv_bytes(IDS[::-1], VALUES[::-1], end=end), LIVE)

    assert found.tobytes() == EXPECTED.tobytes()


def test_csv__as_pandas_writes_it__is_read_and_with_its_index_is_not():
    frame = GOOD.to_pandas()

    found = csv_file.read(frame.to_csv(index=False).encode(), LIVE)
    reason = refused(csv_file.read, frame.to_csv().encode())

    assert found.tobytes() == EXPECTED.tobytes()
    assert reason == "the first line is ',id,prediction', not 'id,prediction'"


def test_csv__no_newline_at_the_end__is_read():
    found = csv_file.read(files.csv_bytes(IDS, VALUES)[:-1], LIVE)

    assert found.tobytes() == EXPECTED.tobytes()


@pytest.mark.parametrize(
    "text",
    ["0.5", "5e-1", "5E-01", ".5", "+0.5", "1e-400", "0.500000000000000000000000001"],
)
def test_csv__ways_to_write_a_number__are_read_as_python_does(text):
    found = csv_file.read(row(0, text), LIVE)

    assert found[LIVE.array.to_pylist().index(IDS[0])] == float(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nan",
        "NaN",
        "NA",
        "null",
        "x",
        "0x1p-1",
        "1_0",
        "0.5.5",
        "1/2",
        "=1",
        "\u0660.\u0665",
        "+-1",
    ],
)
def test_csv__no_number__is_refused_with_its_line(text):
    reason = refused(csv_file.read, row(3, text))

    assert reason.startswith("line 5")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (row(0, "inf"), "line 2: the prediction 'inf' is not a number such as 0.25"),
        (row(0, "1e999"), "line 2: the prediction '1e999' is not finite"),
        (row(0, "0,5"), "line 2 has 3 fields, not 2: decimals take a point, not a comma"),
        (row(0, "0.5\r\r"), "line ends that are neither LF nor CR LF"),
        (files.csv_bytes(IDS, VALUES, end="\r"), "line ends that are neither"),
        (row(0, "1.5"), "to 1.5: bring them into [0, 1]"),
        (row(0, '"0.5"'), "line 2 holds a quote: write ids and predictions without"),
        (row(0, "0.5\0"), "the file holds NUL bytes"),
        (row(4, "0.5,,,"), "line 6 has 5 fields, not 2"),
        (row(4, "0.5\n"), "line 7 is empty"),
        (row(4, "0.5,0.5\nno comma"), "line 6 has 3 fields"),
        (row(4, "0.5\njust text"), "line 7 has 1 fields, not 2"),
        (row(4, "1" * 60_000), "line 6: the prediction '1111"),
        (b"\xef\xbb\xbf" + row(0, "0.5"), "begins with a byte order mark: write UTF-8 without"),
        (row(0, "0.5\n\xe9").decode().encode("latin-1"), "line 3 is not UTF-8"),
        (files.csv_bytes(IDS, VALUES, header="id,prediction,id"), "the first line is"),
        (files.csv_bytes(IDS, VALUES, header="id,id"), "the first line is 'id,id', not"),
        (files.csv_bytes(IDS, VALUES, header="id;prediction"), "is 'id;prediction', not 'id,p"),
        (files.csv_bytes(IDS, VALUES, header="ID,prediction"), "is 'ID,prediction', not"),
        (files.csv_bytes(IDS, VALUES, header="\x1b[2J" * 99), r"the first line is '\x1b[2J"),
        (b"id,prediction\n", "there are no predictions"),
        (b"id,prediction", "there are no predictions"),
        (b"\n", "the first line is '', not"),
        (files.csv_bytes(IDS[1:], VALUES[1:]), f"1 live ids are missing, such as '{IDS[0]}'"),
        (files.csv_bytes([*IDS, IDS[0]], [*VALUES, 0.5]), f"id '{IDS[0]}' occurs twice"),
        (files.csv_bytes([*IDS, "x"], [*VALUES, 0.5]), "1 ids are not live, such as 'x'"),
        (files.csv_bytes([*IDS, "=cmd|' /C calc'!A0"], [*VALUES, 0.5]), "are not live, such as"),
        (files.csv_bytes([" " + IDS[0], *IDS[1:]], VALUES), "1 live ids are missing"),
        (files.csv_bytes(IDS, [0.5] * 50), "every prediction is 0.5"),
    ],
)
def test_csv__a_broken_rule__says_what_to_mend(content, message):
    assert message in refused(csv_file.read, content)


def test_parquet_module__the_columns__are_those_of_the_csv_header():
    assert ",".join(parquet_file.COLUMNS) == csv_file.HEADER
    assert parquet.ParquetFile(pa.BufferReader(files.parquet_bytes(GOOD))).metadata.num_rows == 50
