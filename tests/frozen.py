"""The names that homes and rounds in flight hang on: literals in frozen.json, and who breaks one.

A change of frozen.json is a change of what is published or stored: say so in CHANGELOG.md.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

NAMES: dict[str, Any] = json.loads(Path(__file__).with_name("frozen.json").read_bytes())

# Prefect's, keystores and process files are others' formats; the report has a contract of its own.
_LEFT_OUT = ("prefect", "objects", "keys", "run", "workers", "report.json")
_KINDS = {str: "text", bool: "flag", int: "integer", float: "number", type(None): "null"}
_HEX = re.compile(r"[0-9a-f]{64}|0x[0-9a-fA-F]{40}")
# Maps whose keys are data and no names of fields.
_OPEN_MAPS = ("defect_counts", "duplicates")


def breaches(root: Path, whole: Sequence[str] = ()) -> list[str]:
    """Return what a home or a model's folder stores under names that are not frozen.

    Args:
        root: the folder.
        whole: documents of which every frozen field must be there.
    """
    lines = []
    found = documents(root)
    for name, fields in found.items():
        frozen = NAMES["documents"].get(name)
        if frozen is None:
            lines.append(f"{name} is no frozen document")
            continue
        lines += [
            f"{name}: {place} {fault}"
            for place, kinds in fields.items()
            if (fault := _fault(frozen, place, kinds))
        ]
    for name in whole:
        missing = set(NAMES["documents"][name]) - set(found.get(name, {}))
        lines += [f"{name}: {place} is missing" for place in sorted(missing)]
    known = [as_pattern(each) for each in NAMES["purposes"]]
    lines += [
        f"purpose {each} is not frozen"
        for each in purposes(root)
        if not any(pattern.fullmatch(each) for pattern in known)
    ]
    return lines


def documents(root: Path) -> dict[str, dict[str, set[str]]]:
    """Return the kinds of every field of every JSON document below a folder.

    Returns:
        By the document's name, its numbers, digests and models' names replaced, and by the
        field's place in it, such as `rows[].model`.
    """
    found: dict[str, dict[str, set[str]]] = {}
    for path in sorted(root.rglob("*.json")):
        name = path.relative_to(root)
        if set(name.parts) & set(_LEFT_OUT) or name.match("node/snapshot-*"):
            continue
        document = json.loads(path.read_bytes())
        # The two kinds of homes are asked for with other arguments.
        kind_of_home = f" of a {document['kind']}" if name == Path("home.json") else ""
        fields = found.setdefault(_pattern(str(name.with_suffix(""))) + kind_of_home, {})
        for place, kind in _fields(document, ""):
            fields.setdefault(place, set()).add(kind)
    return found


def purposes(root: Path) -> list[str]:
    """Return the purposes of all journals below a folder."""
    found: list[str] = []
    for path in sorted(root.rglob("journal.sqlite")):
        with closing(sqlite3.connect(path)) as database:
            found += [row[0] for row in database.execute("SELECT purpose FROM writes ORDER BY id")]
    return found


def as_pattern(template: str) -> re.Pattern[str]:
    """Return what fits a template such as `open/{}`, each part of which holds no slash."""
    return re.compile("[^/]+".join(re.escape(part) for part in template.split("{}")))


def _fault(frozen: Mapping[str, str], place: str, kinds: set[str]) -> str | None:
    if place in frozen:
        known = frozen[place].split(" or ")
        return None if kinds <= set(known) else f"is {sorted(kinds)}, not {frozen[place]}"
    # What holds fields may be empty or missing.
    holds = any(each.startswith((f"{place}.", f"{place}[")) for each in frozen)
    return None if holds and kinds <= {"null", "empty"} else "is no frozen field"


def _fields(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, each in value.items():
            open_map = place.rpartition(".")[2] in _OPEN_MAPS or _HEX.fullmatch(key)
            yield from _fields(each, f"{place}.{'*' if open_map else key}".lstrip("."))
    elif isinstance(value, list):
        for each in value:
            yield from _fields(each, f"{place}[]")
    else:
        yield place, _KINDS[type(value)]
    if value in ({}, []):
        yield place, "empty"


def _pattern(name: str) -> str:
    name = re.sub(r"clients/[^/]+", "clients/NAME", _HEX.sub("HEX", name))
    name = re.sub(r"grants/.*", "grants/ADDRESS-LABEL", name)
    return re.sub(r"(?<![A-Za-z0-9])\d+|(?<=/s)\d+|(?<=_)\d+", "N", name)
