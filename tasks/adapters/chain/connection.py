"""The chain of one tournament: its contracts, checked by their code, and its writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from contracts import loader
from tasks.adapters.chain import fees, reader, sending
from tasks.adapters.chain.kept_logs import KeptLogs
from tasks.adapters.chain.reader import Reader, Receipt
from tasks.adapters.chain.rpc import Rpc
from tasks.adapters.chain.sending import Order
from tasks.adapters.chain.token import Token
from tasks.adapters.chain.tournament import Tournament
from tasks.adapters.chain.writes import Write
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.core.errors import ChainError


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Which chain it is, where the contracts are and what commitments are salted with."""

    chain_id: int
    genesis_hash: str
    token: str
    tournament: str
    salt: bytes

    def contracts(self) -> dict[str, str]:
        """Return what `home.json` keeps of it beside chain id and genesis hash."""
        return {"token": self.token, "tournament": self.tournament, "salt": self.salt.hex()}

    @classmethod
    def known(cls, chain_id: int, genesis_hash: str | None, contracts: Mapping[str, str]) -> Self:
        """Return the deployment that a home knows.

        Raises:
            ChainError: if nothing was deployed yet.
        """
        if genesis_hash is None or not {"token", "tournament", "salt"} <= set(contracts):
            raise ChainError("this home's contracts are not deployed yet: run `erarium play`")
        return cls(
            chain_id=chain_id,
            genesis_hash=genesis_hash,
            token=contracts["token"],
            tournament=contracts["tournament"],
            salt=bytes.fromhex(contracts["salt"]),
        )


class Chain(Reader):
    """A connection to the chain of one deployment; `connect` makes and checks it."""

    def __init__(
        self,
        rpc: Rpc,
        deployment: Deployment,
        confirmations: int = 0,
        cap_wei: int = fees.CAP_WEI,
        logs: Path | None = None,
    ) -> None:
        """Use an endpoint as it is."""
        super().__init__(rpc, deployment.chain_id, confirmations)
        self.deployment = deployment
        self.cap_wei = cap_wei
        self.kept = KeptLogs(self, logs)
        self.token = Token(self, deployment.token, self.kept)
        self.tournament = Tournament(self, deployment.tournament, self.kept)

    @classmethod
    def connect(
        cls,
        rpc_url: str,
        deployment: Deployment,
        timeout_s: float = 30.0,
        confirmations: int = 0,
        cap_wei: int = fees.CAP_WEI,
        logs: Path | None = None,
    ) -> Self:
        """Connect and check that it is the chain that is meant, with our contracts on it.

        Args:
            rpc_url: any JSON-RPC endpoint.
            deployment: what it must be.
            timeout_s: how long one answer may take.
            confirmations: the blocks that must lie on a transaction's before it counts.
            cap_wei: most that a unit of gas may cost.
            logs: the file that keeps the contracts' logs; None for memory alone.

        Raises:
            ChainError: if it does not answer, is another chain, the contracts' code is not the
                one that this program knows, or they are not of one deployment.
        """
        found = Reader.reach(rpc_url, deployment.chain_id, deployment.genesis_hash, timeout_s)
        chain = cls(found.rpc, deployment, confirmations, cap_wei, logs)
        require_code(chain, "token", deployment.token)
        require_code(chain, "tournament", deployment.tournament)
        if chain.tournament.salt() != deployment.salt:
            raise ChainError(
                f"{chain.rpc.place} has a tournament with another salt: another deployment"
            )
        staked = chain.tournament.token()
        if staked.lower() != deployment.token.lower():
            raise ChainError(
                f"{chain.rpc.place} has a tournament that stakes token {staked}, "
                f"not {deployment.token}: another deployment"
            )
        return chain

    def send(
        self,
        write: Write,
        signer: Signer,
        journal: Journal,
        purpose: str,
        timeout_s: float = 60.0,
    ) -> Receipt:
        """Send a write once, however often this is called; see `sending.send_many`."""
        return sending.send(self, write, signer, journal, purpose, timeout_s, self.cap_wei)

    def send_many(self, orders: Sequence[Order], timeout_s: float = 60.0) -> list[Receipt]:
        """Send writes, each once by its purpose; see `sending.send_many`."""
        return sending.send_many(self, orders, timeout_s, self.cap_wei)

    def usage(self) -> dict[str, int]:
        """Return what the tournament cost so far, by the transactions that left a log.

        Returns:
            The number of `transactions`, their `gas` and their `fees_wei`.
        """
        hashes = sorted(self.token.transactions() | self.tournament.transactions())
        receipts = [found for found in self.receipts(hashes) if found is not None]
        return {
            "fees_wei": sum(receipt.fee_wei for receipt in receipts),
            "gas": sum(receipt.gas_used for receipt in receipts),
            "transactions": len(receipts),
        }


def require_code(chain: reader.Reader, name: str, address: str) -> None:
    """Check that a contract of ours stands at an address.

    Raises:
        ChainError: if there is none, or its code is another.
    """
    code = chain.code(address)
    # The constructor appends the immutables to the compiled code.
    if not code.startswith(loader.load(name).runtime):
        found = "other code" if code else "no contract"
        advice = ": use the version of Erarium that founded it, or found it anew" if code else ""
        raise ChainError(
            f"{chain.rpc.place} has {found} at {address}, where {name} should be{advice}"
        )
