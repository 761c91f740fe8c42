"""Published data: what there is, and a copy of it on the modeller's disk.

The copy is laid out as the lake is, so that `Dataset.open(Lake(folder), name)` reads it.
"""

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tasks.adapters import files
from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake
from tasks.client import live
from tasks.core import wording
from tasks.core.errors import InputError, LakeError
from tasks.core.money.units import RoundId
from tasks.core.protocol import places
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.documents.snapshots import FileFacts, Manifest

LATEST = "latest"
"""How a person names the newest snapshot: that of the newest round, if there is a round."""

_FILE = re.compile(r"[a-z][a-z0-9_]*\.(parquet|json)")
_LIVE = "live_"
_CHUNK_BYTES = 2**22
_WORK = "download"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A snapshot.

    Attributes:
        date: when it was published for a round, seconds since 1970; None where no round is its.
        eras: how many.
        bytes: of its eras' objects and its single files, each object once.
        files: the names of its single files; none for a round's snapshot.
    """

    name: str
    as_of_era: str
    live_era: str | None
    date: int | None
    eras: int
    bytes: int
    files: Sequence[str]

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What a download came to: digests were checked of all, and `fetched` of them were new."""

    name: str
    folder: Path
    objects: int
    fetched: int
    bytes: int

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self) | {"folder": str(self.folder)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """An object to fetch, where it lies in the lake, and the single files that it is."""

    ref: Ref
    source: str
    files: Sequence[str] = ()


def published(chain: Chain, lake: Lake) -> list[Published]:
    """Return the snapshots in the order of their names' numbers, the rounds' ones last."""
    dates = {event.round: event.terms.opens for event in chain.tournament.opened()}
    found = []
    for name in [*_numbered(lake), *map(places.live_snapshot, sorted(dates))]:
        manifest = lake.seek(places.manifest(name))
        if manifest is not None:
            found.append(_published(name, manifest, dates))
    return found


def download(
    chain: Chain,
    lake: Lake,
    name: str,
    folder: Path,
    only: Sequence[str],
    progress: Progress,
) -> Download:
    """Copy a snapshot; what is there already and right is not fetched again.

    Every object is checked by its digest while it is written, and gets its name when it is whole;
    the manifest of a whole snapshot comes last. A round's live era is checked against the chain.

    Args:
        chain: of the tournament.
        lake: where the snapshot is published.
        name: the snapshot's name, or `latest`.
        folder: where the copy goes; the caller is the only one to write there.
        only: names of single files; none for the whole snapshot.
        progress: told of each object.

    Raises:
        InputError: if there is no such snapshot or file, or the folder cannot be written.
        LakeError: if an object is missing or damaged in the lake.
    """
    name = _chosen(chain, lake, name)
    manifest = lake.load(places.manifest(name))
    if name.startswith(_LIVE):
        round_id = RoundId(int(name.removeprefix(_LIVE)))
        live.require_published(lake, round_id, chain.tournament.facts(round_id).terms)
    items = _items(manifest, name, only)
    target, fetched = Lake(folder), 0
    try:
        target.clear_parts()
        for done, item in enumerate(items):
            progress(_WORK, done, len(items))
            fetched += _fetch(lake, target, item)
        progress(_WORK, len(items), len(items))
        if not only:
            # A manifest promises all that it names.
            _publish(lake, target, name)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror}; mend and repeat"
        ) from error
    size = sum(item.ref.size for item in items)
    return Download(name=name, folder=folder, objects=len(items), fetched=fetched, bytes=size)


def _numbered(lake: Lake) -> Iterator[str]:
    """Return the names of the snapshots with single files: they are numbered without a gap."""
    number = 1
    while lake.has(places.manifest(name := places.snapshot(number))):
        yield name
        number += 1


def _published(name: str, manifest: Manifest, dates: Mapping[RoundId, int]) -> Published:
    return Published(
        name=name,
        as_of_era=manifest.as_of_era,
        live_era=manifest.live_era,
        date=dates.get(RoundId(int(manifest.as_of_era))),
        eras=len(manifest.eras),
        bytes=sum(item.ref.size for item in _items(manifest, name, ())),
        files=sorted(manifest.files or {}),
    )


def _chosen(chain: Chain, lake: Lake, name: str) -> str:
    found = [each.name for each in published(chain, lake)]
    if not found:
        raise InputError("no snapshot is published yet: come back when the first round opens")
    if name == LATEST:
        return found[-1]
    if name not in found:
        raise InputError(
            f"there is no snapshot {wording.plain(name)}: `erarium data list` names all, "
            f"the newest is {found[-1]}"
        )
    return name


def _items(manifest: Manifest, name: str, only: Sequence[str]) -> list[_Item]:
    """Return what to fetch, each object once: one may be several single files."""
    singles = manifest.files or {}
    for wanted in only:
        if wanted not in singles:
            has = wording.listed(sorted(singles), 20) or "none: leave --files out"
            raise InputError(f"{name} has no file {wording.plain(wanted)}; it has {has}")
    place, names = places.folder(name), defaultdict[str, list[str]](list)
    refs = [] if only else [ref for era in manifest.eras for ref in era.refs]
    items = {ref.name: _Item(ref=ref, source=ref.name) for ref in refs}
    for file in dict.fromkeys(only or sorted(singles)):
        ref = _single(file, singles[file])
        names[ref.name].append(f"{place}/{file}")
        items.setdefault(ref.name, _Item(ref=ref, source=f"{place}/{file}"))
    return [replace(item, files=names[key]) for key, item in items.items()]


def _single(file: str, facts: FileFacts) -> Ref:
    if not _FILE.fullmatch(file):
        raise LakeError(f"a snapshot names no file so: {wording.plain(file)}")
    return Ref(sha256=facts.sha256, size=facts.size, suffix=Path(file).suffix)


def _fetch(lake: Lake, target: Lake, item: _Item) -> bool:
    """Fetch an object unless it is there; return whether it was fetched."""
    path = target.root / item.ref.name
    missing = not _is_right(path, item.ref)
    if missing:
        path.unlink(missing_ok=True)
        target.put_chunks(_chunks(lake.root / item.source, item.ref), item.ref.suffix)
    for file in item.files:
        _link(path, target.root / file)
    return missing


def _link(path: Path, name: Path) -> None:
    """Give a whole object its single file's name as well."""
    if name.exists() and name.samefile(path):
        return
    name.parent.mkdir(parents=True, exist_ok=True)
    name.unlink(missing_ok=True)
    os.link(path, name)
    files.sync_folder(name.parent)


def _is_right(path: Path, ref: Ref) -> bool:
    """Return whether a file has an object's size and digest."""
    if not path.is_file() or path.stat().st_size != ref.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == ref.sha256


def _chunks(path: Path, ref: Ref) -> Iterator[bytes]:
    """Return a published file's bytes in pieces; the end fails if their digest is another one."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                yield chunk
    except OSError as error:
        raise LakeError(f"{path} cannot be read in the lake: {error.strerror}") from error
    if digest.hexdigest() != ref.sha256:
        raise LakeError(f"{path} is damaged in the lake: its content has another digest")


def _publish(lake: Lake, target: Lake, name: str) -> None:
    """Copy the version's document, which names features and targets, and then the manifest."""
    version = lake.seek(places.DATA_VERSION)
    if version is not None:
        target.publish(places.DATA_VERSION, version)
    target.publish(places.manifest(name), lake.load(places.manifest(name)))
