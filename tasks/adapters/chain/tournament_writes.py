"""The tournament's writes: one builder a function of the contract."""

from collections.abc import Sequence
from typing import Protocol

from tasks.adapters.chain.contract import Contract
from tasks.adapters.chain.writes import Write
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol.signed_entries import SignedEntry
from tasks.core.protocol.terms import Parameters, Terms
from tasks.core.protocol.typed_data import Signature


class Leaf(Protocol):
    """A row of a round's table, as far as the contract takes it."""

    @property
    def model(self) -> bytes:
        """Return the model's id."""

    @property
    def return_nano(self) -> int:
        """Return the stake leg's return."""

    @property
    def profit_nano(self) -> int:
        """Return the profit leg's return."""


class TournamentWrites(Contract):
    """Builders of transactions to one tournament; nothing here talks to a chain."""

    def deposit(self, owner: str, name: str, amount: Wei) -> Write:
        """Return the write that adds the sender's tokens to a model, or to a purse if unnamed."""
        return self._write(
            f"deposit {amount} wei to {name or 'a purse'}", "deposit", owner, name, amount
        )

    def deposit_with_permit(
        self, owner: str, name: str, amount: Wei, deadline: int, signature: Signature
    ) -> Write:
        """Return the write that deposits by the sender's permit, without an allowance before."""
        what = f"deposit {amount} wei to {name or 'a purse'} by permit"
        signed = (signature.v, signature.r, signature.s)
        return self._write(what, "deposit_with_permit", owner, name, amount, deadline, *signed)

    def withdraw(self, name: str, amount: Wei) -> Write:
        """Return the write that pays free stake of the sender's model out."""
        return self._write(f"withdraw {amount} wei from {name}", "withdraw", name, amount)

    def fund(self, leg: int, amount: Wei) -> Write:
        """Return the write that gives the sender's tokens to a pool."""
        return self._write(f"fund leg {leg} with {amount} wei", "fund", leg, amount)

    def open_round(self, round_id: RoundId, terms: Terms) -> Write:
        """Return the operator's write that opens a round."""
        return self._write(f"open round {round_id}", "open_round", round_id, terms.to_abi())

    def enter(
        self, round_id: RoundId, name: str, at_risk: Wei, commitment: bytes, nonce: int
    ) -> Write:
        """Return the write that enters the sender's model or replaces its entry."""
        arguments = (round_id, name, at_risk, commitment, nonce)
        return self._write(f"enter {name} into round {round_id}", "enter", *arguments)

    def enter_many(self, round_id: RoundId, entries: Sequence[SignedEntry]) -> Write:
        """Return the write that enters models by their owners' signatures, skipping bad ones."""
        what = f"enter {len(entries)} signed entries into round {round_id}"
        return self._write(what, "enter_many", round_id, [entry.to_abi() for entry in entries])

    def deliver(self, round_id: RoundId, name: str, sealed: bytes) -> Write:
        """Return the write that logs a sealed file of the sender's model."""
        what = f"deliver {len(sealed)} bytes of {name} for round {round_id}"
        return self._write(what, "deliver", round_id, name, sealed)

    def record_book(self, round_id: RoundId, digest: bytes, uri: str) -> Write:
        """Return the operator's write that records a round's book."""
        return self._write(f"book round {round_id}", "record_book", round_id, digest, uri)

    def propose(
        self, round_id: RoundId, root: bytes, table: bytes, targets: bytes, uri: str
    ) -> Write:
        """Return the write that proposes a round's settlement."""
        arguments = (round_id, root, table, targets, uri)
        return self._write(f"propose round {round_id}", "propose", *arguments)

    def challenge(self, round_id: RoundId, root: bytes, uri: str) -> Write:
        """Return the write that disputes the root proposed for a round."""
        return self._write(f"challenge round {round_id}", "challenge", round_id, root, uri)

    def rule(self, round_id: RoundId, root: bytes, right: bool, uri: str) -> Write:
        """Return the arbiter's write that says whether a challenged root is right."""
        what = f"rule the root of round {round_id} {'right' if right else 'wrong'}"
        return self._write(what, "rule", round_id, root, right, uri)

    def settle(self, round_id: RoundId, leaf: Leaf, proof: Sequence[bytes]) -> Write:
        """Return the write that settles one leaf."""
        return self._write(
            f"settle a leaf of round {round_id}", "settle", round_id, _leaf(leaf), list(proof)
        )

    def settle_many(
        self, round_id: RoundId, leaves: Sequence[Leaf], proofs: Sequence[Sequence[bytes]]
    ) -> Write:
        """Return the write that settles at most 64 leaves and passes over bad ones."""
        rows = [_leaf(leaf) for leaf in leaves]
        what = f"settle {len(rows)} leaves of round {round_id}"
        return self._write(what, "settle_many", round_id, rows, [list(proof) for proof in proofs])

    def release(self, round_id: RoundId, model: bytes) -> Write:
        """Return the write that gives a stake back."""
        return self._write(f"release a stake of round {round_id}", "release", round_id, model)

    def release_many(self, round_id: RoundId, models: Sequence[bytes]) -> Write:
        """Return the write that gives at most 64 stakes back and passes over bad ones."""
        what = f"release {len(models)} stakes of round {round_id}"
        return self._write(what, "release_many", round_id, list(models))

    def abandon(self, round_id: RoundId) -> Write:
        """Return the write that books a round's abandonment."""
        return self._write(f"abandon round {round_id}", "abandon", round_id)

    def sweep(self) -> Write:
        """Return the write that burns what rounds have burned."""
        return self._write("sweep the burns", "sweep")

    def set_operator(self, operator: str) -> Write:
        """Return the owner's write that names who opens the next rounds."""
        return self._write(f"make {operator} the operator", "set_operator", operator)

    def set_parameters(self, parameters: Parameters) -> Write:
        """Return the owner's write that sets what the next rounds copy."""
        return self._write("set the parameters", "set_parameters", parameters.to_abi())


def _leaf(leaf: Leaf) -> tuple[bytes, int, int]:
    return leaf.model, leaf.return_nano, leaf.profit_nano
