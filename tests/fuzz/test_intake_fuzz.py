"""Mutated submission files: the parent survives all of them, and believes no wrong number.

What is accepted must be what a slow reader finds in the mutated bytes; where pages carry
checksums, or rows were only put in another order, it must be the original.
"""

import csv
import io
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from tasks.adapters import sandbox
from tasks.core.errors import SubmissionError
from tests.fuzz import mutations
from tests.fuzz.mutations import Mutant

MAX_RSS = 512 * 2**20
ORIGINAL = dict(zip(mutations.IDS, mutations.VALUES.tolist(), strict=True))


def slow_values(content):
    """Return what independent readers find in a file: a value for each id."""
    if content.startswith(b"PAR1"):
        frame = pd.read_parquet(io.BytesIO(content))
        rows = [list(row) for row in zip(frame["id"], frame["prediction"], strict=True)]
    else:
        header, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        assert header == ["id", "prediction"]
    values = {name: float(value) for name, value in rows}
    assert len(values) == len(rows)
    return values


def check_accepted(mutant: Mutant, values):
    """Check that accepted numbers are those of the file."""
    found = dict(zip(sorted(mutations.IDS), values.tolist(), strict=True))
    assert found == slow_values(mutant.content)
    assert values.tobytes() == np.array([found[name] for name in sorted(found)]).tobytes()
    if mutant.checked or mutant.kind.endswith("shuffled"):
        assert found == ORIGINAL


def peak_rss(pool):
    """Return the most memory that a child that lives has ever had, in bytes."""
    peaks = [0]
    for slot in pool._crew.slots:
        status = Path(f"/proc/{slot.child.process.pid}/status").read_text().splitlines()
        peaks += [int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")]
    return max(peaks)


def play(tmp_path, numbers):
    """Read mutants, check every outcome and return how many there are of each."""
    paths = [tmp_path / str(number) for number in numbers]
    for number, path in zip(numbers, paths, strict=True):
        path.write_bytes(mutations.mutant(number).content)
    counts: Counter[tuple[str, str]] = Counter()
    peak = 0
    with sandbox.pool(mutations.IDS, workers=2) as pool:
        for path, outcome in pool.read_many(paths):
            mutant = mutations.mutant(int(path.name))
            peak = max(peak, peak_rss(pool))
            if isinstance(outcome, SubmissionError):
                reason = str(outcome)
                assert reason.isascii(), (path.name, mutant.kind)
                assert reason.isprintable(), (path.name, mutant.kind)
                assert len(reason) < 400, (path.name, mutant.kind)
                counts[mutant.kind, reason_class(reason)] += 1
            else:
                check_accepted(mutant, outcome)
                counts[mutant.kind, "accepted"] += 1
        limits = [
            psutil.Process(slot.child.process.pid).rlimit(psutil.RLIMIT_AS)
            for slot in pool._crew.slots
            if slot.ready
        ]
    assert peak < MAX_RSS
    # The address space holds the memory, so that what a child had that has gone is bounded too.
    assert set(limits) == {(MAX_RSS, MAX_RSS)}
    return counts, peak


def reason_class(reason):
    for word in ("takes longer", "ended the process", "MiB of memory"):
        if word in reason:
            return word
    return "refused"


def report(counts, peak):
    total: Counter[str] = Counter()
    for (_, outcome), count in counts.items():
        total[outcome] += count
    print(f"\n{sum(total.values())} mutants: {dict(total)}, largest child {peak / 2**20:.0f} MiB")
    for kind in sorted({kind for kind, _ in counts}):
        print(f"  {kind}: { {what: n for (of, what), n in sorted(counts.items()) if of == kind} }")
    return total


def test_intake__some_mutants__none_is_believed_wrongly(tmp_path):
    total = report(*play(tmp_path, range(150)))

    assert total["takes longer"] == 0
    assert total["accepted"] >= 10
    assert total["refused"] >= 100


@pytest.mark.fuzz
@pytest.mark.timeout(1200)
def test_intake__two_thousand_mutants__none_is_believed_wrongly(tmp_path):
    total = report(*play(tmp_path, range(2_000)))

    assert total["takes longer"] == 0
    assert total["accepted"] >= 100
    assert total["refused"] >= 1_000
