"""A write before anybody has signed it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A transaction before it has a sender: where to, with which data, and what for.

    Attributes:
        to: the contract; None to deploy one.
        data: the call, or the bytecode with the constructor's arguments.
        what: the act in a few words, for error messages.
        gas_wei: what it gives the receiver of the chain's coin, which pays for gas.
    """

    to: str | None
    data: bytes
    what: str
    gas_wei: int = 0

    def request(self, sender: str) -> dict[str, Any]:
        """Return it as a call to simulate."""
        request = {"from": sender, "data": "0x" + self.data.hex()}
        if self.gas_wei:
            request["value"] = hex(self.gas_wei)
        return request if self.to is None else {**request, "to": self.to}
