"""How a stranger reaches a tournament of which he knows the address alone."""

from tasks.adapters.chain import connection, fees
from tasks.adapters.chain.connection import Chain, Deployment
from tasks.adapters.chain.reader import Reader
from tasks.adapters.chain.rpc import Rpc
from tasks.adapters.chain.tournament import Tournament
from tasks.core.protocol import identity


def connect(
    rpc_url: str,
    tournament: str,
    timeout_s: float = 30.0,
    confirmations: int = 0,
    cap_wei: int = fees.CAP_WEI,
) -> Chain:
    """Connect to a tournament of which nothing but its address is known.

    Its token is not looked at: who only has back what the tournament holds needs none.

    Raises:
        InputError: if that is no address, or a mistyped one.
        ChainError: if the chain does not answer, or no tournament of ours is there.
    """
    address = identity.check_address(tournament)
    chain_id = int(Rpc(rpc_url, timeout_s).call("eth_chainId"), 16)
    reader = Reader.reach(rpc_url, chain_id, timeout_s=timeout_s)
    connection.require_code(reader, "tournament", address)
    contract = Tournament(reader, address)
    deployment = Deployment(
        chain_id=chain_id,
        genesis_hash=reader.header(0).hash,
        token=contract.token(),
        tournament=address,
        salt=contract.salt(),
    )
    return Chain(reader.rpc, deployment, confirmations, cap_wei)
