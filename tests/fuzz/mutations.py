"""Good submission files and what a seeded stranger makes of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from tests import submission_files as files

N_IDS = 120
IDS = files.live_ids(N_IDS)
VALUES = files.predictions(N_IDS)
TABLE = files.table(IDS, VALUES)

_Rng = np.random.Generator
_PARQUET: list[dict[str, Any]] = [
    {},
    {"compression": "none"},
    {"compression": "none", "use_dictionary": False},
    {"compression": "zstd", "row_group_size": 50},
    {"store_schema": False, "data_page_version": "2.0"},
    {
        "compression": "gzip",
        "column_encoding": {"id": "DELTA_BYTE_ARRAY", "prediction": "BYTE_STREAM_SPLIT"},
        "use_dictionary": False,
    },
]
_CHECKED = [{**options, "write_page_checksum": True} for options in _PARQUET[:3]]
_CSV_ENDS = ["\n", "\r\n"]
_TEXTS = [
    *("nan", "inf", "-inf", "1e999", "-0", "1", "", " ", '"', '"0.5"', "0,5", "0x1p-1", "1_0"),
    *("=cmd|' /C calc'!A0", "\0", "\r", "\n", "\r\n", "\ufeff", "\u202e", "é", "id,prediction"),
    *(
        "0.1e-3",
        "00.5",
        ".5",
        "5.",
        "\u0660.\u0665",
        "a" * 5_000,
        ",",
        ",,",
        "\t",
        "#",
        "NA",
        "null",
    ),
]
_ODD_WORDS = [b"\0" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\x80\x80\x80\x80\x08"]
_FOOTER_BYTES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A file, how it was made, and whether its pages carry checksums."""

    kind: str
    content: bytes
    checked: bool


def mutant(number: int) -> Mutant:
    """Return the mutant of a number; the same one each time."""
    rng = np.random.default_rng([7, number])
    is_csv, checked = bool(rng.random() < 0.4), False
    if rng.random() < 0.3:
        change, content = _change_rows(rng, is_csv)
    else:
        content, checked = _good(rng, is_csv)
        changes = _CSV_CHANGES if is_csv and rng.random() < 0.5 else _BYTE_CHANGES
        change = str(rng.choice(sorted(changes)))
        for _ in range(int(rng.integers(1, 4))):
            content = changes[change](rng, content)
    kind = f"{'csv' if is_csv else 'parquet'}: {change}"
    return Mutant(kind=kind, content=content, checked=checked)


def _good(rng: _Rng, is_csv: bool) -> tuple[bytes, bool]:
    """Return a file as it should be, and whether its pages carry checksums."""
    if is_csv:
        return files.csv_bytes(IDS, VALUES, end=str(rng.choice(_CSV_ENDS))), False
    options = (_PARQUET + _CHECKED)[rng.integers(len(_PARQUET + _CHECKED))]
    return files.parquet_bytes(TABLE, **options), "write_page_checksum" in options


def _change_rows(rng: _Rng, is_csv: bool) -> tuple[str, bytes]:
    """Return a sound file of changed rows or columns."""
    change = str(rng.choice(["shuffled", "doubled", "deleted", "swapped", "renamed"]))
    places = rng.permutation(N_IDS)
    if change == "doubled":
        places = np.append(places, rng.integers(0, N_IDS, int(rng.integers(1, 4))))
    elif change == "deleted":
        places = places[int(rng.integers(1, 4)) :]
    elif change == "swapped":
        places[rng.integers(N_IDS)] = places[rng.integers(N_IDS)]
    names, values = [IDS[place] for place in places], VALUES[places]
    header = ["id", "prediction"]
    if change == "renamed":
        header[rng.integers(2)] = str(rng.choice(_TEXTS))
    if is_csv:
        return change, files.csv_bytes(names, values, header=",".join(header))
    table = pa.table([pa.array(names), pa.array(values)], names=header)
    return change, files.parquet_bytes(table)


def _flip(rng: _Rng, content: bytes) -> bytes:
    return _flip_between(rng, content, 0, len(content))


def _flip_footer(rng: _Rng, content: bytes) -> bytes:
    return _flip_between(rng, content, max(0, len(content) - _FOOTER_BYTES), len(content))


def _flip_start(rng: _Rng, content: bytes) -> bytes:
    return _flip_between(rng, content, 0, min(64, len(content)))


def _flip_between(rng: _Rng, content: bytes, first: int, last: int) -> bytes:
    changed = bytearray(content)
    if first < last:
        changed[rng.integers(first, last)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _cut(rng: _Rng, content: bytes) -> bytes:
    return content[: rng.integers(len(content) + 1)]


def _delete(rng: _Rng, content: bytes) -> bytes:
    place, length = rng.integers(len(content) + 1), rng.integers(1, 40)
    return content[:place] + content[place + length :]


def _insert(rng: _Rng, content: bytes) -> bytes:
    place = rng.integers(len(content) + 1)
    return content[:place] + rng.bytes(int(rng.integers(1, 40))) + content[place:]


def _splice(rng: _Rng, content: bytes) -> bytes:
    """Go on as another good file does from some place on."""
    other, _ = _good(rng, bool(rng.integers(2)))
    return content[: rng.integers(len(content) + 1)] + other[rng.integers(len(other)) :]


def _move(rng: _Rng, content: bytes) -> bytes:
    """Write a piece of the file over another piece."""
    length = int(rng.integers(1, 60))
    changed = bytearray(content)
    here, there = rng.integers(len(content) + 1, size=2)
    piece = content[here : here + length]
    changed[there : there + len(piece)] = piece
    return bytes(changed)


def _overwrite(rng: _Rng, content: bytes) -> bytes:
    """Write a number that lengths and counts should not be."""
    word = _ODD_WORDS[rng.integers(len(_ODD_WORDS))]
    place = rng.integers(max(1, len(content) - _FOOTER_BYTES), len(content) + 1)
    return content[:place] + word + content[place + len(word) :]


def _replace_field(rng: _Rng, content: bytes) -> bytes:
    """Put odd text for a field, or into one."""
    lines = content.split(b"\n")
    place = int(rng.integers(len(lines)))
    fields = lines[place].split(b",")
    field = int(rng.integers(len(fields)))
    text = str(rng.choice(_TEXTS)).encode()
    fields[field] = text if rng.random() < 0.5 else fields[field] + text
    lines[place] = b",".join(fields)
    return b"\n".join(lines)


def _change_encoding(rng: _Rng, content: bytes) -> bytes:
    text = content.decode(errors="replace")
    return text.encode(str(rng.choice(["utf-16", "utf-8-sig", "utf-32", "utf-7"])))


def _insert_line(rng: _Rng, content: bytes) -> bytes:
    lines = content.split(b"\n")
    lines.insert(int(rng.integers(len(lines))), str(rng.choice(_TEXTS)).encode())
    return b"\n".join(lines)


_BYTE_CHANGES: dict[str, Callable[[_Rng, bytes], bytes]] = {
    "cut": _cut,
    "delete": _delete,
    "flip": _flip,
    "flip in the footer": _flip_footer,
    "flip at the start": _flip_start,
    "insert": _insert,
    "move": _move,
    "overwrite": _overwrite,
    "splice": _splice,
}
_CSV_CHANGES: dict[str, Callable[[_Rng, bytes], bytes]] = {
    "encoding": _change_encoding,
    "field": _replace_field,
    "line": _insert_line,
}
