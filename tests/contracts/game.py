"""A tournament on a private chain, with short calls for what its people do."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from typing import Any

import boa
import pytest
from eth_account import Account
from eth_hash.auto import keccak

from contracts import loader
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import identity, merkle
from tasks.core.protocol.terms import Parameters, Terms
from tests.contracts import evm

START = 1_767_225_600
TOKEN = 10**18
STAKE, PROFIT = 0, 1
UNLIMITED = 2**256 - 1
NOBODY = "0x" + "00" * 20
Row = tuple[bytes, int, int]
Entry = tuple[str, str, int, bytes, int, int, int, bytes, bytes]
ENTER = {
    "Enter": [
        {"name": "round", "type": "uint64"},
        {"name": "config", "type": "bytes32"},
        {"name": "model", "type": "bytes32"},
        {"name": "at_risk", "type": "uint256"},
        {"name": "commitment", "type": "bytes32"},
        {"name": "nonce", "type": "uint64"},
        {"name": "deadline", "type": "uint64"},
    ]
}


def parameters(arbiter: str, **changes: Any) -> Parameters:
    """Return a replay's parameters with windows and bonds that can be told apart."""
    return replace(
        Parameters(
            arbiter=arbiter,
            exclusive=100,
            challenge=200,
            ruling=300,
            claim=1_000,
            bond_bps=500,
            bond_floor=Wei(10 * TOKEN),
            duty_bond=Wei(7 * TOKEN),
            round_share_bps=2_000,
            week_share_bps=4_000,
        ),
        **changes,
    )


def terms(opens: int, **changes: Any) -> Terms:
    """Return terms that fit `parameters` exactly: every window is as short as it may be."""
    return replace(
        Terms(
            opens=opens,
            closes=opens + 60,
            book_by=opens + 120,
            resolves=opens + 120,
            propose_by=opens + 120 + 100 + 200 + 300 + 200,
            threshold=Wei(2_000 * TOKEN),
            smallest_stake=Wei(TOKEN),
            clip_nano=250_000_000,
            profit_clip_nano=50_000_000,
            key=b"k" * 32,
            data=b"d" * 32,
            id_map=b"m" * 32,
            scoring=b"s" * 32,
        ),
        **changes,
    )


