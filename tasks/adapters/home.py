"""A home: one installation's directory, what it is, and where things lie in it."""

import json
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, Self, cast

from tasks.adapters import configs, files, locks
from tasks.adapters.locks import Lock
from tasks.core.errors import HomeError, InputError
from tasks.core.protocol import canonical

LAYOUT_VERSION = 1

Kind = Literal["replay", "live"]

_SHARED = {"prices", "sectors", "seed", "simulated_ids", "simulated_days", "opening"}

ARGUMENTS: Mapping[Kind, frozenset[str]] = {
    "replay": frozenset(_SHARED | {"rounds", "modellers"}),
    "live": frozenset(_SHARED | {"market_day_s", "round_every", "approval", "faucet"}),
}
"""What a home of each kind may be made with: fields of `founding.Request`, `living.LiveRequest`."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What `home.json` says: the first five are fixed, the others known once the chain stands."""

    kind: Kind
    version: int
    seed: int | None
    chain_id: int
    arguments: Mapping[str, Any]
    genesis_hash: str | None = None
    contracts: Mapping[str, str] = field(default_factory=dict)


class Home:
    """The paths and the identity of one home."""

    def __init__(self, root: Path, facts: Facts) -> None:
        """Use a folder whose `home.json` holds `facts`."""
        self.root = root
        self.facts = facts
        self.report = root / "report.json"
        self.journal = root / "journal.sqlite"
        self.lake = root / "lake"
        self.vault = root / "vault"
        self.keys = root / "keys"
        self.node = root / "node"
        self.run = root / "run"
        self.prefect = root / "prefect"
        # What was read of the chain: a cache that may be deleted at any time.
        self.logs = self.run / "chain-logs.sqlite"

    @classmethod
    def create(
        cls, root: Path, kind: Kind, seed: int | None, chain_id: int, arguments: Mapping[str, Any]
    ) -> Self:
        """Make a home.

        Args:
            root: a folder that does not exist or is empty.
            kind: a replay of past eras or a live tournament, never both.
            seed: what a replay's keys, salts and chain id follow from; None in a live home.
            chain_id: the chain that it plays on.
            arguments: what it is made with; a later run with others is refused.

        Raises:
            HomeError: if the folder holds something.
        """
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise HomeError(f"{root} is no empty folder and no home: choose another --home")
        if (kind == "replay") != (seed is not None):
            raise InputError(f"a replay home has a seed and a live one has none, not {seed!r}")
        facts = Facts(
            kind=kind, version=LAYOUT_VERSION, seed=seed, chain_id=chain_id, arguments=arguments
        )
        home = cls(root, facts)
        # Opened files, future targets and keys are nobody's but the operator's and the modellers'.
        for private in (home.vault, home.keys, home.node, root / "clients"):
            private.mkdir(parents=True, mode=0o700)
        home._write()
        return home

    @classmethod
    def open(
        cls, root: Path, kind: Kind | None = None, arguments: Mapping[str, Any] | None = None
    ) -> Self:
        """Open a home that exists.

        Args:
            root: its folder.
            kind: the kind that the caller can work with; None for any.
            arguments: the arguments of this run; None to take whatever it was made with.

        Raises:
            HomeError: if it is missing, damaged, of another kind or version, or was made with
                other arguments.
        """
        facts = _read_facts(root)
        if kind is not None and facts.kind != kind:
            raise HomeError(f"{root} is a {facts.kind} home, not a {kind} one: choose another")
        if arguments is not None and (other := _differences(facts.arguments, arguments)):
            ways = "repeat those, choose another --home"
            ways += ", or add --fresh" if facts.kind == "replay" else ""
            raise HomeError(f"{root} was made with other arguments ({other}): {ways}")
        return cls(root, facts)

    @classmethod
    def exists(cls, root: Path) -> bool:
        """Return whether a folder holds a `home.json`, sound or not."""
        return (root / "home.json").exists()

    def set_chain(self, genesis_hash: str, contracts: Mapping[str, str]) -> None:
        """Note the chain's genesis hash and the contracts' addresses; the same again is accepted.

        Raises:
            HomeError: if it holds others.
        """
        known = (self.facts.genesis_hash or genesis_hash, {**contracts, **self.facts.contracts})
        if known != (genesis_hash, dict(contracts)):
            raise HomeError(f"{self.root} belongs to another chain or other contracts")
        self.facts = replace(self.facts, genesis_hash=genesis_hash, contracts=dict(contracts))
        self._write()

    def lock(self, purpose: str, wait_s: float = 30.0) -> AbstractContextManager[Lock]:
        """Return a context in which this process is the home's only writer.

        Raises:
            LockedError: on entering, if another process is; the message names it.
        """
        return locks.exclusive(self.root / "lock", purpose, wait_s)

    def client(self, name: str) -> Path:
        """Return the folder of one modeller.

        Raises:
            InputError: if the name cannot be a folder's.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"not a modeller's name: {name!r}")
        return self.root / "clients" / name

    def _write(self) -> None:
        content = canonical.canonical_json(asdict(self.facts))
        files.replace_file(self.root / "home.json", content)


def set_aside(root: Path) -> Path | None:
    """Move a home to the first free name `<root>.old-1`, `<root>.old-2`, ...

    The caller holds no lock in it and has stopped its processes.

    Returns:
        Where it lies now; None if there was nothing to move.
    """
    if not root.exists():
        return None
    root = root.resolve()
    number = 1
    while (aside := root.with_name(f"{root.name}.old-{number}")).exists():
        number += 1
    root.rename(aside)
    return aside


def _read_facts(root: Path) -> Facts:
    path = root / "home.json"
    try:
        entry = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise HomeError(f"{root} is not a home: it has no home.json") from error
    except (OSError, ValueError) as error:
        raise HomeError(f"{path} is damaged ({error}): move {root} aside with --fresh") from error
    if isinstance(entry, dict) and entry.get("version") not in (None, LAYOUT_VERSION):
        raise HomeError(
            f"{root} has layout version {entry['version']}, this program has {LAYOUT_VERSION}: "
            "use the program that made it, or --fresh"
        )
    if isinstance(entry, dict):
        configs.require_known(path, entry, [each.name for each in fields(Facts)])
    if not _is_sound(entry):
        raise HomeError(f"{path} is damaged: move {root} aside with --fresh")
    facts = Facts(**cast(dict[str, Any], entry))
    configs.require_known(path, facts.arguments, ARGUMENTS[facts.kind])
    return facts


def _is_sound(entry: object) -> bool:
    shapes: dict[str, type | tuple[type, ...]] = {
        "kind": str,
        "version": int,
        "seed": (int, type(None)),
        "chain_id": int,
        "arguments": dict,
        "genesis_hash": (str, type(None)),
        "contracts": dict,
    }
    return (
        isinstance(entry, dict)
        and set(entry) == set(shapes)
        and all(isinstance(entry[name], shape) for name, shape in shapes.items())
        and entry["kind"] in ("replay", "live")
    )


def _differences(made_with: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = sorted(set(made_with) | set(now))
    return ", ".join(
        f"{name} {made_with.get(name)!r}, now {now.get(name)!r}"
        for name in names
        if made_with.get(name) != now.get(name)
    )
