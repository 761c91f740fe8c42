"""The parent's end of a child that reads files: start it, ask it, listen to it, end it."""

import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import threads
from tasks.adapters.intake import frames
from tasks.adapters.intake.frames import Answer, Limits
from tasks.adapters.intake.opening import Opened
from tasks.core.errors import SubmissionError
from tasks.core.protocol import alignment
from tasks.core.protocol.alignment import LiveIds, shown

READER = "tasks.adapters.intake.reader"

_WORDS = 200
_PROJECT = Path(__file__).resolve().parents[3]
# Its whole environment: nothing of the shell's, and one heap, so that the limit on its address
# space is close to the memory that it really has.
_ENVIRONMENT: Mapping[str, str] = threads.SINGLE_THREAD | {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",
    "PYTHONPATH": str(_PROJECT),
}


class Child:
    """One child process; what it says is checked here and nothing of it is believed."""

    def __init__(self, live: LiveIds, limits: Limits) -> None:
        """Start a child; its first answer says that it is ready."""
        self.last_words = ""
        self._inbox = frames.Inbox(len(live) * np.dtype(np.float64).itemsize)
        self.channel, other = socket.socketpair()
        with other:
            # No fork of our own and no multiprocessing: a Dask worker may have no children so.
            self.process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", READER],
                env=_ENVIRONMENT,
                cwd="/",
                stdin=other.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        ids = "\n".join(live.array.to_pylist())
        with suppress(OSError):
            frames.send_start(self.channel, limits, ids.encode())

    def ask(self, file: Opened) -> None:
        """Hand it a file; where it is gone, `listen` says so."""
        with suppress(OSError):
            frames.send_request(self.channel, file.form, file.size, file.descriptor)

    def listen(self) -> list[Answer]:
        """Return the answers that have come.

        Raises:
            EOFError: if it has ended.
            ValueError: if it says what is no answer.
        """
        try:
            return self._inbox.receive(self.channel)
        except OSError as error:
            raise EOFError("the child is gone") from error

    def values(self, body: bytes) -> NDArray[np.float64]:
        """Return the predictions in an answer.

        Raises:
            ValueError: if no file that keeps the rules can have them.
        """
        values: NDArray[np.float64] = np.frombuffer(body, dtype=np.float64)
        alignment.check_values(values)
        return values

    def end(self, grace_s: float = 0.0) -> int:
        """Kill it if it still runs, and return its exit code.

        Args:
            grace_s: how long one that has closed its channel may take to end by itself, so that
                the code is its own.
        """
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace_s)
        self.process.kill()
        _, errors = self.process.communicate()
        self.channel.close()
        lines = errors.decode(errors="replace").strip().splitlines()
        self.last_words = shown(lines[-1], _WORDS) if lines else "it said nothing"
        return self.process.returncode


def refusal(body: bytes) -> SubmissionError:
    """Return the error in an answer.

    Raises:
        ValueError: if it is not one line of printable ASCII.
    """
    reason = body.decode("ascii")
    if not reason.isprintable():
        raise ValueError("the child's reason is no line of text")
    return SubmissionError(reason)