class Game:
    """One deployment and its people."""

    def __init__(self, **changes: Any) -> None:
        boa.env.timestamp = START
        self.numbers: list[int] = []
        names = ("deployer", "owner", "operator", "arbiter", "stranger", "ann", "bob", "cid")
        self.accounts = {name: Account.from_key(keccak(name.encode())) for name in names}
        self.people = {name: account.address for name, account in self.accounts.items()}
        self.parameters = parameters(self.people["arbiter"], **changes)
        deployer = self.people["deployer"]
        self.token = evm.deploy(
            loader.load("token"), *(10**6 * TOKEN, 2 * 10**6 * TOKEN, 200, NOBODY), sender=deployer
        )
        self.tournament = evm.deploy(
            loader.load("tournament"),
            self.token.address,
            NOBODY,
            self.people["owner"],
            self.people["operator"],
            b"s" * 32,
            astuple(self.parameters),
            sender=deployer,
        )
        for name, address in self.people.items():
            if name != "deployer":
                self.token.transfer(address, 20_000 * TOKEN, sender=deployer)
            self.token.approve(self.tournament.address, UNLIMITED, sender=address)

    def at(self, timestamp: int) -> None:
        """Set the time of the next calls."""
        boa.env.timestamp = timestamp

    def model(self, who: str, name: str = "m") -> bytes:
        """Return a model's id; the empty name is the purse."""
        return identity.model_id(self.people[who], name)

    def deposit(self, who: str, amount: int, name: str | bytes = "m") -> None:
        """Let someone deposit for himself."""
        self.tournament.deposit(self.people[who], name, amount, sender=self.people[who])

    def fund(self, leg: int, amount: int) -> None:
        """Let the stranger give to a pool."""
        self.tournament.fund(leg, amount, sender=self.people["stranger"])

    def open(self, number: int = 1, opens: int | None = None, **changes: Any) -> Terms:
        """Open a round; `changes` are terms."""
        made = terms(boa.env.timestamp if opens is None else opens, **changes)
        self.tournament.open_round(number, astuple(made), sender=self.people["operator"])
        self.numbers.append(number)
        return made

    def enter(
        self, who: str, at_risk: int, number: int = 1, nonce: int = 1, name: str | bytes = "m"
    ) -> None:
        """Enter someone's model."""
        self.tournament.enter(number, name, at_risk, b"c" * 32, nonce, sender=self.people[who])

    def sign(self, who: str, number: int = 1, by: str | None = None, **changes: Any) -> Entry:
        """Return a signed entry as `enter_many` takes it; `by` may sign in the owner's place."""
        entry = {
            "name": "m",
            "at_risk": TOKEN,
            "commitment": b"c" * 32,
            "nonce": 1,
            "deadline": boa.env.timestamp + 1,
        } | changes
        message = {
            "round": number,
            "config": self.tournament.round_facts(number).config,
            "model": self.model(who, entry["name"]),
            **{name: entry[name] for name in ("at_risk", "commitment", "nonce", "deadline")},
        }
        signed = self.accounts[by or who].sign_typed_data(self.domain(), ENTER, message)
        r, s = signed.r.to_bytes(32), signed.s.to_bytes(32)
        return (self.people[who], *entry.values(), signed.v, r, s)

    def domain(self) -> dict[str, Any]:
        """Return the EIP-712 domain of signed entries."""
        return {
            "name": "Erarium tournament",
            "version": "1",
            "chainId": boa.env.evm.patch.chain_id,
            "verifyingContract": self.tournament.address,
            "salt": b"s" * 32,
        }

    def book(self, number: int = 1) -> None:
        """Record a round's book."""
        self.tournament.record_book(number, b"b" * 32, "book", sender=self.people["operator"])

    def propose(
        self, root: bytes, number: int = 1, who: str = "operator", targets: bytes = b"g" * 32
    ) -> None:
        """Propose a root."""
        self.tournament.propose(number, root, b"t" * 32, targets, "table", sender=self.people[who])

    def challenge(self, number: int = 1, who: str = "stranger", root: bytes | None = None) -> None:
        """Challenge a proposal; its own root is named if none is given."""
        self.tournament.challenge(number, self._root(number, root), "mine", sender=self.people[who])

    def rule(
        self, right: bool, number: int = 1, root: bytes | None = None, who: str = "arbiter"
    ) -> None:
        """Rule on a challenged proposal."""
        self.tournament.rule(
            number, self._root(number, root), right, "verdict", sender=self.people[who]
        )

    def _root(self, number: int, root: bytes | None) -> bytes:
        return self.tournament.round_facts(number).proposal.root if root is None else root

    def rows(self, returns: Mapping[str, tuple[int, int]]) -> list[Row]:
        """Return table rows of people's default models, ascending by model."""
        return sorted((self.model(who), *pair) for who, pair in returns.items())

    def settle(self, rows: Sequence[Row], index: int, number: int = 1) -> None:
        """Settle one row by its proof."""
        proof = tree(rows, number).proof(index)
        self.tournament.settle(number, rows[index], proof, sender=self.people["stranger"])

    def status(self, number: int = 1) -> int:
        """Return a round's status."""
        return int(self.tournament.status(number))

    def free(self, who: str, name: str = "m") -> int:
        """Return free stake."""
        return int(self.tournament.free(self.model(who, name)))

    def check_balance(self, donations: int = 0) -> None:
        """Check the balance sheet against the token."""
        t = self.tournament
        in_rounds = sum(map(self.held, self.numbers))
        owed = t.total_free() + t.burnable() + in_rounds + t.pool(STAKE) + t.pool(PROFIT)
        assert t.in_rounds() == in_rounds
        assert self.token.balanceOf(t.address) - donations == t.assets() == owed

    def held(self, number: int) -> int:
        """Return what a round holds: locked stakes, reserves and bonds."""
        facts = self.tournament.round_facts(number)
        sides = 2 if facts.proposal.rule_by > 0 else 1
        bonds = facts.duty_bond + sides * facts.proposal.bond
        return int(facts.locked + sum(facts.reserves) + bonds)


def tree(rows: Sequence[Row], number: int = 1) -> merkle.Tree:
    """Return the tree over some rows."""
    return merkle.Tree([merkle.leaf(RoundId(number), *row) for row in rows])


@contextmanager
def reverts(reason: str):
    """Expect a revert with exactly this reason."""
    with pytest.raises(evm.Reverted) as caught:
        yield
    assert str(caught.value) == f"tournament: {reason}"
