"""Watch journalled writes until the chain has decided them: the receipt decides, nothing else."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.adapters import failpoints
from tasks.adapters.chain import fees, finality, signing
from tasks.adapters.chain.fees import Fees
from tasks.adapters.chain.reader import Reader, Receipt
from tasks.adapters.chain.rpc_errors import RefusedError
from tasks.adapters.journal import Entry, Journal
from tasks.adapters.keys import Signer
from tasks.core.errors import ChainError

_POLL_S = 0.05
_MAX_POLL_S = 2.0
_REPLACE_AFTER_S = 30.0
_GWEI = 10**9
# How far below the block of its signing the transaction may lie that used up a write's nonce:
# a reorg of the deepest kind may have moved it.
_MARGIN = 64


class ReplacedError(ChainError):
    """A write's nonce was used by a transaction that is none of its attempts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for receipts, after what time to offer more, and how much at most."""

    timeout_s: float
    cap_wei: int
    replace_after_s: float = _REPLACE_AFTER_S


@dataclass(slots=True, kw_only=True)
class Watched:
    """A journalled write, the key that can replace it, and what is known of it so far."""

    journal: Journal
    signer: Signer
    entry: Entry
    receipt: Receipt | None = None
    refusal: RefusedError | None = None


def post(chain: Reader, watched: Sequence[Watched]) -> None:
    """Send the newest attempt of each write."""
    # A refusal is kept for the message alone: "nonce too low" or "already known" is also the
    # answer to a transaction that was mined. The receipt decides.
    raws = [["0x" + each.entry.attempts[-1].raw.hex()] for each in watched]
    answers = chain.rpc.batch("eth_sendRawTransaction", raws)
    for each, answer in zip(watched, answers, strict=True):
        each.refusal = answer if isinstance(answer, RefusedError) else None


def watch(chain: Reader, watched: Sequence[Watched], patience: Patience) -> None:
    """Wait until every write has a receipt that counts, and note it in the journal.

    Meanwhile what the node has lost is sent again as the same bytes, what a reorg threw out as
    well, and what does not come in time is replaced on its nonce with higher fees.

    Raises:
        ReplacedError: if a nonce was used by another transaction.
        ChainError: if a receipt does not come in time, or an account cannot pay.
    """
    start, pause = time.monotonic(), _POLL_S
    raise_at = start + patience.replace_after_s
    while undecided := _undecided(chain, watched):
        missing = [each for each in undecided if each.receipt is None]
        nonces = finality.nonces(chain, [each.entry.sender for each in missing])
        _require_unused(chain, missing)
        still = [each for each in missing if each.entry.nonce >= nonces[each.entry.sender]]
        _send_lost(chain, still)
        now = time.monotonic()
        if now >= raise_at:
            _raise_fees(chain, still, nonces, patience.cap_wei)
            raise_at = now + patience.replace_after_s
        if now >= start + patience.timeout_s:
            raise _overdue(chain, undecided[0], patience)
        time.sleep(pause)
        pause = min(2 * pause, _MAX_POLL_S)


def reach(point: str, watched: Sequence[Watched]) -> None:
    """Reach a failpoint of each write's; see `failpoints`."""
    if watched:
        failpoints.reach(point, *[each.entry.purpose for each in watched])


def _undecided(chain: Reader, watched: Sequence[Watched]) -> list[Watched]:
    """Look for receipts, note those that count, and return the writes that have none."""
    hashes = [tx_hash for each in watched for tx_hash in each.entry.hashes]
    found = dict(zip(hashes, chain.receipts(hashes), strict=True))
    for each in watched:
        receipts = [found[tx_hash] for tx_hash in each.entry.hashes]
        each.receipt = next((receipt for receipt in receipts if receipt is not None), None)
    fresh = [
        (each, each.receipt)
        for each in watched
        if each.receipt is not None and not _noted(each, each.receipt)
    ]
    counts = finality.confirmed(chain, [receipt for _, receipt in fresh])
    _note([pair for pair, counted in zip(fresh, counts, strict=True) if counted])
    return [each for each in watched if each.receipt is None or not _noted(each, each.receipt)]


def _noted(watched: Watched, receipt: Receipt) -> bool:
    state = "mined" if receipt.succeeded else "reverted"
    entry = watched.entry
    return (entry.state, entry.mined, entry.block_hash) == (state, receipt.hash, receipt.block_hash)


def _note(decided: Sequence[tuple[Watched, Receipt]]) -> None:
    reach("mined", [watched for watched, _ in decided])
    for watched, receipt in decided:
        watched.entry = replace(
            watched.entry,
            state="mined" if receipt.succeeded else "reverted",
            mined=receipt.hash,
            block_hash=receipt.block_hash,
        )
    _update([watched for watched, _ in decided])
    reach("noted", [watched for watched, _ in decided])


def _update(watched: Sequence[Watched]) -> None:
    groups: dict[int, list[Watched]] = {}
    for each in watched:
        groups.setdefault(id(each.journal), []).append(each)
    for group in groups.values():
        group[0].journal.update([each.entry for each in group])


