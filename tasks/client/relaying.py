"""Relaying: entries that their owners sign are handed in by anybody, who pays for the gas."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.sending import Order
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Signer
from tasks.client.modeller import Client
from tasks.client.plans import Plan
from tasks.core.errors import ChainError, InputError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import batches, purposes, typed_data
from tasks.core.protocol.events import Entered, Skipped
from tasks.core.protocol.signed_entries import SignedEntry
from tasks.core.protocol.typed_data import (
    Enter,
    Permit,
    Signature,
    TokenDomain,
    TournamentDomain,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an entry: it stands in the chain's log, or the reason why not."""

    entry: SignedEntry
    reason: str | None

    @property
    def landed(self) -> bool:
        """Say whether the chain has the entry."""
        return self.reason is None


def sign_entry(signer: Signer, domain: TournamentDomain, name: str, message: Enter) -> SignedEntry:
    """Sign an entry of the signer's model, for a relayer to hand in.

    Args:
        signer: the model's owner.
        domain: the tournament that it is for.
        name: the model's name.
        message: the entry.
    """
    return SignedEntry(
        round_id=message.round_id,
        owner=signer.address,
        name=name,
        at_risk=message.at_risk,
        commitment=message.commitment,
        nonce=message.nonce,
        deadline=message.deadline,
        signature=signer.sign_digest(typed_data.enter_digest(domain, message)),
    )


def sign_plan(client: Client, plan: Plan, deadline: int) -> SignedEntry:
    """Sign the entry that a client has prepared, under the terms that its round has now.

    Deliver the sealed file before the entry leaves: whoever sees the commitment knows where the
    file is expected.

    Args:
        client: the model's.
        plan: a plan of its.
        deadline: the first second in which it no longer counts.
    """
    chain = client.chain
    message = Enter(
        round_id=plan.round_id,
        config=chain.tournament.facts(plan.round_id).config,
        model=client.model,
        at_risk=plan.at_risk,
        commitment=plan.commitment,
        nonce=plan.nonce,
        deadline=deadline,
    )
    return sign_entry(client.signer, tournament_domain(chain), client.name, message)


def sign_permit(chain: Chain, signer: Signer, amount: Wei, deadline: int) -> Signature:
    """Sign that the tournament may take an amount of the signer's tokens.

    Args:
        chain: with the token and the tournament.
        signer: the holder, who sends the deposit himself.
        amount: what he deposits.
        deadline: the last second in which it counts.
    """
    domain = TokenDomain(chain_id=chain.chain_id, contract=chain.token.address)
    permit = Permit(
        owner=signer.address,
        spender=chain.tournament.address,
        amount=amount,
        nonce=chain.token.nonce(signer.address),
        deadline=deadline,
    )
    return signer.sign_digest(typed_data.permit_digest(domain, permit))


def tournament_domain(chain: Chain) -> TournamentDomain:
    """Return what entries into a chain's tournament are signed for."""
    deployment = chain.deployment
    return TournamentDomain(
        chain_id=chain.chain_id, contract=deployment.tournament, salt=deployment.salt
    )


def relay(
    chain: Chain,
    signer: Signer,
    journal: Journal,
    round_id: RoundId,
    entries: Sequence[SignedEntry],
) -> list[Outcome]:
    """Hand signed entries in, at most 64 a transaction, and say what became of each.

    An entry that no call could carry is refused here without holding up the others; one that
    the chain has already is not sent again.

    Args:
        chain: where to.
        signer: who pays for the gas.
        journal: his.
        round_id: an open round.
        entries: for that round, in the order in which they are to be handed in.

    Returns:
        An outcome an entry, in their order.

    Raises:
        ChainError: if the round is not open, or the chain refuses.
    """
    refused = [_refusal(entry, round_id) for entry in entries]
    block = chain.header().number
    sound = {at: entry for at, entry in enumerate(entries) if refused[at] is None}
    known = _landed(chain, round_id, list(sound.values()))
    handed = {at: entry for at, entry in sound.items() if _key(entry) not in known}
    skipped = _hand_in(chain, signer, journal, round_id, block, handed)
    known |= {_key(event) for event in chain.tournament.entered(round_id, from_block=block)}
    known |= _landed(chain, round_id, [each for each in handed.values() if _key(each) not in known])
    outcomes = []
    for place, (entry, reason) in enumerate(zip(entries, refused, strict=True)):
        # Another relayer may have come before: then ours was skipped, but the entry stands.
        if reason is None and _key(entry) not in known:
            reason = skipped[place]
        outcomes.append(Outcome(entry=entry, reason=reason))
    return outcomes


def _refusal(entry: SignedEntry, round_id: RoundId) -> str | None:
    if entry.round_id != round_id:
        return f"entry of {entry.name!r}: signed for round {entry.round_id}, not {round_id}"
    try:
        entry.check()
    except InputError as error:
        return str(error)
    return None


def _hand_in(
    chain: Chain,
    signer: Signer,
    journal: Journal,
    round_id: RoundId,
    block: int,
    entries: Mapping[int, SignedEntry],
) -> dict[int, str]:
    """Send entries by batches; return why the contract skipped those that it did."""
    parts = list(batches.of(list(entries)))
    # An entry counts once by its nonce. The purpose has to differ from that of an earlier try,
    # after which what the entry lacked may have come.
    orders = []
    for batch in parts:
        write = chain.tournament.enter_many(round_id, [entries[place] for place in batch])
        purpose = purposes.relay(round_id, block, hashlib.sha256(write.data).hexdigest())
        orders.append(Order(write=write, signer=signer, journal=journal, purpose=purpose))
    receipts = chain.send_many(orders)
    logged = _reasons(chain, round_id, block)
    skipped: dict[int, str] = {}
    for batch, receipt in zip(parts, receipts, strict=True):
        # The contract logs one event an entry, in their order.
        reasons = logged.get(receipt.hash, [])
        if len(reasons) != len(batch):
            raise ChainError(f"the log of {receipt.hash} does not tell {len(batch)} entries' fate")
        skipped |= {at: why for at, why in zip(batch, reasons, strict=True) if why is not None}
    return skipped


def _reasons(chain: Chain, round_id: RoundId, since: int) -> dict[str, list[str | None]]:
    """Return, for each transaction with entries, why they were skipped; None for one that stood.

    Only the log from the block `since` is read: all of it for every batch would be quadratic.
    """
    tournament = chain.tournament
    events: list[Entered | Skipped] = [
        *tournament.entered(round_id, from_block=since),
        *tournament.skipped(round_id, from_block=since),
    ]
    reasons: dict[str, list[str | None]] = {}
    for event in sorted(events, key=lambda each: (each.block, each.log_index)):
        reason = event.reason if isinstance(event, Skipped) else None
        reasons.setdefault(event.transaction, []).append(reason)
    return reasons


def _landed(
    chain: Chain, round_id: RoundId, entries: Sequence[SignedEntry]
) -> set[tuple[bytes, int, bytes, int]]:
    """Return the entries of some models that the chain has, of those that could be among them."""
    models = sorted({entry.model for entry in entries})
    nonces = dict(zip(models, chain.tournament.nonces_many(round_id, models), strict=True))
    known = sorted({entry.model for entry in entries if nonces[entry.model] >= entry.nonce})
    logs = [chain.tournament.entered(round_id, model=model) for model in known]
    return {_key(event) for log in logs for event in log}


def _key(entry: SignedEntry | Entered) -> tuple[bytes, int, bytes, int]:
    return entry.model, entry.at_risk, entry.commitment, entry.nonce
