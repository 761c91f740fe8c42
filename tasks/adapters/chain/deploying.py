"""Deploy the contracts, once, at addresses that are known beforehand."""

from dataclasses import dataclass

import rlp
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from contracts import loader
from tasks.adapters.chain import connection, sending
from tasks.adapters.chain.codec import Interface
from tasks.adapters.chain.connection import Deployment
from tasks.adapters.chain.reader import Reader
from tasks.adapters.chain.writes import Write
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.core.errors import ChainError
from tasks.core.money.units import Wei
from tasks.core.protocol import purposes
from tasks.core.protocol.terms import Parameters

_TOKEN_NONCE, _TOURNAMENT_NONCE = 0, 1
# Where burns would go if the token could not destroy them; ours can.
_NO_SINK = "0x" + "00" * 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is fixed at deployment.

    Attributes:
        supply: the tokens that the deployer gets.
        cap: most tokens that are ever made, burned ones included.
        yearly_bps: most that may be made a year, of `supply`.
        minter: who may make them.
        owner: sets operator and parameters of rounds not open yet.
        operator: opens, books and first proposes.
        salt: 32 bytes, part of every commitment.
        parameters: what the first rounds copy.
    """

    supply: Wei
    cap: Wei
    yearly_bps: int
    minter: str
    owner: str
    operator: str
    salt: bytes
    parameters: Parameters


def addresses(deployer: str) -> tuple[ChecksumAddress, ChecksumAddress]:
    """Return where token and tournament will stand: the deployer's first two transactions."""
    return _created(deployer, _TOKEN_NONCE), _created(deployer, _TOURNAMENT_NONCE)


def _created(sender: str, nonce: int) -> ChecksumAddress:
    """Return where a contract stands that an account makes with a transaction.

    Source: the Ethereum Yellow Paper, section 7, "Contract creation".
    """
    account = bytes.fromhex(sender.removeprefix("0x"))
    return to_checksum_address(keccak(rlp.encode([account, nonce]))[12:])


def deploy(
    rpc_url: str, chain_id: int, deployer: Signer, journal: Journal, plan: Plan
) -> Deployment:
    """Deploy token and tournament; what stands already, also after a kill, is not made again.

    Args:
        rpc_url: the chain's endpoint.
        chain_id: the id that it must have.
        deployer: an account that has sent nothing else.
        journal: keeps the two transactions.
        plan: what is fixed by them.

    Returns:
        What a `Chain` connects with.

    Raises:
        ChainError: if the deployer's account was used before, or the chain refuses.
    """
    chain = Reader.reach(rpc_url, chain_id)
    token, tournament = addresses(deployer.address)
    artifact = loader.load("token")
    arguments = Interface(artifact.abi).constructor(
        plan.supply, plan.cap, plan.yearly_bps, plan.minter
    )
    _deploy(chain, deployer, journal, "token", artifact.bytecode + arguments, token)
    artifact = loader.load("tournament")
    arguments = Interface(artifact.abi).constructor(
        token, _NO_SINK, plan.owner, plan.operator, plan.salt, plan.parameters.to_abi()
    )
    _deploy(chain, deployer, journal, "tournament", artifact.bytecode + arguments, tournament)
    return Deployment(
        chain_id=chain_id,
        genesis_hash=chain.header(0).hash,
        token=token,
        tournament=tournament,
        salt=plan.salt,
    )


def _deploy(
    chain: Reader, deployer: Signer, journal: Journal, name: str, data: bytes, address: str
) -> None:
    purpose = purposes.deploy(name)
    expected = _TOKEN_NONCE if name == "token" else _TOURNAMENT_NONCE
    known = journal.find(chain.chain_id, deployer.address, purpose)
    if known is None and chain.nonce(deployer.address) != expected:
        raise ChainError(f"{deployer.address} was used before: {name} would stand elsewhere")
    write = Write(to=None, data=data, what=f"deploy {name}")
    sending.send(chain, write, deployer, journal, purpose)
    connection.require_code(chain, name, address)
