"""The homes that the tests of outcomes share, and how they are copied and compared."""

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tasks.adapters.executors import Executor, SerialExecutor
from tasks.adapters.lake import Lake
from tasks.core.money.units import RoundId
from tasks.stages import reporting, snapshots
from tests.tournaments import Tournament

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class RecordingExecutor:
    """Remembers by key which batches another executor was given."""

    def __init__(self, inner: Executor | None = None) -> None:
        self.items: dict[str, list[Any]] = defaultdict(list)
        self._inner = inner or SerialExecutor()

    def map(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item], *, key: str
    ) -> list[_Result]:
        self.items[key] += items
        return self._inner.map(function, items, key=key)


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """A home with its data set and no chain yet, to be copied, and what its ingest fitted."""

    root: Path
    executed: RecordingExecutor

    def copy(self, root: Path) -> Path:
        return Path(shutil.copytree(self.root, root))


@dataclass(frozen=True, kw_only=True)
class Played:
    """A tournament that is over: its chain runs, and its home was copied while it did not."""

    tournament: Tournament
    report: dict[str, Any]
    stopped: Path

    @property
    def rounds(self) -> list[RoundId]:
        return self.tournament.rounds


def finish(tournament: Tournament) -> dict[str, Any]:
    """Publish the last snapshot and return the report."""
    opened, rounds = tournament.opened, tournament.rounds
    snapshots.publish_last(opened, rounds)
    return reporting.build(opened.lake, opened.chain, rounds)


def digests(lake: Lake) -> dict[str, str]:
    """Return the digest of every file of a lake, the sealed inbox aside."""
    files = sorted(path for path in lake.root.rglob("*") if path.is_file())
    return {
        str(path.relative_to(lake.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.suffix != ".sealed"
    }


def transactions(tournament: Tournament) -> int:
    """Return how many transactions the chain has."""
    chain = tournament.opened.chain
    blocks = range(chain.header().number + 1)
    found = chain.rpc.batch("eth_getBlockByNumber", [[hex(number), False] for number in blocks])
    return sum(len(block["transactions"]) for block in found if isinstance(block, dict))
