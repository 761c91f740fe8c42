"""Writes: simulated, signed, journalled, sent, and decided by their receipts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tasks.adapters import failpoints
from tasks.adapters.chain.reader import Reader, Receipt
from tasks.adapters.chain.rpc import RefusedError
from tasks.adapters.chain.writes import Write
from tasks.adapters.journal import Entry, Journal, Signed
from tasks.adapters.keys import Signer
from tasks.core.errors import ChainError

# Fixed, so that a repeated run signs the same bytes; a local chain has no base fee.
_FEE_WEI = 10**9
_GAS_STEP = 50_000
_POLL_S = 0.05
_MAX_POLL_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A write with its sender, the journal that keeps it and the purpose that it serves once."""

    write: Write
    signer: Signer
    journal: Journal
    purpose: str


@dataclass(slots=True)
class _Job:
    """An order, the transaction that serves it and what became of it, as far as it is known."""

    order: Order
    entry: Entry | None = None
    receipt: Receipt | None = None
    refusal: RefusedError | None = None

    @classmethod
    def of(cls, order: Order, chain_id: int) -> Self:
        """Look an order up in its journal."""
        found = order.journal.find(chain_id, order.signer.address, order.purpose)
        return cls(order, found)


def send(
    chain: Reader,
    write: Write,
    signer: Signer,
    journal: Journal,
    purpose: str,
    timeout_s: float = 60.0,
) -> Receipt:
    """Send a write once, however often this is called; see `send_many`."""
    order = Order(write=write, signer=signer, journal=journal, purpose=purpose)
    return send_many(chain, [order], timeout_s)[0]


def send_many(chain: Reader, orders: Sequence[Order], timeout_s: float = 60.0) -> list[Receipt]:
    """Send writes, each at most once by its purpose, and wait for their receipts.

    What the journal holds already is sent again as the same bytes, not signed anew. The new ones
    are simulated at the latest block, so none may depend on another of the same call. They are
    sent in the order given; a transaction that reverts does not hold up the others.

    Args:
        chain: where to.
        orders: what, from whom, what for.
        timeout_s: how long to wait for the receipts.

    Returns:
        The receipts, in the order of `orders`; every one succeeded.

    Raises:
        ChainError: if a simulation or a transaction reverts (with the reason and the purpose),
            a nonce was used by another transaction, or a receipt does not come in time.
    """
    finish_unsettled(chain, orders, timeout_s)
    jobs = [_Job.of(order, chain.chain_id) for order in orders]
    fresh = [job for job in jobs if job.entry is None]
    gas = _simulate(chain, fresh)
    _sign(chain, fresh, gas)
    _reach("signed", fresh)
    _post(chain, fresh)
    _reach("sent", fresh)
    _await_receipts(chain, jobs, timeout_s)
    return [_succeeded(job) for job in jobs]


def finish_unsettled(chain: Reader, orders: Sequence[Order], timeout_s: float = 60.0) -> None:
    """Send again what the orders' senders signed before and learn what became of it.

    After a crash nobody knows whether a signed transaction was sent; its nonce must be used up
    before the next.

    Raises:
        ChainError: if a receipt does not come in time.
    """
    senders = {(id(order.journal), order.signer.address): order for order in orders}
    jobs = [
        _Job(order, entry)
        for order in senders.values()
        for entry in order.journal.unsettled(chain.chain_id, order.signer.address)
    ]
    _post(chain, jobs)
    _await_receipts(chain, jobs, timeout_s)


