"""A tournament's contract that says what a test tells it, and a round's documents in a lake."""

from types import SimpleNamespace
from typing import Any

from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import places, status
from tasks.core.protocol.documents.results import DayScores
from tasks.core.protocol.round_facts import Proposal, RoundFacts
from tasks.core.protocol.terms import Parameters, Terms
from tasks.core.scoring import registry
from tests import documents

NOW, HOUR = 1_000_000, 3_600
OPENS, CLOSES, BOOK_BY, RESOLVES, PROPOSE_BY = (NOW + n * HOUR for n in (1, 2, 3, 10, 20))
FINAL_AT, RULE_BY = NOW + 12 * HOUR, NOW + 30 * HOUR
PARAMETERS = Parameters(
    arbiter="0x" + "00" * 20, exclusive=0, challenge=HOUR, ruling=2 * HOUR, claim=HOUR,
    bond_bps=100, bond_floor=Wei(0), duty_bond=Wei(0), round_share_bps=0, week_share_bps=0,
)  # fmt: skip
TERMS = Terms(
    opens=OPENS, closes=CLOSES, book_by=BOOK_BY, resolves=RESOLVES, propose_by=PROPOSE_BY,
    threshold=Wei(0), smallest_stake=Wei(WAD), clip_nano=250_000_000,
    profit_clip_nano=0, key=bytes(32), data=bytes(32), id_map=bytes(32), scoring=bytes(32),
)  # fmt: skip
MODELS = {f"{number:02x}" * 32: name for number, name in enumerate(("ann", "bob", "cid"), start=1)}
ANN, BOB, CID = MODELS


AT = {
    status.SCHEDULED: NOW,
    status.OPEN: OPENS,
    status.CLOSED: CLOSES,
    status.BOOKED: BOOK_BY,
    status.RESOLVING: RESOLVES,
    status.PROPOSED: RESOLVES + HOUR,
    status.CHALLENGED: RESOLVES + HOUR,
    status.FINAL: FINAL_AT,
    status.ABANDONED: PROPOSE_BY,
}
"""A time at which a round of `facts` has each status."""


def facts(state, **changes):
    """Return what the contract holds of a round that has a status at `AT`, or changed."""
    booked = state not in (status.SCHEDULED, status.OPEN, status.CLOSED)
    fields = {
        "config": bytes(32), "operator": "0x" + "00" * 20, "parameters": PARAMETERS,
        "terms": TERMS, "duty_bond": 0, "entrants": 3, "at_risk": 30 * WAD, "locked": 30 * WAD,
        "head": bytes(32), "book": bytes(32), "booked": booked,
        "factors": (WAD, 0) if booked else (0, 0), "reserves": (0, 0), "targets": bytes(32),
        "proposal": proposal(state), "abandoned": False,
    }  # fmt: skip
    return RoundFacts(**fields | changes)


def proposal(state):
    return Proposal(
        proposer="0x" + "00" * 20, challenger="0x" + "00" * 20, root=bytes(32), bond=Wei(0),
        final_at=FINAL_AT if state in (status.PROPOSED, status.FINAL) else 0,
        rule_by=RULE_BY if state == status.CHALLENGED else 0,
    )  # fmt: skip


class Contract:
    """Rounds with facts and events; a log that a test did not prepare is empty."""

    def __init__(self, **states):
        self.states = {RoundId(int(name[1:])): state for name, state in states.items()}
        self.changes: dict[int, dict[str, Any]] = {}
        self.events: dict[tuple[str, int], list[Any]]
        self.events = {("booked", number): [event("0x0b", BOOK_BY - 1)] for number in self.states}

    def opened(self, block="latest"):
        return [event("0x0a", NOW, round=number) for number in self.states]

    def rounds(self, block="latest"):
        return sorted(self.states)

    def facts(self, number, block="latest"):
        return facts(self.states[number], **self.changes.get(number, {}))

    def facts_many(self, rounds, block="latest"):
        return {number: self.facts(number) for number in rounds}

    def pool(self, leg, block="latest"):
        return 5_000 * WAD

    def __getattr__(self, name):
        if name not in (
            "booked",
            "proposed",
            "challenged",
            "ruled",
            "settled",
            "released",
            "entered",
        ):
            raise AttributeError(name)
        return lambda number, *others: self.events.get((name, number), [])


def event(transaction, at, **fields):
    return SimpleNamespace(transaction=transaction, timestamp=at, block=1, log_index=0, **fields)


def settled(model, payout, burn, return_nano=0):
    return event(
        f"0x{model[:2]}", FINAL_AT + 5, model=bytes.fromhex(model), payout=payout, burn=burn,
        return_nano=return_nano, profit_nano=0,
    )  # fmt: skip


def chain(contract, now=None):
    """Return a chain with the contract, at a time or when its rounds have their statuses."""
    at = max(AT[state] for state in contract.states.values()) if now is None else now
    header = SimpleNamespace(number=7, timestamp=at)
    return SimpleNamespace(
        tournament=contract, now=lambda: at, header=lambda block="latest": header
    )


def publish(lake, number, reasons=None, duplicates=None):
    """Publish a round's opening and its book; a model with a reason is rejected."""
    reasons = reasons or {}
    rows = [documents.row(model, name, reasons.get(name)) for model, name in MODELS.items()]
    lake.publish(places.opening(number), documents.opening(number))
    lake.publish(places.book(number), documents.book(number, rows, duplicates))


def scores(number, **nanos):
    """Return a round's scores: CORR, MMC and BMC of each model are the same."""
    ids = {name: model for model, name in MODELS.items()}
    rows = {ids[name]: dict.fromkeys(registry.names(), nano) for name, nano in nanos.items()}
    blends = {"benchmark": 1_000, "equal_weight": None, "meta_model": 20_000_000}
    return documents.scores(number, rows, blends)


def day_scores(number, days, of=20, **nanos):
    """Return a round's provisional scores, by the return over so many days."""
    return DayScores(scores=scores(number, **nanos), days=days, of=of)
