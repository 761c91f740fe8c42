"""What has become of transactions: which count, which are lost, and who used up a nonce."""

from collections.abc import Iterable, Sequence
from typing import Any

from tasks.adapters.chain import reader, rpc
from tasks.adapters.chain.reader import Block, Reader, Receipt

_SCAN = 20


def nonces(chain: Reader, senders: Iterable[str], block: Block = "latest") -> dict[str, int]:
    """Return the number of each account's transactions up to a block, by address."""
    asked = sorted(set(senders))
    params = [[each, reader.tag(block)] for each in asked]
    answers = chain.rpc.batch_all("eth_getTransactionCount", params)
    return {
        each: rpc.quantity(answer, "a nonce") for each, answer in zip(asked, answers, strict=True)
    }


def nonce_after_waiting(chain: Reader, sender: str) -> int:
    """Return an account's next nonce after what is mined and what waits in the node's pool."""
    answer = chain.rpc.call("eth_getTransactionCount", sender, "pending")
    return rpc.quantity(answer, "a nonce")


def confirmed_nonces(chain: Reader, senders: Iterable[str]) -> dict[str, int]:
    """Return the same up to the newest block that counts."""
    if chain.confirmations == 0:
        return nonces(chain, senders)
    return nonces(chain, senders, max(0, chain.header().number - chain.confirmations))


def confirmed(chain: Reader, receipts: Sequence[Receipt]) -> list[bool]:
    """Return whether each receipt's block is one of the chain's and lies deep enough to count."""
    if chain.confirmations == 0:
        return [True] * len(receipts)
    last = chain.header().number - chain.confirmations
    numbers = sorted({each.block for each in receipts if each.block <= last})
    blocks = chain.rpc.batch_all("eth_getBlockByNumber", [[hex(each), False] for each in numbers])
    deep = {
        (number, block.get("hash"))
        for number, block in zip(numbers, blocks, strict=True)
        if isinstance(block, dict)
    }
    return [(each.block, each.block_hash) in deep for each in receipts]


def known(chain: Reader, hashes: Sequence[str]) -> list[bool]:
    """Return whether the node has each transaction, mined or waiting."""
    found = chain.rpc.batch_all("eth_getTransactionByHash", [[tx_hash] for tx_hash in hashes])
    return [answer is not None for answer in found]


def transaction_under(chain: Reader, sender: str, nonce: int, from_block: int) -> str | None:
    """Return the hash of the transaction that used up a nonce; None if it is not found.

    Args:
        chain: where to look.
        sender: whose nonce.
        nonce: which.
        from_block: the first block to look into; the newest ones are looked into first.
    """
    last = chain.header().number
    while last >= from_block:
        first = max(from_block, last - _SCAN + 1)
        asked = [[hex(number), True] for number in range(last, first - 1, -1)]
        for block in chain.rpc.batch_all("eth_getBlockByNumber", asked):
            for each in _transactions(block):
                if _signed_by(each, sender, nonce):
                    return str(each["hash"])
        last = first - 1
    return None


def _transactions(block: Any) -> list[dict[str, Any]]:
    found = block.get("transactions") if isinstance(block, dict) else None
    return [each for each in found or [] if isinstance(each, dict) and "hash" in each]


def _signed_by(transaction: dict[str, Any], sender: str, nonce: int) -> bool:
    if str(transaction.get("from")).lower() != sender.lower():
        return False
    return rpc.quantity(transaction.get("nonce"), "a nonce") == nonce
