"""What a transaction is for: a sender's journal sends one of each purpose, whatever is repeated.

A home that is under way has sent by these words: another word for the same matter would have it
sent twice. So they are frozen, each of them in a test.
"""

from tasks.core.money.units import RoundId

APPROVE_STAKE_POOL = "fund/approve"
FUND_STAKE_POOL = "fund/stake"
APPROVE_PURSE = "fund/purse-approve"
FUND_PURSE = "fund/purse"


def deploy(contract: str) -> str:
    """Return the purpose of a contract's deployment."""
    return f"deploy/{contract}"


def first_tokens(modeller: str) -> str:
    """Return the purpose of giving a replay's modeller its first tokens."""
    return f"grant/{modeller}"


def grant(address: str, label: str, what: str) -> str:
    """Return the purpose of granting an account `tokens` or `gas` under a label."""
    return f"grant/{address}/{label}/{what}"


def open_round(round_id: RoundId) -> str:
    """Return the purpose of opening a round."""
    return f"open/{round_id}"


def enter(round_id: RoundId, nonce: int) -> str:
    """Return the purpose of a model's n-th entry into a round."""
    return f"enter/{round_id}/{nonce}"


def deliver(round_id: RoundId, commitment: bytes) -> str:
    """Return the purpose of delivering a file: a plan that only raises the stake has the same."""
    return f"deliver/{round_id}/{commitment.hex()}"


def relay(round_id: RoundId, block: int, digest: str) -> str:
    """Return the purpose of handing signed entries in: those of a digest, tried at a block."""
    return f"relay/{round_id}/{block}/{digest}"


def book(round_id: RoundId) -> str:
    """Return the purpose of recording a round's book."""
    return f"book/{round_id}"


def propose(round_id: RoundId, earlier: int) -> str:
    """Return the purpose of proposing a root after so many proposals that became void."""
    return f"propose/{round_id}/{earlier}"


def settle(round_id: RoundId, batch: int, first: str) -> str:
    """Return the purpose of settling a batch of leaves, of which the first model is in hex."""
    return f"settle/{round_id}/{batch}/{first}"


def sweep(earlier: int) -> str:
    """Return the purpose of a sweep after so many others: burns come again and again."""
    return f"sweep/{earlier}"


def abandon(round_id: RoundId) -> str:
    """Return the purpose of booking a round's abandonment."""
    return f"abandon/{round_id}"


def release(round_id: RoundId, batch: int, first: str) -> str:
    """Return the purpose of releasing a batch of stakes, of which the first model is in hex."""
    return f"release/{round_id}/{batch}/{first}"


def approve(label: str) -> str:
    """Return the purpose of allowing the tournament to take a deposit's tokens."""
    return f"approve/{label}"


def move(kind: str, label: str) -> str:
    """Return the purpose of a `deposit` into a model's stake, or a `withdraw` from it."""
    return f"{kind}/{label}"


def use_up(nonce: int) -> str:
    """Return the purpose of an empty transaction that takes a nonce out of the way."""
    return f"use up/{nonce}"
