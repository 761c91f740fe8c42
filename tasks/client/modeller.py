"""One model's client: its key, its stake, its entries and its sealed files."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import keys
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Receipt
from tasks.adapters.chain.sending import Order
from tasks.adapters.chain.writes import Write
from tasks.adapters.home import Home
from tasks.adapters.journal import Journal
from tasks.adapters.keys import Keystore, Signer
from tasks.adapters.lake import Lake
from tasks.client.live import LiveRound
from tasks.client.plans import Plan, Plans
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import commitments, derive, identity, places, purposes, submissions
from tasks.core.protocol.submissions import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a model wants in a round: its predictions and its stake."""

    ids: Sequence[str]
    values: NDArray[np.float64]
    at_risk: Wei


class Client:
    """What a modeller does to the world; everything here may be killed and repeated."""

    def __init__(
        self, *, name: str, folder: Path, seed: int | None, signer: Signer, chain: Chain, lake: Lake
    ) -> None:
        """Use a model's folder; `open` finds it in a home.

        Args:
            name: the model's name.
            folder: what the model's owner keeps: journal, plans, fitted models.
            seed: what a replay's salts follow from; None for random ones.
            signer: the owner's account.
            chain: where it stakes and commits.
            lake: where it reads data and delivers.
        """
        self.name = identity.check_name(name)
        self.folder = folder
        self.signer = signer
        self.chain = chain
        self.lake = lake
        self.model = identity.model_id(signer.address, name)
        self.journal = Journal(folder / "journal.sqlite")
        self.plans = Plans(folder / "rounds")
        self._seed = seed

    @classmethod
    def open(cls, home: Home, name: str, chain: Chain, lake: Lake) -> Self:
        """Open a model of a home; its key is made when missing."""
        signer, seed = _signer(home, name), home.facts.seed
        folder = home.client(name)
        return cls(name=name, folder=folder, seed=seed, signer=signer, chain=chain, lake=lake)

    @staticmethod
    def address_in(home: Home, name: str) -> str:
        """Return the address of a model's owner, also before there is a chain."""
        return str(_signer(home, name).address)

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()

    def deposit(self, amount: Wei, label: str = "first") -> Receipt:
        """Add the owner's tokens to the model's free stake, once for each label.

        Raises:
            ChainError: if the owner lacks the tokens.
        """
        tournament = self.chain.tournament
        self._send(self.chain.token.approve(tournament.address, amount), purposes.approve(label))
        write = tournament.deposit(self.signer.address, self.name, amount)
        return self._send(write, purposes.move("deposit", label))

    def withdraw(self, amount: Wei, label: str) -> Receipt:
        """Pay free stake of the model out to its owner, once for each label.

        Raises:
            ChainError: if there is not so much of it.
        """
        write = self.chain.tournament.withdraw(self.name, amount)
        return self._send(write, purposes.move("withdraw", label))

    def entry_hash(self, plan: Plan) -> str | None:
        """Return the transaction that entered a plan, or None while none was signed."""
        purpose = _purpose(plan)
        found = self.journal.find(self.chain.chain_id, self.signer.address, purpose)
        return None if found is None else found.hash

    def has_entered(self, round_id: RoundId) -> bool:
        """Return whether the newest plan for a round is delivered and committed to."""
        plan = self.plans.find(round_id)
        if plan is None or self.chain.tournament.nonce(round_id, self.model) != plan.nonce:
            return False
        return self.plans.is_delivered(plan, self.inbox(plan)) or self._is_logged(plan)

    def submitted(self, round_id: RoundId) -> NDArray[np.float64] | None:
        """Return what the newest plan for a round submits, in id order, or None without one."""
        plan = self.plans.find(round_id)
        return None if plan is None else self.plans.submission(plan).values

    def prepare(self, live: LiveRound, entry: Entry) -> Plan:
        """Validate, salt, seal and store an entry; nothing is sent.

        Returns:
            The stored plan if it is the same entry, else a new one with the next nonce.

        Raises:
            SubmissionError: if the predictions break a rule.
            InputError: if the stake is too small, or lower than it was.
        """
        values = submissions.canonical_values(live.ids, entry.ids, entry.values)
        digest = commitments.content_digest(live.ids_hash, values)
        last = self.plans.find(live.round_id)
        if last and (last.digest, last.at_risk) == (digest, entry.at_risk):
            return last
        _check_stake(entry.at_risk, live.terms.smallest_stake, last)
        submission = Submission(
            round_id=live.round_id,
            model=self.model,
            salt=self._salt(live.round_id, last, digest),
            ids_hash=live.ids_hash,
            values=values,
        )
        on_chain = self.chain.tournament.nonce(live.round_id, self.model)
        plan = Plan(
            round_id=live.round_id,
            nonce=1 + max(on_chain, last.nonce if last else 0),
            at_risk=entry.at_risk,
            commitment=self._commitment(submission),
            digest=digest,
        )
        if last and last.commitment == plan.commitment:
            # The same content at a higher stake: its file lies in the inbox already.
            sealed = self.plans.sealed(last)
        else:
            sealed = keys.seal(live.terms.key, submissions.encode(submission))
        return self.plans.store(plan, submission, sealed)

    def order(self, plan: Plan) -> Order:
        """Return the transaction that enters a plan."""
        write = self.chain.tournament.enter(
            plan.round_id, self.name, plan.at_risk, plan.commitment, plan.nonce
        )
        return Order(write=write, signer=self.signer, journal=self.journal, purpose=_purpose(plan))

    def deliver(self, plan: Plan) -> None:
        """Put a plan's sealed file into the operator's inbox, where it may be already.

        Raises:
            LakeError: if another file lies there.
        """
        self.plans.deliver(plan, self.inbox(plan))

    def delivery(self, plan: Plan) -> Order:
        """Return the transaction that delivers a plan's sealed file on the chain.

        Nobody can then say that it was not there, but it costs gas for every byte.

        Raises:
            InputError: if the file is larger than the contract takes.
        """
        sealed = self.plans.sealed(plan)
        if len(sealed) > submissions.MAX_LOGGED_BYTES:
            raise InputError(
                f"{self.name}'s sealed file has {len(sealed)} bytes, the chain takes "
                f"{submissions.MAX_LOGGED_BYTES}: deliver it to the inbox"
            )
        write = self.chain.tournament.deliver(plan.round_id, self.name, sealed)
        purpose = purposes.deliver(plan.round_id, plan.commitment)
        return Order(write=write, signer=self.signer, journal=self.journal, purpose=purpose)

    def inbox(self, plan: Plan) -> Path:
        """Return where a plan's sealed file is delivered."""
        return self.lake.root / places.inbox(self.model, plan.round_id, plan.commitment)

    def _send(self, write: Write, purpose: str) -> Receipt:
        return self.chain.send(write, self.signer, self.journal, purpose=purpose)

    def _is_logged(self, plan: Plan) -> bool:
        sealed = self.plans.sealed(plan)
        tournament, last = self.chain.tournament, self.chain.header().number
        first = tournament.opening(plan.round_id, last).block
        logged = tournament.delivered(plan.round_id, [self.model], first, last)
        return any(each.sealed == sealed for each in logged)

    def _salt(self, round_id: RoundId, last: Plan | None, digest: bytes) -> bytes:
        """Return a salt; the same content keeps its own, and with it the commitment's date."""
        if last and last.digest == digest:
            return self.plans.submission(last).salt
        if self._seed is None:
            return secrets.token_bytes(32)
        return derive.derive(self._seed, f"salt/{self.name}/{round_id}")

    def _commitment(self, submission: Submission) -> bytes:
        return commitments.commitment(
            self.chain.deployment.salt,
            submission.round_id,
            self.model,
            self.signer.address,
            submission.salt,
            submission.digest,
        )


def _purpose(plan: Plan) -> str:
    return purposes.enter(plan.round_id, plan.nonce)


def _check_stake(at_risk: Wei, smallest: Wei, last: Plan | None) -> None:
    if at_risk < smallest:
        raise InputError(f"{at_risk} wei at risk: the round's smallest stake is {smallest} wei")
    if last and at_risk < last.at_risk:
        raise InputError(f"{at_risk} wei at risk: it was {last.at_risk} and may only rise")


def _signer(home: Home, name: str) -> Signer:
    store = Keystore(
        folder=home.client(name) / "keys",
        kind=home.facts.kind,
        seed=home.facts.seed,
        scope=f"client/{name}",
    )
    return store.signer("owner")
