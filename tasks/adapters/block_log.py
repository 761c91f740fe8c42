"""The forwarder's log: one line a block, durable before the node hears of it."""

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.adapters import files
from tasks.core.errors import ChainError


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What made one block: its time and its raw transaction; None for an empty block."""

    time: int
    raw: str | None = None


class BlockLog:
    """An append-only file of steps, each with a checksum.

    A crash can tear the last line only, and a torn line was never acted upon: it is dropped. A
    damaged line before the last means a damaged file.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, drop a torn last line and read the rest.

        Raises:
            ChainError: if a line before the last is damaged.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.steps: list[Step] = []
        self._path = path
        self._file = path.open("a+b", buffering=0)
        self._file.seek(0)
        content = self._file.read()
        self._size = self._take(content, path)
        if self._size < len(content):
            self._file.truncate(self._size)
            os.fsync(self._file.fileno())
        files.sync_folder(path.parent)

    def append(self, steps: Sequence[Step]) -> None:
        """Add all of these steps and return once they are on disk, or add none.

        Raises:
            ChainError: if the disk does not take them.
        """
        content = b"".join(_line(step) for step in steps)
        try:
            self._write(content)
        except OSError as error:
            # What follows half a line would be damage before the last line.
            self._file.truncate(self._size)
            raise ChainError(
                f"{self._path} does not grow ({error.strerror}): make room, then start the chain"
            ) from error
        self._size += len(content)
        self.steps.extend(steps)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, content: bytes) -> None:
        # A file without a buffer may take a part, as where the disk fills up.
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]
        os.fsync(self._file.fileno())

    def _take(self, content: bytes, path: Path) -> int:
        lines = content.split(b"\n")
        good = 0
        for number, line in enumerate(lines[:-1], start=1):
            step = _parse(line)
            if step is None:
                if number < len(lines) - 1:
                    raise ChainError(f"line {number} of {path} is damaged: restore it from a copy")
                break
            self.steps.append(step)
            good += len(line) + 1
        return good


def _line(step: Step) -> bytes:
    body = json.dumps([step.time, step.raw], separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _parse(line: bytes) -> Step | None:
    checksum, _, body = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    time, raw = json.loads(body)
    return Step(time=time, raw=raw)
