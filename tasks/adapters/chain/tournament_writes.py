"""The tournament's writes: one builder a function of the contract."""

from collections.abc import Sequence
from typing import Any, Protocol

from tasks.adapters.chain.codec import Interface
from tasks.adapters.chain.writes import Write
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol.terms import Parameters, Terms


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


class TournamentWrites:
    """Builders of transactions to one tournament; nothing here talks to a chain."""

    def __init__(self, address: str, interface: Interface) -> None:
        """Use the contract at an address."""
        self.address = address
        self._interface = interface

    def deposit(self, owner: str, name: str, amount: Wei) -> Write:
        """Return the write that adds the sender's tokens to a model, or to a purse if unnamed."""
        return self._write(
            f"deposit {amount} wei to {name or 'a purse'}", "deposit", owner, name, amount
        )

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

    def record_book(self, round_id: RoundId, digest: bytes, uri: str) -> Write:
        """Return the operator's write that records a round's book."""
        return self._write(f"book round {round_id}", "record_book", round_id, digest, uri)

    def propose(
        self, round_id: RoundId, root: bytes, table: bytes, targets: bytes, uri: str
    ) -> Write:
        """Return the write that proposes a round's settlement."""
        arguments = (round_id, root, table, targets, uri)
        return self._write(f"propose round {round_id}", "propose", *arguments)

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

    def _write(self, what: str, name: str, *arguments: Any) -> Write:
        return Write(to=self.address, data=self._interface.call(name, *arguments), what=what)


def _leaf(leaf: Leaf) -> tuple[bytes, int, int]:
    return leaf.model, leaf.return_nano, leaf.profit_nano
