"""What a person does to a home's rounds by hand: settle, keep, abandon."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tasks import homes
from tasks.adapters import keyfiles, locks, round_states
from tasks.adapters.chain import reconciling
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.adapters.node import Node
from tasks.adapters.round_states import Source
from tasks.adapters.settings import Settings
from tasks.client import abandoning, connecting
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import round_state
from tasks.core.protocol.round_state import RoundState
from tasks.stages import acts, agenda, keeping
from tasks.stages.acts import Act
from tasks.stages.keeping import Fault
from tasks.stages.open_home import OpenHome


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command found done after it had begun, and where its rounds stand now."""

    acts: Sequence[Act]
    states: Sequence[RoundState]
    faults: Sequence[Fault] = field(default_factory=list)


def settle(values: Settings, round_id: RoundId) -> Outcome:
    """Take what the chain says is next for a round; see `keeping.take_next`.

    Raises:
        LockedError: if another process works in the home.
        TournamentError: of the kind that says what is wrong, or when the round is due.
    """
    with homes.open(values, f"settle round {round_id}") as home:
        block = home.opened_at_block
        keeping.take_next(home, round_id)
        return _outcome(agenda.source_of(home.view), block, [round_id])


def keep(values: Settings) -> Outcome:
    """Keep all rounds of a home, see `keeping.keep`; what that changed is in a fresh snapshot.

    Raises:
        LockedError: if another process works in the home.
        ChainError: if the chain does not answer.
    """
    with homes.open(values, "settle all rounds") as home:
        block = home.opened_at_block
        faults = keeping.keep(home)
        _snapshot(home, block)
        rounds = home.chain.tournament.rounds()
        return _outcome(agenda.source_of(home.view), block, rounds, faults)


def abandon(values: Settings, round_id: RoundId) -> Outcome:
    """Abandon a round of a home with its keeper's key; see `abandoning.abandon`.

    Raises:
        LockedError: if another process works in the home.
        TournamentError: of the kind that says what is wrong, or when the round is abandoned.
    """
    with homes.open(values, f"abandon round {round_id}") as home:
        block = home.opened_at_block
        abandoning.abandon(home.chain, home.keeper, home.journal, round_id)
        return _outcome(agenda.source_of(home.view), block, [round_id])


def abandon_as(
    values: Settings,
    rpc_url: str,
    tournament: str,
    keystore: Path,
    passphrase: Path,
    round_id: RoundId,
) -> Outcome:
    """Abandon a round with a key of one's own; what is signed is kept beside its keystore.

    Args:
        values: how to reach a chain, and how long to wait for another process.
        rpc_url: the chain's JSON-RPC endpoint.
        tournament: the contract's address.
        keystore: an encrypted keystore.
        passphrase: the file that opens it.
        round_id: the round.

    Raises:
        TournamentError: of the kind that says what is wrong, or when the round is abandoned.
    """
    signer = Signer(keyfiles.key(keystore, keyfiles.passphrase(passphrase)))
    chain = connecting.connect(rpc_url, tournament, *values.connection)
    path = keystore.resolve().with_suffix(".journal.sqlite")
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written, which keeps what is signed ({error.strerror}): "
            "lay the keystore into a folder of your own"
        ) from error
    what = f"abandon round {round_id}"
    lock = locks.exclusive(path.with_suffix(".lock"), what, values.lock_wait_s)
    with lock, closing(Journal(path)) as journal:
        block = chain.header().number
        reconciling.reconcile(chain, journal, [signer], cap_wei=chain.cap_wei)
        abandoning.abandon(chain, signer, journal, round_id)
        return _outcome(round_states.latest(chain, None), block, [round_id])


def _snapshot(home: OpenHome, block: int) -> None:
    """Save the state of a home's own node, if the chain went on since a block."""
    node = Node.attach(home.installation)
    if node is not None and home.chain.header().number > block:
        node.snapshot()


def _outcome(
    source: Source, block: int, rounds: Sequence[RoundId], faults: Sequence[Fault] = ()
) -> Outcome:
    known = round_states.read(source)
    states = [round_state.find(known, round_id) for round_id in rounds]
    return Outcome(
        acts=acts.since(source.chain, block, rounds),
        states=round_states.with_outcomes(source, states),
        faults=list(faults),
    )
