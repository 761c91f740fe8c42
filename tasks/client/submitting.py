"""Submit a file: read it as intake does, choose the stake, commit, deliver, tell of it."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import round_states, sandbox
from tasks.adapters.lake import Lake
from tasks.client import entering, live, rounds
from tasks.client.modeller import Client, Entry
from tasks.client.plans import Plan
from tasks.core.errors import InputError
from tasks.core.money import decimals
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import places
from tasks.core.protocol.documents.receipts import Receipt
from tasks.core.protocol.round_state import RoundState

_POLL_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What a submission came to.

    Attributes:
        at_risk: wei.
        nonce: counts the model's entries into this round.
        commitment: hex; None for one that was only tried.
        transaction: the hash of the entry's; None for one that was only tried.
        delivered: where the sealed file is: a path, or `the chain's log`.
        new: whether this run began it, and not an earlier one.
        receipt: what intake made of it; None until it has looked.
    """

    round_id: RoundId
    closes: int
    model: str
    predictions: int
    at_risk: Wei
    nonce: int | None = None
    commitment: str | None = None
    transaction: str | None = None
    delivered: str | None = None
    new: bool = True
    receipt: Receipt | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it; the amount is a string, for it exceeds 2^53."""
        receipt = None if self.receipt is None else self.receipt.to_document()
        return asdict(self) | {"at_risk": str(self.at_risk), "receipt": receipt}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks for.

    Attributes:
        round: a number, or `current`.
        file: Parquet or CSV with the columns id and prediction.
        at_risk: the stake; None for the share that entering gives it.
        on_chain: deliver by a transaction.
        dry: only say what would be done.
        wait_s: how long to wait for the receipt of intake.
    """

    round: str
    file: Path
    at_risk: Wei | None = None
    on_chain: bool = False
    dry: bool = False
    wait_s: float = 0.0


def submit(client: Client, wish: Wish) -> Submitted:
    """Enter a file into a round; the same again finishes what a killed run began.

    Raises:
        SubmissionError: if the file breaks a rule.
        InputError: if no such round takes entries, or the stake cannot be had.
        ChainError: if the chain refuses.
    """
    chain = client.chain
    source = round_states.latest(chain, None)
    found = rounds.chosen(round_states.read(source), wish.round, source.header.timestamp)
    opened = live.read(chain, client.lake, found.round_id)
    values = _read(opened.ids, wish.file)
    at_risk = _stake(client, found, wish.at_risk)
    tried = Submitted(
        round_id=found.round_id,
        closes=found.closes,
        model=client.model.hex(),
        predictions=len(values),
        at_risk=at_risk,
    )
    if wish.dry:
        return tried
    _require_gas(client)
    before = client.plans.find(found.round_id)
    entry = Entry(ids=opened.ids, values=values, at_risk=at_risk)
    (plan,) = entering.enter([client], found.round_id, {client.name: entry}, on_chain=wish.on_chain)
    told = _told(client, plan, tried, wish.on_chain, new=plan != before)
    return replace(told, receipt=_receipt(client.lake, client.model, plan, wish.wait_s))


def _read(ids: Sequence[str], file: Path) -> NDArray[np.float64]:
    with sandbox.pool(ids) as pool:
        return pool.read(file)


def _stake(client: Client, found: RoundState, wanted: Wei | None) -> Wei:
    """Return what to put at risk; free stake is only needed for what is not locked yet."""
    if wanted is None:
        return entering.stake_of(client, found.round_id)
    tournament = client.chain.tournament
    locked, free = tournament.locked(found.round_id, client.model), tournament.free(client.model)
    if wanted < found.smallest_stake:
        raise InputError(
            f"{decimals.tokens_exactly(wanted)} tokens at risk: the smallest stake of round "
            f"{found.round_id} is {decimals.tokens_exactly(found.smallest_stake)}"
        )
    if wanted < locked:
        raise InputError(
            f"{decimals.tokens_exactly(wanted)} tokens at risk: they are "
            f"{decimals.tokens_exactly(locked)} already and may only rise"
        )
    if wanted - locked > free:
        raise InputError(
            f"{decimals.tokens_exactly(wanted)} tokens at risk need "
            f"{decimals.tokens_exactly(wanted - locked)} free ones, {client.name} has "
            f"{decimals.tokens_exactly(free)}: deposit more, or wait until a round settles"
        )
    return wanted


def _require_gas(client: Client) -> None:
    """Refuse to sign what nobody could pay for."""
    owner = client.signer.address
    if not client.chain.gas_wei(owner):
        raise InputError(
            f"the account {owner} has nothing to pay gas with: the operator gives some by "
            f"`erarium grant {owner}`"
        )


def _told(client: Client, plan: Plan, tried: Submitted, on_chain: bool, *, new: bool) -> Submitted:
    return replace(
        tried,
        at_risk=plan.at_risk,
        nonce=plan.nonce,
        commitment=plan.commitment.hex(),
        transaction=client.entry_hash(plan),
        delivered="the chain's log" if on_chain else str(client.inbox(plan)),
        new=new,
    )


def _receipt(lake: Lake, model: bytes, plan: Plan, wait_s: float) -> Receipt | None:
    """Return what intake has published of an entry, the mended receipt before the first."""
    deadline = time.monotonic() + wait_s
    while True:
        mended = lake.seek(places.mended_receipt(model, plan.round_id, plan.nonce))
        found = mended or lake.seek(places.receipt(model, plan.round_id, plan.nonce))
        if found is not None or time.monotonic() >= deadline:
            return found
        time.sleep(_POLL_S)
