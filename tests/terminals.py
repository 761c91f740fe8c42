"""A terminal of the test's own, in which the command runs and Ctrl-C can be typed."""

import os
import pty
import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

CTRL_C = b"\x03"
_POLL_S = 0.05


@dataclass(kw_only=True)
class Terminal:
    """A process that leads a session on a pseudo-terminal, and all that it has printed."""

    pid: int
    descriptor: int
    shown: bytearray = field(default_factory=bytearray)

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Read until a condition holds.

        Raises:
            AssertionError: if the process ends before.
        """
        while not condition():
            assert self._read(_POLL_S), f"the state never came: {self.text()}"

    def type(self, keys: bytes) -> None:
        """Type some keys."""
        os.write(self.descriptor, keys)

    def finish(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(status)

    def text(self) -> str:
        """Return what was printed."""
        return self.shown.decode(errors="replace")

    def _read(self, timeout_s: float | None = None) -> bool:
        """Read what there is within a time; return False at the end."""
        ready, _, _ = select.select([self.descriptor], [], [], timeout_s)
        if not ready:
            return True
        try:
            content = os.read(self.descriptor, 65_536)
        except OSError:
            # Linux answers so, not with nothing, once nobody has the other end open.
            return False
        self.shown += content
        return bool(content)


def start(argv: Sequence[str], environment: dict[str, str]) -> Terminal:
    """Start a program on a terminal of its own."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execve(argv[0], list(argv), environment)
    return Terminal(pid=pid, descriptor=descriptor)
