"""The child process that reads strangers' files: confined, told the live ids, one file a request.

Run with `python -m` by `adapters.intake.child`; its channel is its standard input.
"""

import io
import os
import resource
import signal
import socket
import sys

import pyarrow as pa
from pyarrow import parquet

from tasks.adapters.intake import csv_file, frames, opening, parquet_file
from tasks.adapters.intake.frames import Limits
from tasks.core.errors import SubmissionError
from tasks.core.protocol.alignment import LiveIds

_READERS = {opening.PARQUET: parquet_file.read, opening.CSV: csv_file.read}
_MAX_DESCRIPTORS = 32
_PATIENCE = 2.0


def main() -> None:
    """Read files until the parent closes the channel, or memory is used up."""
    channel = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    limits, ids = frames.receive_start(channel)
    live = LiveIds.of(ids.decode().split("\n"))
    _warm_up()
    _confine(limits)
    frames.send_answer(channel, frames.READY)
    while (request := frames.receive_request(channel)) is not None:
        # Should the parent die while a file holds this process up, the alarm ends it.
        signal.setitimer(signal.ITIMER_REAL, limits.seconds * _PATIENCE)
        kind, body = _answer(*request, live)
        signal.setitimer(signal.ITIMER_REAL, 0)
        frames.send_answer(channel, kind, body)
        if kind == frames.EXHAUSTED:
            return


def _answer(form: bytes, size: int, descriptor: int, live: LiveIds) -> tuple[bytes, bytes]:
    """Read one file and return the kind and the body of the answer."""
    try:
        values = _READERS[form](_content(descriptor, size), live)
    except SubmissionError as error:
        return frames.REFUSED, str(error).encode()[: frames.MAX_REASON_BYTES]
    except MemoryError:
        return frames.EXHAUSTED, b""
    return frames.VALUES, values.tobytes()


def _content(descriptor: int, size: int) -> bytes:
    """Return a file's bytes, which must be as many as when it was opened."""
    try:
        # From its start wherever another child has left off: the position is shared.
        content = os.pread(descriptor, size + 1, 0)
    except OSError as error:
        raise SubmissionError("the file cannot be read") from error
    finally:
        os.close(descriptor)
    if len(content) != size:
        raise SubmissionError("the file changed while it was read: hand it in again")
    return content


def _warm_up() -> None:
    """Have Arrow load and start whatever it does at first use, before there are limits."""
    live = LiveIds.of(["a", "b"])
    sink = io.BytesIO()
    parquet.write_table(pa.table({"id": ["b", "a"], "prediction": [0.2, 0.1]}), sink)
    parquet_file.read(sink.getvalue(), live)
    csv_file.read(b"id,prediction\nb,0.2\na,0.1\n", live)


def _confine(limits: Limits) -> None:
    """Bound memory and descriptors; forbid files, core dumps and new processes."""
    bounds = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_NOFILE: _MAX_DESCRIPTORS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for name, bound in bounds.items():
        resource.setrlimit(name, (bound, bound))
    # What the start wrote there explains a start that failed; no file shall write to it.
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


if __name__ == "__main__":
    main()
