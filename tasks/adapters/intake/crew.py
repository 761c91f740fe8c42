"""The children of one pool: those that run, what each is reading, and since when."""

import selectors
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from tasks.adapters.intake.child import Child
from tasks.adapters.intake.frames import Limits
from tasks.adapters.intake.opening import Opened
from tasks.core.errors import ProcessError
from tasks.core.protocol.alignment import LiveIds

_START_S = 120.0


@dataclass(slots=True, kw_only=True)
class Job:
    """A file on its way through a child, and how many children it has cost."""

    number: int
    path: Path
    file: Opened
    faults: int = 0


@dataclass(slots=True, kw_only=True)
class Slot:
    """A place for a child: the files it has, the first of which it reads until `deadline`."""

    child: Child
    deadline: float
    ready: bool = False
    jobs: deque[Job] = field(default_factory=deque)

    @property
    def waits(self) -> bool:
        """Return whether an answer is due: to a file, or that it is ready."""
        return bool(self.jobs) or not self.ready


class Crew:
    """Children that are replaced as they end."""

    def __init__(self, live: LiveIds, workers: int, limits: Limits) -> None:
        """Start children; nothing waits for them to be ready."""
        self.limits = limits
        self._live = live
        self._selector = selectors.DefaultSelector()
        self.slots: list[Slot] = []
        for _ in range(workers):
            slot = Slot(child=Child(live, limits), deadline=time.monotonic() + _START_S)
            self.slots.append(slot)
            self._selector.register(slot.child.channel, selectors.EVENT_READ, slot)

    def give(self, slot: Slot, job: Job) -> None:
        """Hand a file to a child; its time begins now if it is the child's only one."""
        if not slot.jobs:
            self.restart_clock(slot)
        slot.jobs.append(job)
        slot.child.ask(job.file)

    def restart_clock(self, slot: Slot) -> None:
        """Give a child its whole time for the file that comes next."""
        slot.deadline = time.monotonic() + self.limits.seconds

    def forgive(self, seconds: float) -> None:
        """Give every child that much more time, in which nobody listened to it."""
        for slot in self.slots:
            slot.deadline += seconds

    def wait(self) -> tuple[list[Slot], list[Slot]]:
        """Wait for a child to say something, or for the first deadline.

        Returns:
            Those that have something to say, and the others whose time is over.
        """
        first = min((slot.deadline for slot in self.slots if slot.waits), default=0.0)
        events = self._selector.select(max(0.0, first - time.monotonic()))
        heard: list[Slot] = [key.data for key, _ in events]
        now = time.monotonic()
        late = [slot for slot in self.slots if slot.waits and slot.deadline <= now]
        return heard, [slot for slot in late if slot not in heard]

    def replace(self, slot: Slot, grace_s: float = 0.0) -> int:
        """End a child and start another in its place; return the first one's exit code.

        Raises:
            ProcessError: if it had not become ready: the next one would not either.
        """
        self._selector.unregister(slot.child.channel)
        code = slot.child.end(grace_s)
        if not slot.ready:
            self.slots.remove(slot)
            words = slot.child.last_words
            raise ProcessError(f"a child of the intake did not start: code {code}: {words}")
        slot.child = Child(self._live, self.limits)
        slot.ready, slot.deadline = False, time.monotonic() + _START_S
        slot.jobs.clear()
        self._selector.register(slot.child.channel, selectors.EVENT_READ, slot)
        return code

    def close(self) -> None:
        """End all children."""
        for slot in self.slots:
            slot.child.end()
        self._selector.close()
