"""What a modeller does, who has nothing but the addresses of a chain and of a lake."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tasks.adapters import locks, round_states
from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake
from tasks.adapters.settings import Settings
from tasks.client import (
    asking,
    connecting,
    downloading,
    entering,
    moving,
    owning,
    results,
    submitting,
)
from tasks.client.downloading import Download, Progress, Published
from tasks.client.modeller import Client
from tasks.client.moving import Kind, Moved
from tasks.client.owning import Facts, Owned, Place
from tasks.client.results import Result
from tasks.client.submitting import Submitted, Wish
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol.round_state import RoundState
from tasks.core.scoring.seasons import Leaderboard

_ID = re.compile(r"[0-9a-f]{64}")
_LAST = 5
"""So many results stand in a model's status."""

_FAUCET_WAIT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A tournament as it stood at one block."""

    chain: Chain
    lake: Lake
    block: int
    now: int
    states: Sequence[RoundState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a model has, in wei, and what became of it lately.

    Attributes:
        facts: of its folder.
        tokens: what its owner's account holds.
        gas: what that account has for gas.
        free: its free stake.
        locked: by round, what it has locked there.
        next_at_risk: what it risks in its next round unless its owner says otherwise.
        results: its last rounds.
        now: the chain's time.
    """

    facts: Facts
    tokens: Wei
    gas: int
    free: Wei
    locked: dict[RoundId, Wei]
    next_at_risk: Wei
    results: Sequence[Result]
    now: int


def create(models: Path, name: str, place: Place, passphrase: Path | None) -> Facts:
    """Make a model, or say where its tournament is now; see `owning.create`.

    Raises:
        LockedError: if another process works in its folder.
        TournamentError: of the kind that says what is wrong.
    """
    values = Settings()
    try:
        with locks.exclusive(models / "lock", f"create {name}", values.lock_wait_s):
            return owning.create(models, name, place, passphrase, values.connection).facts
    except OSError as error:
        raise InputError(f"{models} cannot be written: {error.strerror}; say --models") from error


def ask_faucet(models: Path, name: str) -> bool | None:
    """Ask the faucet of a model's home for its account, and wait a little.

    Returns:
        Whether the account has gas and tokens by now; None where there is no faucet.

    Raises:
        TournamentError: of the kind that says what is wrong.
    """
    owned = Owned.open(models, name)
    if not asking.ask(Lake.open(owned.facts.lake), owned.facts.owner):
        return None
    chain = owned.connect(Settings().connection)
    return asking.wait(chain, owned.facts.owner, _FAUCET_WAIT_S)


@contextmanager
def moved(
    models: Path, name: str | None, kind: Kind, said: str, passphrase: Path | None
) -> Iterator[Moved]:
    """Deposit or withdraw, and take it for done when the block ends; see `moving.moved`.

    Raises:
        LockedError: if another process works with the model.
        TournamentError: of the kind that says what is wrong.
    """
    owned = Owned.open(models, chosen(models, name))
    with (
        _at_work(owned, f"{kind} {said}", passphrase) as client,
        moving.moved(client, kind, said) as done,
    ):
        yield done


def submit(models: Path, name: str | None, wish: Wish, passphrase: Path | None) -> Submitted:
    """Enter a file into a round; see `submitting.submit`.

    Raises:
        LockedError: if another process works with the model.
        TournamentError: of the kind that says what is wrong.
    """
    owned = Owned.open(models, chosen(models, name))
    with _at_work(owned, f"submit {wish.file.name}", passphrase) as client:
        return submitting.submit(client, wish)


def status(models: Path, name: str | None) -> Status:
    """Return what a model has; its key stays closed.

    Raises:
        ChainError: if the chain does not answer.
    """
    facts = Owned.open(models, chosen(models, name)).facts
    view = look(models, facts.name, None)
    tournament = view.chain.tournament
    held = {
        state.round_id: amount
        for state in view.states
        if state.locked and (amount := tournament.locked(state.round_id, facts.model, view.block))
    }
    free = tournament.free(facts.model, view.block)
    recent = results.of_model(view.chain, view.lake, facts.model, view.states, view.block)
    return Status(
        facts=facts,
        tokens=view.chain.token.balance_of(facts.owner, view.block),
        gas=view.chain.gas_wei(facts.owner),
        free=free,
        locked=held,
        next_at_risk=Wei(entering.share_of(free, sum(held.values()))),
        results=recent[-_LAST:],
        now=view.now,
    )


def look(models: Path, name: str | None, place: Place | None) -> View:
    """Return a tournament as it stands: a model's, or that at a place.

    Args:
        models: the folder of all models.
        name: whose tournament; None for the only model's.
        place: where else to look; None for where the model plays.

    Raises:
        InputError: if there is nothing to go by.
        ChainError: if the chain does not answer.
        LakeError: if there is no lake.
    """
    connection = Settings().connection
    if place is None:
        owned = Owned.open(models, chosen(models, name))
        lake, chain = Lake.open(owned.facts.lake), owned.connect(connection)
    else:
        lake = Lake.open(place.lake)
        chain = connecting.connect(place.rpc, place.tournament, *connection)
    source = round_states.latest(chain, lake)
    return View(
        chain=chain,
        lake=lake,
        block=source.header.number,
        now=source.header.timestamp,
        states=round_states.read(source),
    )


def published(view: View) -> list[Published]:
    """Return the published snapshots; see `downloading.published`."""
    return downloading.published(view.chain, view.lake)


def download(
    view: View, snapshot: str, folder: Path, only: Sequence[str], progress: Progress
) -> Download:
    """Copy a snapshot into a folder; see `downloading.download`.

    Raises:
        LockedError: if another process writes into the folder.
        TournamentError: of the kind that says what is wrong.
    """
    try:
        lock = locks.exclusive(folder / "lock", "download data", Settings().lock_wait_s)
        with lock:
            return downloading.download(view.chain, view.lake, snapshot, folder, only, progress)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}; say --to") from error


def scores(view: View, model: bytes) -> list[Result]:
    """Return what became of a model in every round that it entered; see `results.of_model`."""
    return results.of_model(view.chain, view.lake, model, view.states, view.block)


def leaderboard(view: View, season: str | None) -> tuple[Leaderboard, dict[bytes, str]]:
    """Return a season's models and how they are called; see `results.leaderboard`."""
    return results.leaderboard(view.chain, view.states, season, view.block)


def model_id(models: Path, said: str | None) -> tuple[str | None, bytes]:
    """Return a model's name, if it is one of ours, and its id.

    Args:
        models: the folder of all models.
        said: a name, an id of 64 hex digits, or None for the only model.

    Raises:
        InputError: if there is no such model.
    """
    if said is not None and _ID.fullmatch(said.removeprefix("0x")):
        return None, bytes.fromhex(said.removeprefix("0x"))
    facts = Owned.open(models, chosen(models, said)).facts
    return facts.name, facts.model


def chosen(models: Path, name: str | None) -> str:
    """Return the model that was said, or the only one that there is.

    Raises:
        InputError: if none was said, and there is none or more than one.
    """
    if name is not None:
        return name
    found = owning.names(models)
    if len(found) != 1:
        there = f"{models} has {', '.join(found)}" if found else f"there is none in {models}"
        raise InputError(f"say --model: {there}; `erarium model create` makes one")
    return found[0]


def _at_work(owned: Owned, purpose: str, passphrase: Path | None) -> AbstractContextManager[Client]:
    values = Settings()
    return owned.at_work(purpose, passphrase, values.connection, values.lock_wait_s)
