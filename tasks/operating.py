"""What a person does to a home's rounds by hand: settle, keep, examine, abandon."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tasks import local
from tasks.adapters import journal_copy, keyfiles, locks
from tasks.adapters.chain import reconciling
from tasks.adapters.chain.connection import Chain
from tasks.adapters.cluster import SerialExecutor
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.adapters.lake import Lake
from tasks.adapters.settings import Settings
from tasks.client import abandoning
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.rules import Economy
from tasks.stages import acts, doctor, founding, keeping
from tasks.stages.acts import Act, State
from tasks.stages.desk import Desk
from tasks.stages.doctor import Diagnosis
from tasks.stages.keeping import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command found done after it had begun, and where its rounds stand now."""

    acts: Sequence[Act]
    states: Sequence[State]
    faults: Sequence[Fault] = field(default_factory=list)


def settle(root: Path, round_id: RoundId) -> Outcome:
    """Take what the chain says is next for a round; see `keeping.take_next`.

    Raises:
        LockedError: if another process works in the home.
        TournamentError: of the kind that says what is wrong, or when the round is due.
    """
    with _desk(root, f"settle round {round_id}") as (desk, block):
        keeping.take_next(desk, round_id)
        return _outcome(desk.chain, block, [round_id])


def keep(root: Path) -> Outcome:
    """Keep all rounds of a home; see `keeping.keep`.

    Raises:
        LockedError: if another process works in the home.
        ChainError: if the chain does not answer.
    """
    with _desk(root, "settle all rounds") as (desk, block):
        faults = keeping.keep(desk)
        rounds = sorted(event.round for event in desk.chain.tournament.opened())
        return _outcome(desk.chain, block, rounds, faults)


def examine(root: Path) -> Diagnosis:
    """Compare a home's journals, lake and chain, beside whoever works in it.

    Where the chain does not run, it is started from its saved state and stopped again.

    Raises:
        ChainError: if the chain does not answer, or is another one.
    """
    home = Home.open(root)
    paths = {"home": home.journal}
    paths |= {path.parent.name: path for path in sorted(root.glob("clients/*/journal.sqlite"))}

    def read() -> doctor.Journals:
        return {name: journal_copy.entries(path) for name, path in paths.items()}

    with local.chain_served(root, None) as served:
        timeout_s = Settings().rpc_timeout_s
        chain = Chain.connect(served.rpc_url, local.deployment(home), timeout_s)
        return doctor.examine(chain, Lake(home.lake), read)


def abandon(root: Path, round_id: RoundId) -> Outcome:
    """Abandon a round of a home with its keeper's key; see `abandoning.abandon`.

    Raises:
        LockedError: if another process works in the home.
        TournamentError: of the kind that says what is wrong, or when the round is abandoned.
    """
    with _desk(root, f"abandon round {round_id}") as (desk, block):
        abandoning.abandon(desk.chain, desk.keeper, desk.journal, round_id)
        return _outcome(desk.chain, block, [round_id])


def abandon_as(
    rpc_url: str, tournament: str, keystore: Path, passphrase: Path, round_id: RoundId
) -> Outcome:
    """Abandon a round with a key of one's own; what is signed is kept beside its keystore.

    Args:
        rpc_url: the chain's JSON-RPC endpoint.
        tournament: the contract's address.
        keystore: an encrypted keystore.
        passphrase: the file that opens it.
        round_id: the round.

    Raises:
        TournamentError: of the kind that says what is wrong, or when the round is abandoned.
    """
    signer = Signer(keyfiles.key(keystore, keyfiles.passphrase(passphrase)))
    chain = abandoning.connect(rpc_url, tournament, Settings().rpc_timeout_s)
    path = keystore.resolve().with_suffix(".journal.sqlite")
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written, which keeps what is signed ({error.strerror}): "
            "lay the keystore into a folder of your own"
        ) from error
    lock = locks.exclusive(
        path.with_suffix(".lock"), f"abandon round {round_id}", Settings().lock_wait_s
    )
    with lock, closing(Journal(path)) as journal:
        block = chain.header().number
        reconciling.reconcile(chain, journal, [signer])
        abandoning.abandon(chain, signer, journal, round_id)
        return _outcome(chain, block, [round_id])


@contextmanager
def _desk(root: Path, purpose: str) -> Iterator[tuple[Desk, int]]:
    """Hold a home's lock and chain; yield its desk, and the block before anything was sent.

    What a killed run signed and the chain does not have is sent first.
    """
    home = Home.open(root)
    deployment, settings = local.deployment(home), Settings()
    with (
        home.lock(purpose, settings.lock_wait_s),
        local.chain_served(root, None) as served,
        closing(Journal(home.journal)) as journal,
    ):
        chain = Chain.connect(served.rpc_url, deployment, settings.rpc_timeout_s)
        block = chain.header().number
        desk = founding.open_desk(home, chain, journal, SerialExecutor(), Economy())
        reconciling.reconcile(chain, journal, [desk.operator, desk.keeper])
        yield desk, block


def _outcome(
    chain: Chain, block: int, rounds: Sequence[RoundId], faults: Sequence[Fault] = ()
) -> Outcome:
    return Outcome(
        acts=acts.since(chain, block, rounds),
        states=[acts.state(chain, round_id) for round_id in rounds],
        faults=list(faults),
    )
