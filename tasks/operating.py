"""What a person does to a home's rounds by hand: settle, keep, examine, abandon."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tasks import local
from tasks.adapters import journal_copy, keyfiles, locks
from tasks.adapters.chain import reconciling
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.writes import Write
from tasks.adapters.cluster import SerialExecutor
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.client import abandoning, connecting
from tasks.core.errors import InputError
from tasks.core.money import decimals
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import identity
from tasks.stages import acts, doctor, founding, keeping, living
from tasks.stages.acts import Act, State
from tasks.stages.doctor import Diagnosis
from tasks.stages.keeping import Fault
from tasks.stages.open_home import OpenHome

_LABEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command found done after it had begun, and where its rounds stand now."""

    acts: Sequence[Act]
    states: Sequence[State]
    faults: Sequence[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What an account was given, in wei, and by which transactions."""

    address: str
    tokens: Wei
    gas: int
    label: str
    transactions: Mapping[str, str]


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
    """Keep all rounds of a home, see `keeping.keep`; what that changed is in a fresh snapshot.

    Raises:
        LockedError: if another process works in the home.
        ChainError: if the chain does not answer.
    """
    with _desk(root, "settle all rounds") as (desk, block):
        faults = keeping.keep(desk)
        _snapshot(root, desk.chain, block)
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
        chain = Chain.connect(served.rpc_url, founding.known(home), *Settings().connection)
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
    chain = connecting.connect(rpc_url, tournament, *Settings().connection)
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
        reconciling.reconcile(chain, journal, [signer], cap_wei=chain.cap_wei)
        abandoning.abandon(chain, signer, journal, round_id)
        return _outcome(chain, block, [round_id])


def grant(root: Path, address: str, tokens: Wei, gas: int, label: str) -> Granted:
    """Give an outsider tokens and gas out of the deployer's account, once for a label.

    What is granted is written down first: a killed command goes on when it is typed again, and
    the same label never gives another amount.

    Args:
        root: the home.
        address: whose account.
        tokens: wei of tokens, may be 0.
        gas: wei of the chain's coin, may be 0.
        label: tells one grant to an address from the next.

    Raises:
        LockedError: if another process works in the home.
        InputError: if the address, the label or an amount cannot be, or the label was used for
            another one.
        ChainError: if the chain refuses.
    """
    to = identity.check_address(address)
    if not _LABEL.fullmatch(label):
        raise InputError(f"not a label: {label!r}; 1 to 32 of a-z, 0-9, _ and -")
    if not (tokens or gas):
        raise InputError("a grant of no tokens and no gas: say --tokens or --gas")
    with _desk(root, f"grant {to}") as (desk, _):
        deployer = founding.keystore(Home.open(root)).signer("deployer")
        reconciling.reconcile(desk.chain, desk.journal, [deployer], cap_wei=desk.chain.cap_wei)
        _promise(desk, deployer, to, tokens, gas, label)
        token = desk.chain.token
        coin = Write(to=to, data=b"", what=f"give {gas} wei for gas to {to}", gas_wei=gas)
        wanted = {"tokens": (token.transfer(to, tokens), tokens), "gas": (coin, gas)}
        sent = {}
        for name, (write, amount) in wanted.items():
            if amount:
                purpose = f"grant/{to}/{label}/{name}"
                receipt = desk.chain.send(write, deployer, desk.journal, purpose=purpose)
                sent[name] = receipt.hash
        return Granted(address=to, tokens=tokens, gas=gas, label=label, transactions=sent)


def _promise(desk: OpenHome, deployer: Signer, to: str, tokens: Wei, gas: int, label: str) -> None:
    """Write down what is granted under a label, unless it is written down already."""
    name = f"grants/{to.lower()}-{label}"
    wanted = {"gas": str(gas), "tokens": str(tokens)}
    known = desk.vault.find(name)
    if known is None:
        _require_funds(desk.chain, deployer, to, tokens, gas)
        desk.vault.publish(name, wanted)
    elif known != wanted:
        was, gave = (decimals.tokens_exactly(int(known[each])) for each in ("tokens", "gas"))
        raise InputError(
            f"{to} was granted {was} tokens and {gave} for gas as {label!r}: "
            "say another --label to give more"
        )


def _require_funds(chain: Chain, deployer: Signer, to: str, tokens: Wei, gas: int) -> None:
    if to in (chain.token.address, chain.tournament.address) or not int(to, 16):
        raise InputError(f"{to} is nobody's account: copy the one that `model create` printed")
    has = {"tokens": chain.token.balance_of(deployer.address)}
    has |= {"for gas": Wei(chain.gas_wei(deployer.address))}
    for what, wanted in (("tokens", tokens), ("for gas", gas)):
        if wanted > has[what]:
            raise InputError(
                f"{decimals.tokens_exactly(wanted)} {what} are more than the deployer "
                f"{deployer.address} has, {decimals.tokens_exactly(has[what])}"
            )


@contextmanager
def _desk(root: Path, purpose: str) -> Iterator[tuple[OpenHome, int]]:
    """Hold a home's lock and chain; yield its desk, and the block before anything was sent.

    What a killed run signed and the chain does not have is sent first.
    """
    home = Home.open(root)
    deployment, settings = founding.known(home), Settings()
    with (
        home.lock(purpose, settings.lock_wait_s),
        local.chain_served(root, None) as served,
        closing(Journal(home.journal)) as journal,
    ):
        chain = Chain.connect(served.rpc_url, deployment, *settings.connection)
        block = chain.header().number
        desk = founding.open_desk(home, chain, journal, SerialExecutor(), *living.terms_of(home))
        yield desk, block


def _snapshot(root: Path, chain: Chain, block: int) -> None:
    """Save the state of a home's own node, if the chain went on since a block."""
    node = Node.attach(Home.open(root))
    if node is not None and chain.header().number > block:
        node.snapshot()


def _outcome(
    chain: Chain, block: int, rounds: Sequence[RoundId], faults: Sequence[Fault] = ()
) -> Outcome:
    return Outcome(
        acts=acts.since(chain, block, rounds),
        states=[acts.state(chain, round_id) for round_id in rounds],
        faults=list(faults),
    )
