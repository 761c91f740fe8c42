"""Failpoints: named places where a test can kill this process, as a power cut would."""

import os
import signal

from tasks.adapters.settings import Settings


def reach(name: str) -> None:
    """Kill this process, without any clean-up, if ERARIUM_FAILPOINT names this place."""
    if Settings().failpoint == name:
        os.kill(os.getpid(), signal.SIGKILL)
