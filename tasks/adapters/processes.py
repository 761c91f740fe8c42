"""Processes that the project starts, and how it finds and stops exactly those."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from tasks.adapters import files, launch
from tasks.core.errors import ProcessError

_LAUNCHER = Path(launch.__file__)
_MARK = "ERARIUM_PROCESS"
# Start times are told in wall-clock time, which may be corrected while a process runs.
_START_TOLERANCE_S = 2.0
_LOOPBACK = "127.0.0.1"


@dataclass(slots=True, kw_only=True)
class Managed:
    """A process of a home: its name, identity and files."""

    name: str
    pid: int
    started: float
    log: Path
    pid_file: Path
    child: subprocess.Popen[bytes] | None = None

    def is_alive(self) -> bool:
        """Return whether it runs; a zombie does not."""
        if self.child is not None and self.child.poll() is not None:
            return False
        return _leader(self) is not None

    def last_words(self) -> str:
        """Return the last line of its log, for an error message."""
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return "no log"
        return lines[-1] if lines else "its log is empty"

    def stop(self, grace_s: float = 10.0) -> None:
        """Stop it, then whatever it left behind: TERM, and KILL after `grace_s`.

        Nothing is signalled whose pid now belongs to another process.
        """
        leader = _leader(self)
        _signal_and_wait([leader] if leader else _marked(self), grace_s)
        _kill(_marked(self))
        if self.child is not None:
            self.child.wait()
        self.pid_file.unlink(missing_ok=True)

    @classmethod
    def read(cls, pid_file: Path) -> Self | None:
        """Return the process that a pid file names, or None where the file is not readable."""
        try:
            entry = json.loads(pid_file.read_bytes())
            pid, started = int(entry["pid"]), float(entry["started"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        log = pid_file.with_suffix(".log")
        return cls(name=pid_file.stem, pid=pid, started=started, log=log, pid_file=pid_file)


def start(
    run: Path, name: str, argv: Sequence[str], env: Mapping[str, str], *, tied: bool = False
) -> Managed:
    """Start a program in its own session, with a log file and a pid file.

    Args:
        run: the home's folder for pid files and logs.
        name: unique in the home; the files are `<name>.pid` and `<name>.log`.
        argv: the program, found on `env`'s PATH or given as a path, and its arguments.
        env: its whole environment.
        tied: whether it is killed when its parent ends (Linux; elsewhere `reap` does it).

    Raises:
        ProcessError: if the program cannot be found, or the name is running already.
    """
    pid_file = run / f"{name}.pid"
    former = Managed.read(pid_file)
    if former is not None and former.is_alive():
        raise ProcessError(f"{name} runs already in {run.parent}, as process {former.pid}")
    run.mkdir(parents=True, exist_ok=True)
    program = _find_program(argv[0], env)
    tie = str(os.getpid()) if tied else "-"
    log = run / f"{name}.log"
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCHER), tie, program, *argv[1:]],
            env={**env, _MARK: _mark(pid_file)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = psutil.Process(child.pid).create_time()
    entry = {"pid": child.pid, "started": started, "program": program}
    files.replace_file(pid_file, json.dumps(entry).encode())
    _let_go(child)
    return Managed(
        name=name, pid=child.pid, started=started, log=log, pid_file=pid_file, child=child
    )


def running(run: Path, name: str) -> Managed | None:
    """Return the process of that name if it runs."""
    process = Managed.read(run / f"{name}.pid")
    return process if process is not None and process.is_alive() else None


def reap(run: Path, grace_s: float = 5.0) -> list[str]:
    """Stop what a killed run left behind, the oldest first.

    So the chain saves the state of its node, which it started, before that is stopped.

    Args:
        run: the home's folder for pid files and logs.
        grace_s: how long each may take to end by itself.

    Returns:
        The names of the processes that had a pid file, which are gone now.
    """
    pid_files = list(run.glob("*.pid"))
    found = [process for file in pid_files if (process := Managed.read(file)) is not None]
    for process in sorted(found, key=lambda process: process.started):
        process.stop(grace_s)
    for pid_file in pid_files:
        pid_file.unlink(missing_ok=True)
    return sorted(process.name for process in found)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore a second Ctrl-C or TERM while the main thread clears up after the first."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind((_LOOPBACK, 0))
        return int(listener.getsockname()[1])


def require_port(port: int, what: str) -> int:
    """Return a port that was asked for.

    Raises:
        ProcessError: if something listens on it.
    """
    with socket.socket() as listener:
        # As servers do; without it a port is refused for a minute after its last connection.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_LOOPBACK, port))
        except OSError as error:
            raise ProcessError(f"port {port} for {what} is taken: choose another") from error
    return port


def wait_until_gone(processes: Sequence[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    """Wait for processes to end and return those that did not; zombies have ended."""
    deadline = time.monotonic() + timeout_s
    while alive := [process for process in processes if _is_running(process)]:
        if time.monotonic() >= deadline:
            return alive
        time.sleep(0.02)
    return []


def _find_program(name: str, env: Mapping[str, str]) -> str:
    folders = [""] if os.sep in name else env.get("PATH", os.defpath).split(os.pathsep)
    for folder in folders:
        path = Path(folder, name)
        if path.is_file() and os.access(path, os.X_OK):
            return str(path.absolute())
    raise ProcessError(f"program {name} is missing: run `make setup`")


def _let_go(child: subprocess.Popen[bytes]) -> None:
    """Tell the launcher that its pid file is written; if this process dies before, it ends."""
    if child.stdin is not None:
        with suppress(BrokenPipeError), child.stdin as pipe:
            pipe.write(launch.GO)


def _mark(pid_file: Path) -> str:
    return str(pid_file.absolute())


def _leader(managed: Managed) -> psutil.Process | None:
    with suppress(psutil.Error):
        process = psutil.Process(managed.pid)
        # A pid is used again: only the start time tells our process from a stranger's.
        same = abs(process.create_time() - managed.started) < _START_TOLERANCE_S
        return process if same and _is_running(process) else None
    return None


def _marked(managed: Managed) -> list[psutil.Process]:
    """Return the living processes that it started, also those that outlived it.

    They carry the mark in the environment that they inherited, whatever session they are in.
    """
    members = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            ours = process.environ().get(_MARK) == _mark(managed.pid_file)
            if ours and process.pid != os.getpid():
                members.append(process)
    return members


def _signal_and_wait(processes: Sequence[psutil.Process], grace_s: float) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _kill(wait_until_gone(processes, grace_s))


def _kill(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    wait_until_gone(processes, 5.0)


def _is_running(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
