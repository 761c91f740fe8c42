"""Raw transactions, read and checked before they are logged and the node hears of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_keys.datatypes import Signature
from hexbytes import HexBytes

from tasks.adapters import jsonrpc
from tasks.adapters.anvil import Anvil

REJECTED = -32003
"""The JSON-RPC code of a sound transaction that is not mined."""

# Access list, and dynamic fee: what wallets sign. A blob needs data beside the transaction, and
# a set-code transaction uses up nonces of accounts that did not send it.
_TYPES = (1, 2)


class RejectedError(Exception):
    """A transaction that is not passed on; the message says why."""

    def __init__(self, message: str, code: int = jsonrpc.BAD_PARAMS) -> None:
        """Keep the message with its JSON-RPC code."""
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A signed transaction: its bytes in hex, who signed it and under which nonce."""

    raw: str
    sender: str
    nonce: int


class Gate:
    """What may pass to the node: transactions for its chain, each its sender's next."""

    def __init__(self, node: Anvil, chain_id: int) -> None:
        """Use a node that mines nothing but what passed here."""
        self._node = node
        self._chain_id = chain_id
        self._nonces: dict[str, int] = {}

    def read(self, call: Mapping[str, Any]) -> Transaction | RejectedError:
        """Read the transaction that a call sends, or say what is wrong with it."""
        raw = jsonrpc.raw_transaction(call)
        if raw is None:
            return RejectedError("not one hex string of a raw transaction")
        try:
            return read(raw, self._chain_id)
        except RejectedError as rejected:
            return rejected

    async def in_turn(
        self, found: Sequence[Transaction | RejectedError]
    ) -> list[Transaction | RejectedError]:
        """Replace what is not its sender's next, if those before it in the batch are mined."""
        checked: list[Transaction | RejectedError] = []
        nonces: dict[str, int] = {}
        for each in found:
            if isinstance(each, RejectedError):
                checked.append(each)
                continue
            if each.sender not in nonces:
                nonces[each.sender] = await self._next_nonce(each.sender)
            rejected = _out_of_turn(each, nonces[each.sender])
            if rejected is None:
                nonces[each.sender] += 1
            checked.append(rejected or each)
        return checked

    def mined(self, transaction: Transaction) -> None:
        """Take note of a transaction that has its block."""
        self._nonces[transaction.sender] = transaction.nonce + 1

    async def _next_nonce(self, sender: str) -> int:
        # The types that pass use up their sender's nonces only, so what was noted stays true.
        if sender in self._nonces:
            return self._nonces[sender]
        return int(await self._node.call("eth_getTransactionCount", sender, "latest"), 16)


def read(raw: str, chain_id: int) -> Transaction:
    """Read a signed transaction for a chain.

    Args:
        raw: its bytes in hex, 0x before them.
        chain_id: the chain that it must be signed for.

    Raises:
        RejectedError: if it cannot be read, is of a type that is not taken, or is for another
            chain.
    """
    content = HexBytes(raw)
    if content[0] not in _TYPES:
        raise RejectedError("not a transaction of type 1 or 2, which alone are taken here")
    try:
        signed = TypedTransaction.from_bytes(content)
        fields = signed.as_dict()
        # Twice as fast as Account.recover_transaction, which decodes once more.
        signature = Signature(vrs=signed.vrs())
        sender = signature.recover_public_key_from_msg_hash(signed.hash()).to_checksum_address()
    # The layers below raise errors of five libraries, and of Python.
    except Exception as error:
        raise RejectedError("a damaged transaction: it cannot be decoded") from error
    if fields["chainId"] != chain_id:
        message = f"the transaction is for chain {fields['chainId']}, this is {chain_id}"
        raise RejectedError(message, REJECTED)
    return Transaction(raw=raw, sender=sender, nonce=fields["nonce"])


def _out_of_turn(transaction: Transaction, expected: int) -> RejectedError | None:
    sender, nonce = transaction.sender, transaction.nonce
    if nonce == expected:
        return None
    reason = "nonce too low" if nonce < expected else "nonce gap"
    return RejectedError(f"{reason}: {sender} is at {expected}, this has {nonce}", REJECTED)
