"""Where batches run: what an executor is, and one that runs them in this process."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

Progress = Callable[[str, int, int], None]
"""Called with the key, how many batches are done, and how many there are."""


class Executor(Protocol):
    """Runs one function over batches."""

    def map(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item], *, key: str
    ) -> list[_Result]:
        """Return the results in the order of the items.

        Args:
            function: of a module in tasks, so that a worker can import it.
            items: what each call gets; small, with paths and row ranges instead of tables.
            key: names the work in Dask's records and in messages.
        """
        ...


class SerialExecutor:
    """Runs batches one after the other in this process."""

    def __init__(self, progress: Progress | None = None) -> None:
        """Report each batch to `progress`."""
        self._progress = progress

    def map(
        self, function: Callable[[_Item], _Result], items: Sequence[_Item], *, key: str
    ) -> list[_Result]:
        """Return the results in the order of the items."""
        results = []
        for item in items:
            results.append(function(item))
            if self._progress:
                self._progress(key, len(results), len(items))
        return results
