"""Every key of every published document, changed one after another, and the check that sees it."""

import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.adapters.lake import Lake
from tasks.core.money.units import RoundId
from tasks.core.protocol import canonical
from tasks.core.protocol.documents.ref import Ref
from tasks.verification import listed
from tasks.verification.chain import ChainView
from tasks.verification.view import RoundView

KeyPath = tuple[str | int, ...]

_REF = {"sha256", "bytes", "suffix"}
_OTHER = {"train": "validation", "validation": "train", "live": "train", "accepted": "rejected"}
_WORD = "ab" * 32
_INSTEAD_OF_NULL = {
    "10d1l": "0001",
    "20d1l": "0001",
    "5d1l": "0001",
    "benchmarks": {"bytes": 1, "sha256": _WORD, "suffix": ".parquet"},
    "files": {},
    "live_era": "0001",
    "reason": "late",
    "targets": {"bytes": 1, "sha256": _WORD, "suffix": ".parquet"},
}
"""What stands where a document has none, by its key; a test that meets another one says so."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One key changed, or a whole file; of many alike in a list the same one in each.

    Attributes:
        pattern: the key, with numbers and models out of it.
        files: the changed bytes of files, by their names below the lake's root.
    """

    pattern: str
    files: Mapping[str, bytes]


def link(lake: Path, to: Path) -> Lake:
    """Return a lake whose files are those of another one, until one is replaced."""
    return Lake(Path(shutil.copytree(lake, to, copy_function=os.link)))


def names(lake: Lake, round_id: RoundId) -> list[str]:
    """Return the names of all published files but objects and those of other rounds."""
    found = sorted(
        str(path.relative_to(lake.root))
        for path in lake.root.rglob("*")
        if path.is_file() and path.suffix != ".sealed"
    )
    numbers = {name: re.search(r"^(?:rounds|receipts)/(\d+)/|/live_(\d+)/", name) for name in found}
    return [
        name
        for name in found
        if not name.startswith("objects/")
        and ((of := numbers[name]) is None or int(of[1] or of[2]) == round_id)
    ]


def changes(lake: Lake, name: str, round_id: RoundId) -> Iterator[Change]:
    """Change every key of a document, and every object that it names; else the file's bytes."""
    place, content = _pattern(name), (lake.root / name).read_bytes()
    if not name.endswith(".json"):
        yield Change(pattern=f"{place} (bytes)", files={name: _damaged(content)})
        return
    document = json.loads(content)
    groups: dict[tuple[str, bool], list[KeyPath]] = defaultdict(list)
    for path, value in _leaves(document):
        groups[_key(document, path, round_id), isinstance(value, Ref)].append(path)
    for (key, is_object), paths in groups.items():
        if is_object:
            found = {Ref.from_document(_at(document, path)).name for path in paths}
            objects = {each: _damaged((lake.root / each).read_bytes()) for each in found}
            yield Change(pattern=f"{place}: {key} (bytes)", files=objects)
            continue
        for some in [paths] if "[others]" in key else [[path] for path in paths]:
            changed = json.loads(content)
            for path in some:
                _at(changed, path[:-1])[path[-1]] = _other(path[-1], _at(document, path))
            files = {name: canonical.canonical_json(changed)}
            yield Change(pattern=f"{place}: {key}", files=files)


def readers(
    whole: ChainView, lake: Lake, round_id: RoundId, name: str
) -> dict[str, list[str | None]]:
    """Return which check fails first by each change of a document; None where none does.

    A file that may be noise without any check failing is not read, so that its keys are changed
    to no purpose: they are told as read by none.
    """
    intact = RoundView(lake=lake, whole=whole, round_id=round_id)
    noise = Change(pattern="", files={name: b"\xff"})
    is_read = _first_failure(intact, noise) is not None
    found: dict[str, list[str | None]] = defaultdict(list)
    for change in changes(lake, name, round_id):
        differs = is_read or name not in change.files
        found[change.pattern].append(_first_failure(intact, change) if differs else None)
    return found


def _first_failure(intact: RoundView, change: Change) -> str | None:
    lake = intact.lake
    view = RoundView(lake=lake, whole=intact.whole, round_id=intact.round_id)
    view.events = intact.events
    before = _replace(lake, change.files)
    try:
        due = (check for check in listed.CHECKS if check.is_due(view))
        return next((check.name for check in due if check.outcome(view).fails), None)
    finally:
        _replace(lake, before)


def _replace(lake: Lake, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Put other bytes in files' places, which may be links; return those that were there."""
    before = {name: (lake.root / name).read_bytes() for name in files}
    for name, content in files.items():
        (lake.root / name).unlink()
        (lake.root / name).write_bytes(content)
    return before


def _pattern(name: str) -> str:
    name = re.sub(r"[0-9a-f]{64}-\d+", "MODEL", name.removesuffix(".json"))
    return re.sub(r"^(rounds/|receipts/|.*/live_)\d+", r"\1N", name)


def _leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Return all that holds no more keys; an object's reference both as such and key by key."""
    if isinstance(value, dict) and set(value) == _REF:
        yield path, Ref.from_document(value)
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*path, place))
    else:
        yield path, value


def _key(document: Any, path: KeyPath, round_id: RoundId) -> str:
    text = ""
    for depth, part in enumerate(path):
        if isinstance(part, str):
            text += "." + (part if len(part) < 64 else "MODEL")
            continue
        era = _at(document, path[: depth + 1]).get("era")
        text += "[]" if era is None else "[own]" if int(era) == round_id else "[others]"
    return text.removeprefix(".")


def _at(document: Any, path: KeyPath) -> Any:
    for part in path:
        document = document[part]
    return document


def _other(key: str | int, value: Any) -> Any:
    """Return another value of the same kind."""
    if value is None:
        return _INSTEAD_OF_NULL[str(key)]
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return [*map(str, value[1:]), "another"]
    if not isinstance(value, str):
        raise TypeError(f"{key}: say how {value!r} is changed")
    if value in _OTHER:
        return _OTHER[value]
    if value.isdecimal():
        return str(int(value) + 1).zfill(len(value))
    if key == "suffix":
        return ".other"
    return value[:-1] + ("1" if value[-1] == "0" else "0")


def _damaged(content: bytes) -> bytes:
    """Flip a bit in the middle."""
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
