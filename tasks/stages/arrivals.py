"""Which files lay in the inbox in time: a row of the vault's documents that grows until it ends.

A file counts once it is noted here, however long it then takes to judge it, and whoever does. The
intake of a live home and the step that closes the round may both write: documents are created
once, so that of two that come together one sees the other's.
"""

from collections.abc import Iterable
from typing import Any

from tasks.adapters.lake import Lake
from tasks.core.errors import LakeError
from tasks.core.money.units import RoundId

Arrival = tuple[bytes, bytes]
"""A model and the commitment that its file is named after."""


class Arrivals:
    """The arrivals of one round.

    Attributes:
        files: what is noted, as far as it was read.
        ended: whether nothing is noted any more.
    """

    def __init__(self, vault: Lake, round_id: RoundId) -> None:
        """Read what is noted of a round."""
        self.files: set[Arrival] = set()
        self.ended = False
        self._vault = vault
        self._round = round_id
        self._read_so_far = 0
        self.read()

    def read(self) -> None:
        """Read what was noted since the last time."""
        while found := self._vault.find(self._name(self._read_so_far + 1)):
            self._read_so_far += 1
            for model, commitment in found["files"]:
                self.files.add((bytes.fromhex(model), bytes.fromhex(commitment)))
            self.ended = self.ended or found["last"]

    def note(self, arrived: Iterable[Arrival]) -> None:
        """Note files, unless they are noted or the row has ended."""
        wanted = set(arrived)
        while (new := wanted - self.files) and not self.ended:
            pairs = [[model.hex(), commitment.hex()] for model, commitment in sorted(new)]
            self._append({"files": pairs, "last": False})

    def end(self) -> None:
        """Let nothing be noted any more."""
        while not self.ended:
            self._append({"files": [], "last": True})

    def _append(self, document: dict[str, Any]) -> None:
        before = self._read_so_far
        try:
            self._vault.publish(self._name(before + 1), document)
        except LakeError:
            # Another process came first: what it wrote is read, and the caller sees.
            self.read()
            if self._read_so_far == before:
                raise
        else:
            self.read()

    def _name(self, number: int) -> str:
        return f"arrivals/{self._round}/{number:06d}"
