"""Become another program, as a child that stops when it should.

Run by path with `python -I -S`, so it imports the standard library alone. A function passed to
`subprocess` would run between fork and exec, which can hang a parent that has threads.
"""

import ctypes
import os
import signal
import sys

GO = b"go"
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Wait for the parent's word, then replace this process by a program.

    Args:
        arguments: the pid of the parent to die with, or `-`; the program and its arguments.
    """
    parent, *argv = arguments
    # A shell without job control starts background jobs with SIGINT ignored, and that is
    # inherited: Ctrl-C would then never reach them.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if parent != "-" and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != int(parent):
            sys.exit("its parent ended before it started")
    # The parent writes the pid file before it says go: no program runs that cannot be found.
    if sys.stdin.buffer.read(len(GO)) != GO:
        sys.exit("its parent ended before it wrote the pid file")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main(sys.argv[1:])
