"""One writer a home: a lock that names who holds it."""

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tasks.core.errors import LockedError

_POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A lock that this process holds: what is only for its holder asks for one."""

    path: Path
    purpose: str


@dataclass(slots=True)
class _Held:
    """How often this process has entered a lock that it holds."""

    descriptor: int
    depth: int = 1


@dataclass(slots=True)
class _Registry:
    """The locks that this process holds, by path; a fork's child holds none of them."""

    guard: threading.Lock = field(default_factory=threading.Lock)
    held: dict[Path, _Held] = field(default_factory=dict)


_REGISTRY = _Registry()


@contextmanager
def exclusive(path: Path, purpose: str, wait_s: float = 30.0) -> Iterator[Lock]:
    """Hold a lock file; within one process it may be entered again.

    Args:
        path: the lock file; it is made when missing and never removed.
        purpose: what the lock is held for, shown to whoever waits.
        wait_s: how long to wait for another process.

    Yields:
        The lock, while it is held.

    Raises:
        LockedError: if another process still holds it; the message names that process.
    """
    path = path.resolve()
    _enter(path, purpose, time.monotonic() + wait_s)
    try:
        yield Lock(path=path, purpose=purpose)
    finally:
        _leave(path)


def holder(path: Path) -> int | None:
    """Return the process that wrote its name into a lock file last and has not left it."""
    try:
        return int(json.loads(path.read_bytes())["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _enter(path: Path, purpose: str, deadline: float) -> None:
    while True:
        with _REGISTRY.guard:
            held = _REGISTRY.held.get(path)
            if held is not None:
                held.depth += 1
                return
            descriptor = _try_lock(path, purpose)
            if descriptor is not None:
                _REGISTRY.held[path] = _Held(descriptor)
                return
        if time.monotonic() >= deadline:
            raise LockedError(f"{path.parent} is being written by {_holder(path)}")
        time.sleep(_POLL_S)


def _leave(path: Path) -> None:
    with _REGISTRY.guard:
        held = _REGISTRY.held[path]
        held.depth -= 1
        if held.depth == 0:
            del _REGISTRY.held[path]
            os.ftruncate(held.descriptor, 0)
            os.close(held.descriptor)


def _try_lock(path: Path, purpose: str) -> int | None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    process = psutil.Process()
    holder = {"pid": process.pid, "started": process.create_time(), "purpose": purpose}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)
    return descriptor


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_bytes())
        return f"process {holder['pid']} ({holder['purpose']})"
    except (OSError, ValueError, KeyError, TypeError):
        # Between taking the lock and writing the name the file is empty.
        return "another process"
