"""The token's contract: one method a read, one builder a write."""

from tasks.adapters.chain.contract import Contract
from tasks.adapters.chain.kept_logs import KeptLogs
from tasks.adapters.chain.reader import Block, Reader
from tasks.adapters.chain.writes import Write
from tasks.core.errors import ChainError
from tasks.core.money.units import Wei

_NOBODY = bytes(32)


class Token(Contract):
    """The ERC-20 that is staked, at one address."""

    def __init__(self, reader: Reader, address: str, kept: KeptLogs | None = None) -> None:
        """Use the contract at an address; see `Contract`."""
        super().__init__(reader, "token", address, kept)

    def total_supply(self, block: Block = "latest") -> Wei:
        """Return how many tokens there are."""
        return Wei(self._read("totalSupply", block=block))

    def balance_of(self, account: str, block: Block = "latest") -> Wei:
        """Return what an account holds outside of contracts."""
        return Wei(self._read("balanceOf", account, block=block))

    def allowance(self, owner: str, spender: str, block: Block = "latest") -> Wei:
        """Return what a spender may still take from an owner."""
        return Wei(self._read("allowance", owner, spender, block=block))

    def minted(self, block: Block = "latest") -> Wei:
        """Return what was made after the deployment."""
        return Wei(self._read("minted", block=block))

    def nonce(self, owner: str, block: Block = "latest") -> int:
        """Return how many of an owner's permits were used."""
        return int(self._read("nonces", owner, block=block))

    def supply_at_first(self) -> Wei:
        """Return the supply that the deployment made.

        Raises:
            ChainError: if the log does not have it.
        """
        logs = self._kept.read(self._stream(), [self._topics(["Transfer"]), [_NOBODY]])
        if not logs:
            raise ChainError(f"the chain has no log of the supply of token {self.address}")
        return Wei(int.from_bytes(logs[0].data))

    def transactions(self) -> set[str]:
        """Return the hashes of all transactions that left a log."""
        return {log.transaction for log in self._kept.read(self._stream())}

    def transfer(self, to: str, amount: Wei) -> Write:
        """Return the write that moves the sender's tokens."""
        return self._write(f"transfer {amount} wei to {to}", "transfer", to, amount)

    def approve(self, spender: str, amount: Wei) -> Write:
        """Return the write that lets a spender take the sender's tokens."""
        return self._write(f"approve {amount} wei to {spender}", "approve", spender, amount)

    def burn(self, amount: Wei) -> Write:
        """Return the write that destroys the sender's tokens."""
        return self._write(f"burn {amount} wei", "burn", amount)
