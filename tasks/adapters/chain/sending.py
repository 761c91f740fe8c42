"""Writes: simulated, signed, journalled, sent, and decided by their receipts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.adapters.chain import fees, finality, rpc, signing, watching
from tasks.adapters.chain.fees import Fees
from tasks.adapters.chain.reader import Header, Reader, Receipt
from tasks.adapters.chain.rpc_errors import RefusedError
from tasks.adapters.chain.watching import Patience, Watched
from tasks.adapters.chain.writes import Write
from tasks.adapters.journal import Attempt, Journal
from tasks.adapters.keys import Signer
from tasks.core.errors import ChainError
from tasks.core.protocol import purposes

_GAS_STEP = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A write with its sender, the journal that keeps it and the purpose that it serves once."""

    write: Write
    signer: Signer
    journal: Journal
    purpose: str


def send(
    chain: Reader,
    write: Write,
    signer: Signer,
    journal: Journal,
    purpose: str,
    timeout_s: float = 60.0,
    cap_wei: int = fees.CAP_WEI,
) -> Receipt:
    """Send a write once, however often this is called; see `send_many`."""
    order = Order(write=write, signer=signer, journal=journal, purpose=purpose)
    return send_many(chain, [order], timeout_s, cap_wei)[0]


def send_many(
    chain: Reader,
    orders: Sequence[Order],
    timeout_s: float = 60.0,
    cap_wei: int = fees.CAP_WEI,
) -> list[Receipt]:
    """Send writes, each at most once by its purpose, and wait for their receipts.

    What the journal holds already is sent again as the same bytes, not signed anew. The new ones
    are simulated at the latest block, so none may depend on another of the same call. They are
    sent in the order given; a transaction that reverts does not hold up the others.

    Args:
        chain: where to.
        orders: what, from whom, what for.
        timeout_s: how long to wait for the receipts.
        cap_wei: most that a unit of gas may cost, replacements included.

    Returns:
        The receipts, in the order of `orders`; every one succeeded, and counts.

    Raises:
        ChainError: if a simulation or a transaction reverts (with the reason and the purpose),
            a nonce was used by another transaction, an account cannot pay, the chain asks more
            than the cap, or a receipt does not come in time.
    """
    patience = Patience(timeout_s=timeout_s, cap_wei=cap_wei)
    nonces = finality.nonces(chain, [order.signer.address for order in orders])
    _finish_unsettled(chain, orders, nonces, patience)
    watched = _known(chain, orders)
    fresh = [position for position in range(len(orders)) if position not in watched]
    signed = _sign(chain, [orders[position] for position in fresh], nonces, cap_wei)
    watching.reach("signed", signed)
    watching.post(chain, signed)
    watching.reach("sent", signed)
    watched |= dict(zip(fresh, signed, strict=True))
    in_order = [watched[position] for position in range(len(orders))]
    watching.watch(chain, in_order, patience)
    return [_succeeded(order, each) for order, each in zip(orders, in_order, strict=True)]


def use_up(
    chain: Reader, signer: Signer, journal: Journal, nonces: Sequence[int], cap_wei: int
) -> list[Watched]:
    """Sign and keep, for each of these nonces, a transaction that does nothing but use it up.

    Args:
        chain: where to.
        signer: whose nonces.
        journal: has no write under any of them.
        nonces: which.
        cap_wei: most that a unit of gas may cost.

    Raises:
        ChainError: if the account cannot pay, or the chain asks more than the cap.
    """
    orders = [
        Order(
            write=Write(to=signer.address, data=b"", what=f"use up nonce {nonce}"),
            signer=signer,
            journal=journal,
            purpose=purposes.use_up(nonce),
        )
        for nonce in nonces
    ]
    if not orders:
        return []
    group = list(zip(orders, _simulate(chain, orders), strict=True))
    header = chain.header()
    offered = fees.offered(header.base_fee_wei, cap_wei)
    return _sign_group(chain, header, group, nonces[0], offered, nonces)


def _finish_unsettled(
    chain: Reader, orders: Sequence[Order], nonces: Mapping[str, int], patience: Patience
) -> None:
    """Send again what the orders' senders signed before and learn what became of it.

    After a crash nobody knows whether a signed transaction was sent; its nonce must be used up
    before the next. So must that of one that a reorg threw out: the chain has fewer then.
    """
    watched = []
    for order in {(id(each.journal), each.signer.address): each for each in orders}.values():
        sender = order.signer.address
        found = order.journal.settled_from(chain.chain_id, sender, nonces[sender])
        found += order.journal.unsettled(chain.chain_id, sender)
        found.sort(key=lambda entry: entry.nonce)
        watched += [
            Watched(journal=order.journal, signer=order.signer, entry=entry) for entry in found
        ]
    watching.watch(chain, watched, patience)


def _known(chain: Reader, orders: Sequence[Order]) -> dict[int, Watched]:
    """Return the writes that the journals hold, by their position in the orders."""
    watched = {}
    for position, order in enumerate(orders):
        entry = order.journal.find(chain.chain_id, order.signer.address, order.purpose)
        if entry is not None:
            watched[position] = Watched(journal=order.journal, signer=order.signer, entry=entry)
    return watched


def _simulate(chain: Reader, orders: Sequence[Order]) -> list[int]:
    requests = [[order.write.request(order.signer.address), "latest"] for order in orders]
    answers = chain.rpc.batch("eth_estimateGas", requests)
    limits = []
    for order, answer in zip(orders, answers, strict=True):
        if isinstance(answer, RefusedError):
            raise ChainError(f"{order.write.what}: {answer}") from answer
        # A quarter on top: others' transactions may come before and change what it costs.
        gas = rpc.quantity(answer, "an estimate of gas") * 5 // 4
        limits.append((gas // _GAS_STEP + 1) * _GAS_STEP)
    return limits


def _sign(
    chain: Reader, orders: Sequence[Order], nonces: Mapping[str, int], cap_wei: int
) -> list[Watched]:
    if not orders:
        return []
    limits = _simulate(chain, orders)
    header = chain.header()
    offered = fees.offered(header.base_fee_wei, cap_wei)
    groups: dict[tuple[int, str], list[int]] = {}
    for position, order in enumerate(orders):
        groups.setdefault((id(order.journal), order.signer.address), []).append(position)
    signed: dict[int, Watched] = {}
    for (_, sender), positions in groups.items():
        group = {position: (orders[position], limits[position]) for position in positions}
        watched = _sign_group(chain, header, list(group.values()), nonces[sender], offered)
        signed |= dict(zip(group, watched, strict=True))
    return [signed[position] for position in range(len(orders))]


def _sign_group(
    chain: Reader,
    header: Header,
    orders: Sequence[tuple[Order, int]],
    chain_nonce: int,
    offered: Fees,
    nonces: Sequence[int] = (),
) -> list[Watched]:
    def sign(position: int, nonce: int) -> Attempt:
        order, gas = orders[position]
        return signing.first(
            order.signer,
            order.write,
            chain_id=chain.chain_id,
            nonce=nonce,
            gas=gas,
            fees=offered,
        )

    order, _ = orders[0]
    purposes = [each.purpose for each, _ in orders]
    entries = order.journal.record(
        chain.chain_id, order.signer.address, chain_nonce, purposes, sign, header.number, nonces
    )
    return [Watched(journal=order.journal, signer=order.signer, entry=entry) for entry in entries]


def _succeeded(order: Order, watched: Watched) -> Receipt:
    receipt = watched.receipt
    if receipt is None or not receipt.succeeded:
        raise ChainError(f"{order.write.what}: transaction {watched.entry.hash} reverted")
    return receipt
