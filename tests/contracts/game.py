"""A tournament on a private chain, with short calls for what its people do."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from typing import Any

import boa
import pytest

from contracts import loader
from tasks.core.money.units import RoundId, Wei
from tasks.core.protocol import identity, merkle
from tasks.core.protocol.terms import Parameters, Terms
from tests.contracts import evm

START = 1_767_225_600
TOKEN = 10**18
STAKE, PROFIT = 0, 1
UNLIMITED = 2**256 - 1
Row = tuple[bytes, int, int]


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
        names = ("deployer", "owner", "operator", "arbiter", "stranger", "ann", "bob", "cid")
        self.people = {name: str(boa.env.generate_address(name)) for name in names}
        self.parameters = parameters(self.people["arbiter"], **changes)
        deployer = self.people["deployer"]
        self.token = evm.deploy(loader.load("token"), 10**6 * TOKEN, sender=deployer)
        self.tournament = evm.deploy(
            loader.load("tournament"),
            self.token.address,
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
        return made

    def enter(
        self, who: str, at_risk: int, number: int = 1, nonce: int = 1, name: str | bytes = "m"
    ) -> None:
        """Enter someone's model."""
        self.tournament.enter(number, name, at_risk, b"c" * 32, nonce, sender=self.people[who])

    def book(self, number: int = 1) -> None:
        """Record a round's book."""
        self.tournament.record_book(number, b"b" * 32, "book", sender=self.people["operator"])

    def propose(self, root: bytes, number: int = 1, who: str = "operator") -> None:
        """Propose a root."""
        self.tournament.propose(
            number, root, b"t" * 32, b"g" * 32, "table", sender=self.people[who]
        )

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
        owed = t.total_free() + t.total_locked() + t.bonds() + t.burnable()
        owed += sum(t.pool(leg) + t.reserved(leg) for leg in (STAKE, PROFIT))
        assert self.token.balanceOf(t.address) == owed + donations


def tree(rows: Sequence[Row], number: int = 1) -> merkle.Tree:
    """Return the tree over some rows."""
    return merkle.Tree([merkle.leaf(RoundId(number), *row) for row in rows])


@contextmanager
def reverts(reason: str):
    """Expect a revert with exactly this reason."""
    with pytest.raises(evm.Reverted) as caught:
        yield
    assert str(caught.value) == f"tournament: {reason}"
