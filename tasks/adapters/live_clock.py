"""The time of a live home's chain: the wall clock, and what was ever added to it."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from tasks.adapters import files
from tasks.core.errors import HomeError

_SHORTEST_S, _LONGEST_S, _BLOCKS_A_DAY = 5, 60, 1_000


def block_s(market_day_s: int) -> int:
    """Return how old the latest block may be when somebody reads the chain, in seconds."""
    return max(_SHORTEST_S, min(_LONGEST_S, market_day_s // _BLOCKS_A_DAY))


class LiveClock:
    """The wall clock plus an offset that outlives restarts, so that time never runs back."""

    def __init__(self, path: Path, block_s: int, wall: Callable[[], float] = time.time) -> None:
        """Use the file that holds the offset; there is none until the clock is first moved.

        Args:
            path: the file.
            block_s: how old the latest block may be when somebody reads the chain.
            wall: tells seconds since 1970.

        Raises:
            HomeError: if the file is damaged.
        """
        self._path = path
        self.block_s = block_s
        self._wall = wall
        self._offset_s = _read(path)

    def now(self) -> int:
        """Return seconds since 1970."""
        return int(self._wall()) + self._offset_s

    def raise_to(self, timestamp: int) -> None:
        """Let the clock show at least `timestamp` from now on."""
        if timestamp > self.now():
            self._offset_s += timestamp - self.now()
            content = json.dumps({"offset_s": self._offset_s}).encode()
            files.replace_file(self._path, content)


def _read(path: Path) -> int:
    try:
        return int(json.loads(path.read_bytes())["offset_s"])
    except FileNotFoundError:
        return 0
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HomeError(f'{path} is damaged: write back {{"offset_s": seconds}}') from error
