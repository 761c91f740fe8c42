"""Read strangers' submission files in confined child processes, all of them kept busy.

A child that dies, hangs or lies costs its file, never its parent or the next file.
"""

import os
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.adapters.intake import child, frames, opening
from tasks.adapters.intake.crew import Crew, Job, Slot
from tasks.adapters.intake.frames import Answer, Limits
from tasks.core.errors import InputError, ProcessError, SubmissionError
from tasks.core.protocol import alignment
from tasks.core.protocol.alignment import LiveIds

Outcome = NDArray[np.float64] | SubmissionError
"""What became of a file: its predictions in the order of the sorted live ids, or why not."""

# A child reads one file while the next one waits in its channel.
_DEPTH = 2
# How far results may run ahead of the oldest one that is not there yet.
_WINDOW = 256
# A death may come from outside, such as the system's when memory is short; two do not.
_MAX_FAULTS = 2
# What closed its channel may take so long to end, so that its own exit code is known.
_EXIT_S = 2.0
_MEND = "write it anew with pandas, polars or pyarrow"


class Pool:
    """Children that read the files of one round; `pool` makes it."""

    def __init__(self, live: LiveIds, workers: int, limits: Limits) -> None:
        """Start the children."""
        self._crew = Crew(live, workers, limits)
        self._max_bytes = alignment.max_file_bytes(live)
        self._reading = False

    def read(self, path: Path) -> NDArray[np.float64]:
        """Return a file's predictions in the order of the sorted live ids.

        Returns:
            Finite values in [0, 1], not all the same, shape (n_ids,), read-only.

        Raises:
            SubmissionError: if the file breaks a rule; the message says what to mend.
            ProcessError: if the children cannot be started.
        """
        [(_, outcome)] = self.read_many([path])
        if isinstance(outcome, SubmissionError):
            raise outcome
        return outcome

    def read_many(self, paths: Iterable[Path]) -> Generator[tuple[Path, Outcome], None, None]:
        """Yield what became of each file, in the order of the paths.

        Args:
            paths: taken as the children come to them, not all at once.

        Raises:
            ProcessError: if the children cannot be started, or read another list already.
        """
        if self._reading:
            raise ProcessError("this pool is reading already: finish or close that first")
        self._reading = True
        pass_ = _Pass(self._crew, paths, self._max_bytes)
        try:
            yield from pass_.run()
        finally:
            pass_.clear()
            self._reading = False

    def close(self) -> None:
        """End the children."""
        self._crew.close()


@contextmanager
def pool(live_ids: Sequence[str], workers: int = 1, limits: Limits | None = None) -> Iterator[Pool]:
    """Give a pool of children that know a round's live ids.

    Args:
        live_ids: in any order, each once.
        workers: how many children read at once.
        limits: what a file may cost; 512 MiB and 5 s if unset.

    Raises:
        InputError: if the ids are not ids, each once, or there is no worker.
    """
    if workers < 1:
        raise InputError(f"{workers} workers read nothing: at least 1")
    opened = Pool(LiveIds.of(live_ids), workers, limits or Limits())
    try:
        yield opened
    finally:
        opened.close()