def _require_unused(chain: Reader, missing: Sequence[Watched]) -> None:
    """Mark as replaced those whose nonce another transaction has, for good."""
    nonces = finality.confirmed_nonces(chain, [each.entry.sender for each in missing])
    used = [each for each in missing if each.entry.nonce < nonces[each.entry.sender]]
    lost = [(each, by) for each in used if (by := _other_user(chain, each)) is not None]
    for each, _ in lost:
        each.entry = replace(each.entry, state="replaced", mined=None, block_hash=None)
    _update([each for each, _ in lost])
    for each, by in lost:
        entry = each.entry
        raise ReplacedError(
            f"{entry.purpose}: nonce {entry.nonce} of {entry.sender} was used by another "
            f"transaction, {by}; run again to sign it anew"
        )


def _other_user(chain: Reader, watched: Watched) -> str | None:
    """Return the transaction that has a write's nonce, if it is none of the write's.

    That a receipt is missing proves nothing: a node may be behind with it. Signing anew on that
    alone could do twice what is to be done once.
    """
    # Another process may have replaced it meanwhile.
    watched.entry = watched.journal.reread(watched.entry)
    entry = watched.entry
    first = max(0, entry.block - _MARGIN)
    by = finality.transaction_under(chain, entry.sender, entry.nonce, first)
    return None if by in entry.hashes else by


def _send_lost(chain: Reader, watched: Sequence[Watched]) -> None:
    """Send again what the node does not have, though its nonce is open."""
    thrown_out = [each for each in watched if each.entry.state != "signed"]
    for each in thrown_out:
        each.entry = replace(each.entry, state="signed", mined=None, block_hash=None)
    _update(thrown_out)
    reach("reopened", thrown_out)
    hashes = [tx_hash for each in watched for tx_hash in each.entry.hashes]
    known = dict(zip(hashes, finality.known(chain, hashes), strict=True))
    lost = [each for each in watched if not any(known[each] for each in each.entry.hashes)]
    post(chain, lost)
    for each in lost:
        if each.refusal is not None:
            _require_money(chain, each.entry)


def _require_money(chain: Reader, entry: Entry) -> None:
    needed, held = signing.cost_wei(entry.attempts[-1].raw), chain.gas_wei(entry.sender)
    if held < needed:
        raise ChainError(
            f"{entry.sender} has {held} wei for gas, {entry.purpose} needs {needed}: "
            f"send it {needed - held} wei, then run again"
        )


def _raise_fees(
    chain: Reader, watched: Sequence[Watched], nonces: Mapping[str, int], cap_wei: int
) -> None:
    """Replace what is stuck, if the cap allows it: each sender's next, and the underpaid."""
    base_fee_wei = chain.header().base_fee_wei
    # Where there is no base fee nothing can be stuck for its fee.
    if base_fee_wei == 0:
        return
    again = []
    for each in watched:
        newest, is_next = each.entry.attempts[-1], each.entry.nonce == nonces[each.entry.sender]
        higher = fees.raised(_fees(each.entry), base_fee_wei, cap_wei)
        if higher is not None and (is_next or newest.max_fee_wei < base_fee_wei):
            attempt = signing.again(each.signer, newest.raw, higher)
            each.entry = each.journal.add(each.entry, attempt)
            again.append(each)
    reach("raised", again)
    post(chain, again)


def _fees(entry: Entry) -> Fees:
    newest = entry.attempts[-1]
    return Fees(max_fee_wei=newest.max_fee_wei, tip_wei=newest.tip_wei)


def _overdue(chain: Reader, watched: Watched, patience: Patience) -> ChainError:
    entry, why = watched.entry, ""
    base_fee_wei, nonce = chain.header().base_fee_wei, chain.nonce(entry.sender)
    if nonce < entry.nonce and not watched.journal.holds(chain.chain_id, entry.sender, nonce):
        why = (
            f": nothing has nonce {nonce} of {entry.sender}, which comes before its {entry.nonce}: "
            "run again, which uses it up"
        )
    elif watched.receipt is not None:
        why = f" with {chain.confirmations} blocks on it: run again when they are there"
    elif base_fee_wei and fees.raised(_fees(entry), base_fee_wei, patience.cap_wei) is None:
        why = (
            f": it offers {entry.attempts[-1].max_fee_wei / _GWEI:.3f} gwei a unit of gas, the "
            f"base fee is {base_fee_wei / _GWEI:.3f}, more is beyond the cap of "
            f"{patience.cap_wei / _GWEI:.3f}: raise the cap (ERARIUM_FEE_CAP_GWEI), or wait and "
            "run again"
        )
    elif watched.refusal is not None:
        why = f": {watched.refusal}"
    url, timeout_s = chain.rpc.place, patience.timeout_s
    return ChainError(f"no receipt for {entry.purpose} from {url} in {timeout_s:.0f} s{why}")
