"""The token's contract: one method a read, one builder a write."""

from contracts import loader
from tasks.adapters.chain.codec import Interface
from tasks.adapters.chain.reader import Block, Reader
from tasks.adapters.chain.writes import Write
from tasks.core.errors import ChainError
from tasks.core.money.units import Wei

_NOBODY = "0x" + "00" * 32


class Token:
    """The ERC-20 that is staked, at one address."""

    def __init__(self, reader: Reader, address: str) -> None:
        """Use the contract at an address."""
        self.address = address
        self._reader = reader
        self._interface = Interface(loader.load("token").abi)

    def total_supply(self, block: Block = "latest") -> Wei:
        """Return how many tokens there are."""
        return self._read("totalSupply", block=block)

    def balance_of(self, account: str, block: Block = "latest") -> Wei:
        """Return what an account holds outside of contracts."""
        return self._read("balanceOf", account, block=block)

    def allowance(self, owner: str, spender: str, block: Block = "latest") -> Wei:
        """Return what a spender may still take from an owner."""
        return self._read("allowance", owner, spender, block=block)

    def minted(self, block: Block = "latest") -> Wei:
        """Return what was made after the deployment."""
        return self._read("minted", block=block)

    def nonce(self, owner: str, block: Block = "latest") -> int:
        """Return how many of an owner's permits were used."""
        return self._read("nonces", owner, block=block)

    def supply_at_first(self) -> Wei:
        """Return the supply that the deployment made.

        Raises:
            ChainError: if the log does not have it.
        """
        logs = self._reader.logs(self.address, [self._interface.topic("Transfer"), _NOBODY])
        if not logs:
            raise ChainError(f"the chain has no log of the supply of token {self.address}")
        return Wei(int(logs[0]["data"], 16))

    def transfer(self, to: str, amount: Wei) -> Write:
        """Return the write that moves the sender's tokens."""
        return self._write(f"transfer {amount} wei to {to}", "transfer", to, amount)

    def approve(self, spender: str, amount: Wei) -> Write:
        """Return the write that lets a spender take the sender's tokens."""
        return self._write(f"approve {amount} wei to {spender}", "approve", spender, amount)

    def burn(self, amount: Wei) -> Write:
        """Return the write that destroys the sender's tokens."""
        return self._write(f"burn {amount} wei", "burn", amount)

    def _read(self, name: str, *arguments: str, block: Block) -> Wei:
        data = self._reader.call(self.address, self._interface.call(name, *arguments), block)
        return Wei(self._interface.result(name, data))

    def _write(self, what: str, name: str, *arguments: str | int) -> Write:
        return Write(to=self.address, data=self._interface.call(name, *arguments), what=what)
