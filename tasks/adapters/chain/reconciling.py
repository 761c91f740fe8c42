"""Compare a journal with its chain, as at the start of a program, and repair what differs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from tasks.adapters.chain import fees, finality, sending, watching
from tasks.adapters.chain.reader import Reader
from tasks.adapters.chain.watching import Patience, ReplacedError, Watched
from tasks.adapters.journal import Entry, Journal
from tasks.adapters.keys import Signer
from tasks.core.errors import ChainError

_MOST_GAPS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A write that the journal knew otherwise than the chain, before and after."""

    before: Entry
    after: Entry

    def __str__(self) -> str:
        """Return it as one line."""
        entry = self.after
        return (
            f"{entry.purpose} (nonce {entry.nonce} of {entry.sender}): "
            f"was {_words(self.before)}, is {_words(entry)}"
        )


def reconcile(
    chain: Reader,
    journal: Journal,
    senders: Sequence[Signer],
    timeout_s: float = 60.0,
    cap_wei: int = fees.CAP_WEI,
) -> list[Repair]:
    """Compare every journalled write with the chain and mend the journal, or the chain.

    A mined write must have its receipt, in the block that the journal names; what was signed and
    not mined, or was thrown out by a reorg, is sent again. A write whose nonce another
    transaction has is marked, and signed anew when its step runs again. Nonces below a write that
    nothing has, as where a node answered too high a nonce, are used up.

    Args:
        chain: where the writes are.
        journal: where they are kept.
        senders: whose writes.
        timeout_s: how long to wait for receipts.
        cap_wei: most that a unit of gas may cost.

    Returns:
        What was repaired, in the order of signing.

    Raises:
        ChainError: as `sending.send_many` does, but for a nonce that was used elsewhere.
    """
    before = [entry for entry in journal.entries() if entry.chain_id == chain.chain_id]
    patience = Patience(timeout_s=timeout_s, cap_wei=cap_wei)
    for signer in senders:
        own = [entry for entry in before if entry.sender == signer.address]
        own += _fill_gaps(chain, journal, signer, cap_wei)
        _settle(chain, journal, signer, _doubtful(chain, own), patience)
    repairs = [Repair(before=entry, after=journal.reread(entry)) for entry in before]
    return [each for each in repairs if _differs(each)]


def _doubtful(chain: Reader, entries: Sequence[Entry]) -> list[Entry]:
    """Return the writes that the chain does not have as the journal says, by nonce."""
    written = [entry for entry in entries if entry.state != "replaced"]
    receipts = chain.receipts([entry.hash for entry in written])
    doubtful = []
    for entry, receipt in zip(written, receipts, strict=True):
        state = "mined" if receipt is not None and receipt.succeeded else "reverted"
        if receipt is None or (state, receipt.block_hash) != (entry.state, entry.block_hash):
            doubtful.append(entry)
    return sorted(doubtful, key=lambda entry: entry.nonce)


def _fill_gaps(chain: Reader, journal: Journal, signer: Signer, cap_wei: int) -> list[Entry]:
    """Sign what uses up the nonces that nothing has below a sender's open writes.

    Such a write cannot be mined before them. Signing it anew under the true nonce could do twice
    what is to be done once: whoever has its bytes can still send them when their nonce comes.
    """
    sender = signer.address
    nonce = finality.nonce_after_waiting(chain, sender)
    open_ = journal.unsettled(chain.chain_id, sender)
    open_ += journal.settled_from(chain.chain_id, sender, nonce)
    highest = max((entry.nonce for entry in open_), default=nonce)
    numbers = range(nonce, highest)
    free = (each for each in numbers if not journal.holds(chain.chain_id, sender, each))
    gaps = list(islice(free, _MOST_GAPS + 1))
    if len(gaps) > _MOST_GAPS:
        purpose = next(entry.purpose for entry in open_ if entry.nonce == highest)
        raise ChainError(
            f"{purpose} has nonce {highest} of {sender}, whose next is {nonce}: a node lied when "
            'it was signed: see "A nonce that is out of reach" in docs/operating.md'
        )
    return [each.entry for each in sending.use_up(chain, signer, journal, gaps, cap_wei)]


def _settle(
    chain: Reader, journal: Journal, signer: Signer, entries: Sequence[Entry], patience: Patience
) -> None:
    watched = [Watched(journal=journal, signer=signer, entry=entry) for entry in entries]
    while watched:
        try:
            watching.watch(chain, watched, patience)
        except ReplacedError:
            watched = [each for each in watched if each.entry.state != "replaced"]
        else:
            return


def _differs(repair: Repair) -> bool:
    """Return whether there was something to repair, not only a block to write down."""
    before, after = repair.before, repair.after
    if before.state == after.state and before.block_hash is None:
        return before.hash != after.hash
    return (before.state, before.hash, before.block_hash) != (
        after.state,
        after.hash,
        after.block_hash,
    )


def _words(entry: Entry) -> str:
    if entry.block_hash is None:
        return entry.state
    return f"{entry.state} in block {entry.block_hash[:10]}"
