"""What a stranger does with a round whose operator is gone: every stake goes home."""

import re

from eth_utils.address import to_checksum_address

from tasks.adapters.chain import connection, releasing
from tasks.adapters.chain.connection import Chain, Deployment
from tasks.adapters.chain.reader import Reader
from tasks.adapters.chain.rpc import Rpc
from tasks.adapters.chain.tournament import Tournament
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import dates, status

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def connect(rpc_url: str, tournament: str, timeout_s: float = 30.0) -> Chain:
    """Connect to a tournament of which nothing but its address is known.

    Its token is not looked at, for no tokens move here but those that it holds.

    Raises:
        InputError: if that is no address.
        ChainError: if the chain does not answer, or no tournament of ours is there.
    """
    if _ADDRESS.fullmatch(tournament) is None:
        raise InputError(f"{tournament!r} is no address: 0x and 40 hex digits")
    address = str(to_checksum_address(tournament))
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
    return Chain(reader.rpc, deployment)


def abandon(chain: Chain, signer: Signer, journal: Journal, round_id: RoundId) -> None:
    """Book a round's abandonment and release every stake of it, in batches.

    Stakes go to their models' free stake, reserves to their pools, bonds as the rules decide.
    What is done already, by this caller or another, is left out.

    Args:
        chain: of the tournament.
        signer: any account that can pay the gas.
        journal: the caller's own.
        round_id: the round.

    Raises:
        InputError: if there is no such round, or it is not abandoned; the message says when.
        ChainError: if the chain refuses.
    """
    tournament = chain.tournament
    state = tournament.status(round_id)
    if state == status.NONE:
        raise InputError(dates.not_there(round_id))
    if state != status.ABANDONED:
        facts = tournament.facts(round_id)
        raise InputError(dates.not_abandoned(round_id, state, facts, chain.now()))
    releasing.book_abandonment(chain, signer, journal, round_id)
    releasing.release_all(chain, signer, journal, round_id)
