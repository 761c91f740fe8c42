"""What a modeller owns: a folder a model, with its key, its journal, its plans, and where it plays.

Nothing but the addresses of a chain and of a lake leads to the operator.
"""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from tasks.adapters import configs, files, locks
from tasks.adapters.chain import reconciling
from tasks.adapters.chain.connection import Chain, Deployment
from tasks.adapters.keys import Keystore
from tasks.adapters.lake import Lake
from tasks.client import connecting, live
from tasks.client.modeller import Client
from tasks.core.errors import HomeError
from tasks.core.protocol import canonical, identity

_KEY = "owner"

Connection = tuple[float, int, int]
"""Seconds that an answer may take, confirmations, and the cap of a unit of gas in wei."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a tournament is: its chain's endpoint, its contract's address and its lake."""

    rpc: str
    tournament: str
    lake: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What `model.json` says; nothing in it is secret, unless the endpoint's address is.

    Attributes:
        owner: the account's address.
        chain_id: of the chain that was met first; another one at its endpoint is refused.
        genesis_hash: of the same.
        contracts: as the tournament itself named them then.
        passphrase: the file that opens the keystore; None for the one beside it.
    """

    name: str
    owner: str
    rpc: str
    tournament: str
    lake: str
    chain_id: int
    genesis_hash: str
    contracts: dict[str, str]
    passphrase: str | None

    @property
    def model(self) -> bytes:
        """Return the model's id."""
        return identity.model_id(self.owner, self.name)

    @property
    def place(self) -> Place:
        """Return where the model plays."""
        return Place(rpc=self.rpc, tournament=self.tournament, lake=self.lake)


class Owned:
    """One model's folder."""

    def __init__(self, folder: Path, facts: Facts) -> None:
        """Use a folder whose `model.json` holds `facts`."""
        self.folder = folder
        self.facts = facts

    @classmethod
    def open(cls, models: Path, name: str) -> Self:
        """Open a model that was created.

        Raises:
            InputError: if the name cannot be a model's.
            HomeError: if there is no such model, or its `model.json` is damaged.
        """
        folder = models / identity.check_name(name)
        path = folder / "model.json"
        try:
            entry = json.loads(path.read_bytes())
            configs.require_known(path, dict(entry), [each.name for each in fields(Facts)])
            return cls(folder, Facts(**entry))
        except FileNotFoundError as error:
            raise HomeError(
                f"there is no model {name} in {models}: `erarium model create {name}`, or --models"
            ) from error
        except (OSError, ValueError, TypeError) as error:
            raise HomeError(f"{path} is damaged: create the model again, its key stays") from error

    def connect(self, connection: Connection) -> Chain:
        """Connect to the model's chain.

        Args:
            connection: as the settings have it.

        Raises:
            ChainError: if it does not answer, is another one, or has other contracts.
        """
        facts = self.facts
        deployment = Deployment.known(facts.chain_id, facts.genesis_hash, facts.contracts)
        logs = self.folder / "chain-logs.sqlite"
        return Chain.connect(facts.rpc, deployment, *connection, logs=logs)

    @contextmanager
    def at_work(
        self, purpose: str, passphrase: Path | None, connection: Connection, wait_s: float
    ) -> Iterator[Client]:
        """Hold the model's folder and open its key; what a killed run signed is sent first.

        Args:
            purpose: what the folder is held for, shown to whoever waits.
            passphrase: the file that opens the keystore; None for the one that is known.
            connection: as the settings have it.
            wait_s: how long to wait for another process.

        Raises:
            LockedError: if another process still holds it.
            KeystoreError: if the key does not open.
            ChainError: as `connect` does.
        """
        with locks.exclusive(self.folder / "lock", purpose, wait_s):
            lake, chain = Lake.open(self.facts.lake), self.connect(connection)
            given = passphrase or (Path(self.facts.passphrase) if self.facts.passphrase else None)
            signer = _keystore(self.folder, given).signer(_KEY)
            client = Client(
                name=self.facts.name,
                folder=self.folder,
                seed=None,
                signer=signer,
                chain=chain,
                lake=lake,
            )
            with closing(client):
                reconciling.reconcile(chain, client.journal, [signer], cap_wei=chain.cap_wei)
                yield client


def names(models: Path) -> list[str]:
    """Return the names of the models in a folder."""
    return sorted(path.parent.name for path in models.glob("*/model.json"))


def create(
    models: Path, name: str, place: Place, passphrase: Path | None, connection: Connection
) -> Owned:
    """Make a model's folder with a new key; for one that is there, say where its place is now.

    Which chain and contracts are met is written down: from then on no others will do.

    Args:
        models: the folder of all models.
        name: the model's name.
        place: where it is to play.
        passphrase: a file that encrypts the key; None for a new one beside it.
        connection: as the settings have it.

    Raises:
        InputError: if the name or the address is none.
        HomeError: if the model exists and plays in another tournament.
        ChainError: if no tournament of ours answers there.
        LakeError: if there is no lake, or one of another tournament.
    """
    identity.check_name(name)
    lake = Lake.open(place.lake)
    met = connecting.connect(place.rpc, place.tournament, *connection).deployment
    chain = Chain.connect(place.rpc, met, *connection)
    _require_its_lake(chain, lake)
    folder = models / name
    known = Owned.open(models, name).facts if (folder / "model.json").exists() else None
    if known is not None:
        _require_same(known, met)
        passphrase = passphrase or (Path(known.passphrase) if known.passphrase else None)
    # Plans lie there, whose salts and commitments are nobody else's before the entry is sent.
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    facts = Facts(
        name=name,
        owner=_keystore(folder, passphrase).signer(_KEY).address,
        rpc=place.rpc,
        tournament=met.tournament,
        lake=str(lake.root.resolve()),
        chain_id=met.chain_id,
        genesis_hash=met.genesis_hash,
        contracts=met.contracts(),
        passphrase=None if passphrase is None else str(passphrase.resolve()),
    )
    # An endpoint's address may hold a key.
    content = canonical.canonical_json(asdict(facts))
    files.replace_file(folder / "model.json", content, mode=0o600)
    return Owned(folder, facts)


def _require_its_lake(chain: Chain, lake: Lake) -> None:
    """Check that a lake has what the tournament's newest round was opened over."""
    opened = chain.tournament.opened()
    if opened:
        live.require_published(lake, opened[-1].round, opened[-1].terms)


def _require_same(known: Facts, met: Deployment) -> None:
    """Check that a model's tournament is the same, though it may be reached elsewhere now.

    Raises:
        HomeError: if it is another one.
    """
    if Deployment.known(known.chain_id, known.genesis_hash, known.contracts) != met:
        raise HomeError(
            f"model {known.name} plays in tournament {known.tournament} of another chain or "
            "deployment: choose another name, or create it in another --models folder"
        )


def _keystore(folder: Path, passphrase: Path | None) -> Keystore:
    return Keystore(folder=folder / "keys", kind="live", passphrase=passphrase)
