"""Snapshots of the node's state, each with the part of the log that it covers."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tasks.adapters import files
from tasks.core.protocol import canonical

_KEPT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A dump of the node: `steps` of the log are in it, `block_hash` is its last block."""

    steps: int
    block_hash: str
    state: str


class Snapshots:
    """The newest snapshots in a folder."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, which is made when something is first written."""
        self._folder = folder

    def save(self, snapshot: Snapshot) -> None:
        """Write a snapshot whole, then forget all but the newest two."""
        content = {**asdict(snapshot), "sha256": canonical.sha256_hex(snapshot.state.encode())}
        path = self._folder / f"snapshot-{snapshot.steps:010d}.json"
        files.replace_file(path, json.dumps(content).encode(), mode=0o600)
        for old in self._paths()[_KEPT:]:
            old.unlink(missing_ok=True)

    def newest_first(self) -> Iterator[Snapshot]:
        """Give the sound snapshots; a damaged one is passed over, for the log has everything."""
        for path in self._paths():
            snapshot = _read(path)
            if snapshot is not None:
                yield snapshot

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("snapshot-*.json"), reverse=True)


def _read(path: Path) -> Snapshot | None:
    try:
        content = json.loads(path.read_bytes())
        sha256 = content.pop("sha256")
        snapshot = Snapshot(**content)
        sound = canonical.sha256_hex(snapshot.state.encode()) == sha256
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return snapshot if sound else None
