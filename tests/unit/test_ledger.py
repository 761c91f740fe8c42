"""The ledger's table of events: nothing that the contract logs is passed over unseen."""

from dataclasses import dataclass
from typing import Any

import pytest

from contracts import loader
from tasks.core.money.units import Wei
from tasks.core.protocol import events, identity, ledger
from tasks.core.protocol.ledger import Ledger, LedgerError

PLACE: dict[str, Any] = {"block": 1, "log_index": 0, "transaction": "0x", "timestamp": 0}
OWNER = "0x" + "ab" * 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed(events.Event):
    """An event that no version of the contract has."""

    amount: Wei


def deposited(amount):
    model = identity.model_id(OWNER, "m")
    return events.Deposited(
        model=model, owner=OWNER, name="m", payer=OWNER, amount=Wei(amount), **PLACE
    )


def test_ledger__every_event_of_the_contract__is_applied_or_said_to_move_nothing():
    logged = {part["name"] for part in loader.load("tournament").abi if part["type"] == "event"}

    known = {kind.__name__ for kind in events.KINDS}

    assert known == logged
    assert set(events.KINDS) == set(ledger.APPLIED) | ledger.MOVING_NOTHING
    assert not set(ledger.APPLIED) & ledger.MOVING_NOTHING


def test_apply_all__event_that_is_unknown__is_refused():
    replayed = Ledger()

    with pytest.raises(LedgerError, match="event Taxed is unknown"):
        replayed.apply_all([deposited(7), Taxed(amount=Wei(7), **PLACE)])

    assert replayed.total() == 7


def test_apply_all__event_that_moves_nothing__changes_no_balance():
    replayed = Ledger()

    replayed.apply_all([deposited(7), events.OperatorSet(operator=OWNER, **PLACE)])

    assert replayed.total() == 7
