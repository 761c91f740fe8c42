"""A tournament's contract that says what a test tells it, and a round's documents in a lake."""

from types import SimpleNamespace

from tasks.core.money.units import WAD, RoundId
from tasks.core.protocol import places, status
from tasks.core.protocol.documents.results import DayScores
from tasks.core.scoring import registry
from tests import documents

NOW, HOUR = 1_000_000, 3_600
OPENS, CLOSES, BOOK_BY, RESOLVES, PROPOSE_BY = (NOW + n * HOUR for n in (1, 2, 3, 10, 20))
FINAL_AT, RULE_BY = NOW + 12 * HOUR, NOW + 30 * HOUR
MODELS = {f"{number:02x}" * 32: name for number, name in enumerate(("ann", "bob", "cid"), start=1)}
ANN, BOB, CID = MODELS


class Contract:
    """Rounds with a status, facts and events; a read that a test did not prepare is empty."""

    def __init__(self, **states):
        self.states = {RoundId(int(name[1:])): state for name, state in states.items()}
        self.changes = {}
        self.events = {}

    def opened(self, block="latest"):
        return [event("0x0a", NOW, round=number) for number in self.states]

    def status(self, number, block="latest"):
        return self.states.get(number, status.NONE)

    def facts(self, number, block="latest"):
        booked = self.status(number) not in (status.SCHEDULED, status.OPEN, status.CLOSED)
        facts = {
            "abandoned": False,
            "booked": booked,
            "entrants": 3,
            "at_risk": 30 * WAD,
            "locked": 30 * WAD,
            "factor": WAD if booked else 0,
            "parameters": SimpleNamespace(claim=HOUR),
            "proposal": SimpleNamespace(final_at=FINAL_AT, rule_by=RULE_BY, root=bytes(32)),
            "terms": terms(),
        }
        return SimpleNamespace(**facts | self.changes.get(number, {}))

    def final_at(self, number, block="latest"):
        return FINAL_AT

    def finals(self, block="latest"):
        return {}

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


def terms():
    return SimpleNamespace(
        opens=OPENS, closes=CLOSES, book_by=BOOK_BY, resolves=RESOLVES, propose_by=PROPOSE_BY,
        clip_nano=250_000_000,
    )  # fmt: skip


def event(transaction, at, **fields):
    return SimpleNamespace(transaction=transaction, timestamp=at, block=1, log_index=0, **fields)


def settled(model, payout, burn, return_nano=0):
    return event(
        f"0x{model[:2]}", FINAL_AT + 5, model=bytes.fromhex(model), payout=payout, burn=burn,
        return_nano=return_nano, profit_nano=0,
    )  # fmt: skip


def chain(contract, now=NOW):
    header = SimpleNamespace(number=7, timestamp=now)
    return SimpleNamespace(tournament=contract, now=lambda: now, header=lambda: header)


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