class _Pass:
    """One pass over a list of files."""

    def __init__(self, crew: Crew, paths: Iterable[Path], max_bytes: int) -> None:
        self._crew = crew
        self._paths = iter(paths)
        self._max_bytes = max_bytes
        self._taken = 0
        self._given = 0
        self._all_taken = False
        self._again: deque[Job] = deque()
        self._done: dict[int, tuple[Path, Outcome]] = {}

    def run(self) -> Iterator[tuple[Path, Outcome]]:
        """Yield the outcomes in order."""
        while True:
            self._hand_out()
            if self._given in self._done:
                since = time.monotonic()
                yield self._done.pop(self._given)
                self._given += 1
                self._crew.forgive(time.monotonic() - since)
            elif self._all_taken and self._given == self._taken:
                return
            else:
                self._collect()

    def clear(self) -> None:
        """Forget what is not read yet, where nobody wants it any more."""
        for slot in self._crew.slots:
            if slot.jobs:
                self._again.extend(slot.jobs)
                self._crew.replace(slot)
        for job in self._again:
            os.close(job.file.descriptor)

    def _hand_out(self) -> None:
        """Give the children what they can hold, the idlest first."""
        while ready := [slot for slot in self._crew.slots if slot.ready]:
            slot = min(ready, key=lambda slot: len(slot.jobs))
            job = self._next_job() if len(slot.jobs) < _DEPTH else None
            if job is None:
                return
            self._crew.give(slot, job)

    def _next_job(self) -> Job | None:
        """Return a file that passed the first gates, if there is one and room for its outcome."""
        if self._again:
            return self._again.popleft()
        while self._taken - self._given < _WINDOW:
            path = next(self._paths, None)
            if path is None:
                self._all_taken = True
                return None
            number, self._taken = self._taken, self._taken + 1
            try:
                file = opening.open_file(path, self._max_bytes)
            except SubmissionError as error:
                self._done[number] = path, error
            else:
                return Job(number=number, path=path, file=file)
        return None

    def _collect(self) -> None:
        """Wait for what the children say, and replace those that can say nothing more."""
        heard, late = self._crew.wait()
        for slot in heard:
            speaker = slot.child
            try:
                for answer in speaker.listen():
                    # What a child says after it was replaced is about files that it has no more.
                    if slot.child is speaker:
                        self._take(slot, answer)
            except EOFError:
                self._lose(slot, grace_s=_EXIT_S)
            # A child whose answer breaks the protocol is as lost as one that has gone.
            except ValueError:
                self._lose(slot)
        for slot in late:
            self._give_up(slot)

    def _take(self, slot: Slot, answer: Answer) -> None:
        """Note what a child says about its file.

        Raises:
            ValueError: if it may not say so.
        """
        if slot.ready == (answer.kind == frames.READY) or (slot.ready and not slot.jobs):
            raise ValueError("an answer to no question")
        if answer.kind == frames.READY:
            slot.ready = True
        elif answer.kind == frames.VALUES:
            self._settle(slot, slot.child.values(answer.body))
        elif answer.kind == frames.REFUSED:
            self._settle(slot, child.refusal(answer.body))
        else:
            # Once more: files before it may have left the child too little.
            mib = self._crew.limits.memory_bytes // 2**20
            self._lose(slot, f"the file takes more than {mib} MiB of memory")

    def _settle(self, slot: Slot, outcome: Outcome) -> None:
        """Note what became of a child's file; the time of the next one begins."""
        self._finish(slot.jobs.popleft(), outcome)
        self._crew.restart_clock(slot)

    def _finish(self, job: Job, outcome: Outcome) -> None:
        os.close(job.file.descriptor)
        self._done[job.number] = job.path, outcome

    def _restart(self, slot: Slot, grace_s: float = 0.0) -> int:
        """Replace a child; the files that it had are read by another one."""
        self._again.extend(slot.jobs)
        return self._crew.replace(slot, grace_s)

    def _lose(self, slot: Slot, reason: str | None = None, grace_s: float = 0.0) -> None:
        """Replace a child that has ended or must; its file is tried once more."""
        job = slot.jobs.popleft() if slot.jobs else None
        code = self._restart(slot, grace_s)
        if job is None:
            return
        job.faults += 1
        if job.faults < _MAX_FAULTS:
            self._again.appendleft(job)
        else:
            reason = reason or f"the file ended the process that read it (code {code})"
            self._finish(job, SubmissionError(f"{reason}: {_MEND}"))

    def _give_up(self, slot: Slot) -> None:
        """Replace a child whose time is over."""
        job = slot.jobs.popleft() if slot.jobs else None
        self._restart(slot)
        if job is not None:
            seconds = self._crew.limits.seconds
            reason = f"reading the file takes longer than {seconds:g} s: {_MEND}"
            self._finish(job, SubmissionError(reason))
