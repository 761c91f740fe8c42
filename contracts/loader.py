"""Load the checked-in artefact of a contract: running needs no compiler."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SOURCES: dict[str, tuple[str, ...]] = {
    "token": ("token.vy",),
    "tournament": (
        "ledger.vy",
        "packing.vy",
        "payouts.vy",
        "rounds.vy",
        "rules.vy",
        "signatures.vy",
        "tournament.vy",
    ),
}
"""Each contract's sources below this folder, its modules included, in the order of the digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A compiled contract.

    Attributes:
        abi: the interface, as compilers write it.
        bytecode: what a deployment sends, before the constructor's arguments.
        runtime: what stands on the chain, before the immutables that the constructor appends.
        source_sha256: digest of the sources, see `source_digest`.
        compiler: the compiler's version and settings.
    """

    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime: bytes
    source_sha256: str
    compiler: dict[str, Any]


@cache
def load(name: str) -> Artifact:
    """Return the artefact of `token` or `tournament`.

    Raises:
        KeyError: if there is no contract of this name.
        ValueError: if its sources have changed since it was compiled.
    """
    names = SOURCES[name]
    document = json.loads(path(name).read_bytes())
    if document["source_sha256"] != source_digest(names):
        raise ValueError(
            f"artefact {name} is older than its source: run deployment/compile_contracts.py"
        )
    return Artifact(
        abi=document["abi"],
        bytecode=bytes.fromhex(document["bytecode"].removeprefix("0x")),
        runtime=bytes.fromhex(document["runtime"].removeprefix("0x")),
        source_sha256=document["source_sha256"],
        compiler=document["compiler"],
    )


def path(name: str) -> Path:
    """Return where a contract's artefact lies."""
    return FOLDER / "artifacts" / f"{name}.json"


def source_digest(names: Sequence[str]) -> str:
    """Return the SHA-256 of the sources' own digests, one `<hex>  <name>` line each."""
    lines = (
        f"{hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()}  {name}\n" for name in names
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
