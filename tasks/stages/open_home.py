"""The operator's home: what a step of a round works with, and what is read beside it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Block
from tasks.adapters.executors import Executor
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Keystore, SealingKey, Signer
from tasks.adapters.lake import Lake
from tasks.adapters.locks import Lock
from tasks.core.data.pace import Pace
from tasks.core.protocol import derive
from tasks.core.rules import Economy, ScoringRule

Approval = Literal["required", "auto"]
"""Whether a person looks at a table before its root is proposed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How a home's rounds run.

    Attributes:
        pace: of a live market; None where a driver moves the clock.
        approval: of settlements.
        opening: what is published of a resolved round's predictions.
    """

    pace: Pace | None = None
    approval: Approval = "auto"
    opening: str = "public"


REPLAY = Mode()
"""A replay's mode."""


class Keys:
    """What the host of a home signs, opens and blinds with; each key is opened at its first use.

    In a replay everything follows from its seed, in a live home from chance.
    """

    def __init__(self, home: Home, passphrase: Path | None) -> None:
        """Use a home's keystore.

        Args:
            home: whose keys they are.
            passphrase: a file that opens the keystore of a live home; None for the one in it.
        """
        is_live = home.facts.kind == "live"
        self._seed = home.facts.seed
        self._store = Keystore(
            folder=home.keys,
            kind=home.facts.kind,
            seed=home.facts.seed,
            passphrase=passphrase if is_live else None,
        )
        self._signers: dict[str, Signer] = {}

    def signer(self, role: str) -> Signer:
        """Return the account of a role; it is made when missing."""
        if role not in self._signers:
            self._signers[role] = self._store.signer(role)
        return self._signers[role]

    @cached_property
    def sealing(self) -> SealingKey:
        """Return the key that opens what modellers seal."""
        return self._store.sealing_key()

    @cached_property
    def id_map(self) -> bytes:
        """Return the secret that blinds the map from ids to assets."""
        return self.secret("id-map")

    @cached_property
    def data(self) -> bytes:
        """Return the data version's secret for ids and names."""
        return self.secret("data-key")

    def secret(self, purpose: str) -> bytes:
        """Return 32 bytes for a purpose."""
        if self._seed is not None:
            return derive.derive(self._seed, purpose)
        return self._store.secret(purpose)

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: a pickle would carry keys to other processes and disks."""
        raise TypeError("the keys of a home are not pickled: open it where they are needed")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is read of a home, and at which block; no key and no lock is needed."""

    lake: Lake
    vault: Lake
    chain: Chain
    mode: Mode
    block: Block = "latest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A home that its host holds, with or without a chain.

    Attributes:
        installation: its paths and what `home.json` says.
        lock: shows that nobody else writes where this process does.
        journal: what it signs is kept there.
        keys: the host's.
        executor: where batches run.
        lake: what is published.
        vault: what is not.
    """

    installation: Home
    lock: Lock
    journal: Journal
    keys: Keys
    executor: Executor
    lake: Lake
    vault: Lake


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHome(Site):
    """A home at work: a site with its chain and its rules; one a run, handed down as a value.

    Attributes:
        chain: the home's.
        opened_at_block: its latest block before this process sent anything.
        rule: how rounds are scored.
        economy: amounts and windows.
        mode: how rounds run.
    """

    chain: Chain
    opened_at_block: int
    rule: ScoringRule
    economy: Economy
    mode: Mode = REPLAY

    @property
    def operator(self) -> Signer:
        """Return the account that opens, books and proposes."""
        return self.keys.signer("operator")

    @property
    def keeper(self) -> Signer:
        """Return the account that settles, sweeps and releases."""
        return self.keys.signer("keeper")

    @property
    def sealing_key(self) -> SealingKey:
        """Return the key that opens what modellers seal."""
        return self.keys.sealing

    @property
    def id_map_secret(self) -> bytes:
        """Return the secret that blinds the map from ids to assets."""
        return self.keys.id_map

    @property
    def view(self) -> View:
        """Return what is read of the home."""
        return View(lake=self.lake, vault=self.vault, chain=self.chain, mode=self.mode)
