"""Which files lay in the inbox in time: a row of the vault's documents that grows until it ends.

A file counts once it is noted here, however long it then takes to judge it, and whoever does. The
intake of a live home and the step that closes the round may both write: documents are created
once, so that of two that come together one sees the other's.
"""

from collections.abc import Iterable

from tasks.adapters.lake import Lake
from tasks.core.errors import LakeError
from tasks.core.money.units import RoundId
from tasks.core.protocol import vault_places
from tasks.core.protocol.documents.receipts import Arrival, ArrivalNote


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
        while found := self._vault.seek(vault_places.arrivals(self._round, self._read_so_far + 1)):
            self._read_so_far += 1
            self.files.update(found.files)
            self.ended = self.ended or found.last

    def note(self, arrived: Iterable[Arrival]) -> None:
        """Note files, unless they are noted or the row has ended."""
        wanted = set(arrived)
        while (new := wanted - self.files) and not self.ended:
            self._append(ArrivalNote(files=tuple(sorted(new)), last=False))

    def end(self) -> None:
        """Let nothing be noted any more."""
        while not self.ended:
            self._append(ArrivalNote(files=(), last=True))

    def _append(self, note: ArrivalNote) -> None:
        before = self._read_so_far
        try:
            self._vault.publish(vault_places.arrivals(self._round, before + 1), note)
        except LakeError:
            # Another process came first: what it wrote is read, and the caller sees.
            self.read()
            if self._read_so_far == before:
                raise
        else:
            self.read()