def _simulate(chain: Reader, jobs: Sequence[_Job]) -> list[int]:
    requests = [[job.order.write.request(job.order.signer.address), "latest"] for job in jobs]
    answers = chain.rpc.batch("eth_estimateGas", requests)
    limits = []
    for job, answer in zip(jobs, answers, strict=True):
        if isinstance(answer, RefusedError):
            raise ChainError(f"{job.order.write.what}: {answer}") from answer
        # A quarter on top: others' transactions may come before and change what it costs.
        limits.append((int(answer, 16) * 5 // 4 // _GAS_STEP + 1) * _GAS_STEP)
    return limits


def _sign(chain: Reader, jobs: Sequence[_Job], gas: Sequence[int]) -> None:
    limits = {id(job): limit for job, limit in zip(jobs, gas, strict=True)}
    groups: dict[tuple[int, str], list[_Job]] = {}
    for job in jobs:
        groups.setdefault((id(job.order.journal), job.order.signer.address), []).append(job)
    addresses = [address for _, address in groups]
    nonces = chain.rpc.batch(
        "eth_getTransactionCount", [[address, "latest"] for address in addresses]
    )
    for (_, address), group, nonce in zip(groups, groups.values(), nonces, strict=True):
        if isinstance(nonce, RefusedError):
            raise nonce
        _sign_group(chain, address, int(nonce, 16), group, [limits[id(job)] for job in group])


def _sign_group(
    chain: Reader, sender: str, chain_nonce: int, jobs: Sequence[_Job], limits: Sequence[int]
) -> None:
    def sign(position: int, nonce: int) -> Signed:
        write = jobs[position].order.write
        transaction = {
            "type": 2,
            "chainId": chain.chain_id,
            "nonce": nonce,
            "gas": limits[position],
            "maxFeePerGas": _FEE_WEI,
            "maxPriorityFeePerGas": _FEE_WEI,
            "value": 0,
            "data": write.data,
        }
        if write.to is not None:
            transaction["to"] = write.to
        signed = jobs[position].order.signer.sign(transaction)
        return Signed(hash="0x" + signed.hash.hex(), raw=bytes(signed.raw_transaction))

    purposes = [job.order.purpose for job in jobs]
    journal = jobs[0].order.journal
    entries = journal.record(chain.chain_id, sender, chain_nonce, purposes, sign)
    for job, entry in zip(jobs, entries, strict=True):
        job.entry = entry


def _reach(point: str, jobs: Sequence[_Job]) -> None:
    for job in jobs:
        failpoints.reach(point, job.order.purpose)


def _post(chain: Reader, jobs: Sequence[_Job]) -> None:
    # A refusal is kept for the message alone: "nonce too low" or "already known" is also the
    # answer to a transaction that was mined. The receipt decides.
    raws = [["0x" + job.entry.raw.hex()] for job in jobs if job.entry is not None]
    answers = chain.rpc.batch("eth_sendRawTransaction", raws)
    for job, answer in zip(jobs, answers, strict=True):
        job.refusal = answer if isinstance(answer, RefusedError) else None


def _await_receipts(chain: Reader, jobs: Sequence[_Job], timeout_s: float) -> None:
    deadline, pause = time.monotonic() + timeout_s, _POLL_S
    waiting = list(jobs)
    while True:
        hashes = [job.entry.hash for job in waiting if job.entry is not None]
        for job, receipt in zip(waiting, chain.receipts(hashes), strict=True):
            job.receipt = receipt
        _mark(waiting)
        waiting = [job for job in waiting if job.receipt is None]
        if not waiting:
            return
        for job in waiting:
            _require_open_nonce(chain, job)
        if time.monotonic() >= deadline:
            raise _overdue(chain, waiting[0], timeout_s)
        time.sleep(pause)
        pause = min(2 * pause, _MAX_POLL_S)


def _overdue(chain: Reader, job: _Job, timeout_s: float) -> ChainError:
    reason = f": {job.refusal}" if job.refusal else ""
    what = job.entry.purpose if job.entry else job.order.purpose
    return ChainError(f"no receipt for {what} from {chain.rpc.url} in {timeout_s:.0f} s{reason}")


def _mark(jobs: Sequence[_Job]) -> None:
    outcomes: dict[tuple[int, bool], list[_Job]] = {}
    for job in jobs:
        if job.receipt is not None and job.entry is not None and job.entry.state == "signed":
            key = (id(job.order.journal), job.receipt.succeeded)
            outcomes.setdefault(key, []).append(job)
    for (_, succeeded), group in outcomes.items():
        entries = [job.entry for job in group if job.entry is not None]
        group[0].order.journal.mark_many(entries, "mined" if succeeded else "reverted")


def _require_open_nonce(chain: Reader, job: _Job) -> None:
    entry = job.entry
    if entry is None:
        return
    if entry.state == "mined":
        raise ChainError(
            f"{chain.rpc.url} does not have {entry.purpose}, which the journal says was mined: "
            "the journal belongs to another chain"
        )
    if chain.nonce(entry.sender) <= entry.nonce or chain.receipt(entry.hash) is not None:
        return
    job.order.journal.mark(entry, "replaced")
    raise ChainError(
        f"{entry.purpose}: nonce {entry.nonce} of {entry.sender} was used by another transaction; "
        "run again to sign it anew"
    )


def _succeeded(job: _Job) -> Receipt:
    if job.receipt is None or not job.receipt.succeeded:
        tx_hash = job.entry.hash if job.entry is not None else "none"
        raise ChainError(f"{job.order.write.what}: transaction {tx_hash} reverted")
    return job.receipt
