"""The folder that is set up: its paths, what is done already, and how a program is run there."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class SetupError(Exception):
    """A step failed; the message is the one line that the user reads."""


class Refusal(SetupError):
    """This machine cannot be set up as it is; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Place:
    """The repository's root, and what the set-up keeps below it."""

    root: Path

    @property
    def venv(self) -> Path:
        """Return the virtual environment's folder."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Return the virtual environment's Python."""
        return self.venv / "bin" / "python"

    @property
    def log(self) -> Path:
        """Return the file that takes what pip and npm print."""
        return self.venv / "setup.log"

    @property
    def unfinished(self) -> Path:
        """Return the marker that lies there while pip writes."""
        return self.venv / "setup.unfinished"

    def done(self) -> dict[str, str]:
        """Return the digest with which each step was last done."""
        try:
            state = json.loads((self.venv / "setup.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def record(self, digests: dict[str, str]) -> None:
        """Add steps to those that are done, atomically."""
        part = self.venv / "setup.json.part"
        part.write_text(json.dumps(self.done() | digests, indent=1) + "\n")
        part.replace(self.venv / "setup.json")

    def digest(self, names: Sequence[str]) -> str:
        """Return the digest of some files below the root, named relative to it."""
        whole = hashlib.sha256()
        for name in names:
            whole.update(hashlib.sha256((self.root / name).read_bytes()).digest())
        return whole.hexdigest()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Mark the virtual environment as half-written until the block succeeds."""
        self.venv.mkdir(exist_ok=True)
        self.unfinished.touch()
        yield
        self.unfinished.unlink()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one set-up at a time work here; others wait.

        The children inherit the lock: where a set-up is killed and its pip lives on, the next
        one waits for that pip too.
        """
        import fcntl  # not on Windows, where the refusal must come before this

        descriptor = os.open(self.root / "deployment", os.O_RDONLY)
        os.set_inheritable(descriptor, True)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("set-up: waiting for another one that runs here", flush=True)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def run(self, command: Sequence[str | Path], *, folder: Path | None = None) -> None:
        """Run a program, its output into the log.

        Raises:
            SetupError: if it fails; the message names the log and quotes its last line.
        """
        with self.log.open("ab") as log:
            log.write(f"\n$ {' '.join(map(str, command))}\n".encode())
            log.flush()
            # Children keep the lock's descriptor, hence close_fds=False.
            status = subprocess.call(
                [str(part) for part in command],
                cwd=folder or self.root,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                close_fds=False,
            )
        if status:
            raise SetupError(f"it failed ({_last_line(self.log)}); all of it: {self.log}")


def _environment() -> dict[str, str]:
    """Return the environment without what would send pip's packages or imports elsewhere."""
    foreign = {"PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_TARGET", "PIP_USER"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return kept | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "no output")
