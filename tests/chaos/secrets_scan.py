"""Look for keys where none may be: in files of any kind, and in what processes show of themselves.

A key is searched as raw bytes, in hex, decimal and base64, also as a part of something longer.
"""

import base64
import contextlib
import json
from collections.abc import Iterable
from pathlib import Path

import psutil
import pyarrow as pa
from eth_keyfile.keyfile import decode_keyfile_json
from pyarrow import parquet


def keys_under(root: Path) -> dict[str, bytes]:
    """Return every key of a home, by its file, and the passphrases."""
    found = {}
    for folder in root.rglob("keys"):
        passphrase = (folder / "passphrase").read_bytes()
        found[str(folder / "passphrase")] = passphrase
        for path in folder.glob("*.json"):
            key = decode_keyfile_json(json.loads(path.read_bytes()), passphrase)
            found[str(path)] = bytes(key)
    return found


def patterns(key: bytes) -> set[bytes]:
    """Return what a key looks like in each encoding; those of hex are lower case."""
    found = {key, key[::-1], key.hex().encode(), str(int.from_bytes(key)).encode()}
    for lead in range(3):
        # In the middle of longer content a key's base64 depends on where it begins; the letters
        # at its ends hold bits of its neighbours too.
        standard = base64.b64encode(bytes(lead) + key).rstrip(b"=")
        inner = standard[(lead * 8 + 5) // 6 : -1]
        found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def leaks(keys: dict[str, bytes], root: Path) -> list[str]:
    """Return each file below a folder that shows a key; a passphrase's own file may."""
    wanted = {name: patterns(key) for name, key in keys.items()}
    return [
        f"{path} shows {name}"
        for path in sorted(root.rglob("*"))
        if path.is_file()
        for name in shown(wanted, _contents(path))
        if str(path) != name
    ]


def shown(wanted: dict[str, set[bytes]], contents: bytes) -> list[str]:
    """Return the names of the keys that some content shows."""
    lowered = contents.lower()
    return [
        name
        for name, known in wanted.items()
        if any(pattern in contents or pattern in lowered for pattern in known)
    ]


def of_processes(pids: Iterable[int]) -> bytes:
    """Return the environments and command lines of processes, their children included."""
    shows = b""
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
                place = Path("/proc") / str(process.pid)
                shows += (place / "environ").read_bytes() + (place / "cmdline").read_bytes()
    return shows


def _contents(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix == ".parquet":
        # Compressed pages hide what they hold.
        table = parquet.read_table(pa.BufferReader(content))
        buffers = [b for column in table.columns for part in column.chunks for b in part.buffers()]
        content += b"".join(b.to_pybytes() for b in buffers if b is not None)
    return content
