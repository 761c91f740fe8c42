"""One round in full, and all resolved rounds as series: plain data for pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.adapters import round_states
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Block
from tasks.adapters.lake import Lake
from tasks.adapters.plots import Band
from tasks.core import wording
from tasks.core.money import payouts
from tasks.core.money.units import NANO, WAD, RoundId, Wei
from tasks.core.protocol import book, places, round_state, scores
from tasks.core.protocol.documents.results import Results, Scores
from tasks.core.protocol.events import Event
from tasks.core.protocol.round_facts import RoundFacts
from tasks.core.protocol.round_state import Outcome, RoundState
from tasks.core.scoring import registry
from tasks.stages import reporting
from tasks.stages.agenda import Agenda

Floats = NDArray[np.float64]

_AMOUNTS = ("at risk", "payout", "burn")

_DRAWN = 12
"""So many models are drawn over rounds: those with the most at risk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model in a round; None for what is not known yet.

    Attributes:
        model: its title, unique in the round.
        id: in hex.
        status: `entered` before the book, then `accepted` or `rejected`.
        reason: why it was rejected.
        copies: the title of the earlier model that it equals.
        scores: corr, mmc and bmc by name.
        rate: what one token at risk returns.
        payout: wei, as settled, or as it would be by these scores; the same of `burn`.
        transaction: that settled it.
    """

    model: str
    id: str
    status: str
    reason: str | None
    copies: str | None
    at_risk: int
    scores: Mapping[str, float | None]
    rate: float | None
    payout: int | None
    burn: int | None
    transaction: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """One round in full.

    Attributes:
        state: where it stands.
        outcome: what became of its stakes so far.
        is_live: whether its home has an agenda; in a replay a driver knows what is next.
        entries: the best return first; by title before there are scores.
        days: of how many days, of how many, the scores are provisional; None for final ones.
        blends: CORR of meta-model, equal weight and benchmark, by name.
        results: the published results; None before them.
        transactions: what was done, with hash and time, oldest first.
    """

    state: RoundState
    outcome: Outcome
    is_live: bool
    entries: Sequence[Entry]
    days: tuple[int, int] | None
    blends: Mapping[str, float | None]
    results: Results | None
    transactions: Sequence[tuple[str, str, int]]

    @property
    def scored(self) -> list[Entry]:
        """Return the models that have scores."""
        return [entry for entry in self.entries if entry.scores["corr"] is not None]

    @property
    def rejected(self) -> list[Entry]:
        """Return the models that the book lists without a submission."""
        return [entry for entry in self.entries if entry.status == "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """All rounds that are settled, in order; amounts in tokens, for drawing only.

    Attributes:
        models: CORR a round of those with the most at risk, NaN where there is none.
        n_models: how many models there are in all.
        bands: CORR a round of meta-model, equal weight and benchmark, with errors of their sums.
        means: of the CORR of each of them, None where there is none.
        amounts: `at risk`, `payout` and `burn`.
    """

    rounds: Sequence[int]
    models: Mapping[str, Floats]
    n_models: int
    bands: Sequence[Band]
    means: Mapping[str, Mapping[str, Any] | None]
    amounts: Mapping[str, Floats]


def read(lake: Lake, chain: Chain, round_id: RoundId, found: Agenda | None = None) -> Details:
    """Return a round in full, as of the agenda's block, or the chain's latest.

    Args:
        lake: the home's public store.
        chain: the home's chain.
        round_id: an opened round.
        found: the home's agenda; None in a replay.

    Raises:
        InputError: if the round was never opened.
    """
    source = round_states.latest(chain, lake) if found is None else found.source
    states = round_states.read(source) if found is None else found.states
    state = round_state.find(states, round_id)
    block, facts = source.header.number, state.facts
    outcome = round_states.outcome(source, round_id)
    (entry,) = reporting.details_of(lake, chain, [round_id], block)
    final = lake.seek(places.scores(round_id))
    days = None if final is not None else state.days
    rows = entry["models"] or _entered(chain, round_id, block)
    scored = final if days is None else lake.load(places.day_scores(round_id, days[0])).scores
    copies = {row["model"]: row["of"] for row in entry["duplicates"]}
    paid = {e.model.hex(): e for e in chain.tournament.settled(round_id, block)}
    # What the chain has paid needs no scoring rule, which an old round may have of another version.
    is_paid = all(row["id"] in paid for row in rows)
    rates = {} if scored is None or is_paid else _rates(lake, round_id, scored, facts)
    by_model = {} if scored is None else {row.model.hex(): row.nano for row in scored.rows}
    entries = [_entry(row, by_model, rates, facts, paid, copies) for row in rows]
    blends = {} if scored is None else scored.blends_corr_nano
    return Details(
        state=state.with_outcome(outcome),
        outcome=outcome,
        is_live=found is not None,
        entries=sorted(entries, key=lambda each: (-(each.rate or 0.0), each.model)),
        days=days,
        blends={each.name: _in_ones(blends.get(each.name)) for each in registry.BLENDS},
        results=lake.seek(places.results(round_id)),
        transactions=_transactions(chain, round_id, block),
    )


def series(lake: Lake, chain: Chain) -> Series | None:
    """Return all settled rounds as series; None before the first one."""
    source = round_states.latest(chain, None)
    rounds = [state.round_id for state in round_states.read(source) if state.is_settled]
    if not rounds:
        return None
    details = reporting.details_of(lake, chain, rounds, source.header.number)
    at_risk: dict[str, int] = {}
    for row in (row for entry in details for row in entry["models"]):
        at_risk[row["model"]] = at_risk.get(row["model"], 0) + int(row["at_risk"])
    drawn = sorted(at_risk, key=lambda name: (-at_risk[name], name))[:_DRAWN]
    models, bands = reporting.series_of(details, drawn), reporting.bands(details)
    drawn_series = {band.name: band.values for band in bands} | models
    return Series(
        rounds=rounds,
        models=models,
        n_models=len(at_risk),
        bands=bands,
        means={
            name: reporting.estimate(values[~np.isnan(values)].tolist())
            for name, values in drawn_series.items()
        },
        amounts={name: _tokens(details, name.replace(" ", "_")) for name in _AMOUNTS},
    )


def _tokens(details: Sequence[Mapping[str, Any]], name: str) -> Floats:
    sums = [sum(int(row[name]) for row in entry["models"]) for entry in details]
    return np.array([amount / WAD for amount in sums])


def _entered(chain: Chain, round_id: RoundId, block: Block) -> list[dict[str, Any]]:
    """Return the entrants of a round without a book, as the book's rows."""
    entrants = book.last_entries(chain.tournament.entered(round_id, block))
    return [
        {
            "at_risk": str(entrant.at_risk),
            "id": entrant.model.hex(),
            "model": entrant.name,
            "reason": None,
            "status": "entered",
        }
        for entrant in entrants
    ]


def _rates(lake: Lake, round_id: RoundId, scored: Scores, facts: RoundFacts) -> dict[str, int]:
    """Return what the terms make of some scores, in nano, by model."""
    rule, book = lake.load(places.opening(round_id)).scoring, lake.load(places.book(round_id))
    table = scores.table(book, scored, rule, facts.terms.clip_nano)
    return {row.model.hex(): row.return_nano for row in table.rows}


def _entry(
    row: Mapping[str, Any],
    found: Mapping[str, Mapping[str, int]],
    rates: Mapping[str, int],
    facts: RoundFacts,
    paid: Mapping[str, Any],
    copies: Mapping[str, str],
) -> Entry:
    model, stake = row["id"], Wei(int(row["at_risk"]))
    mine, event, rate = found.get(model, {}), paid.get(model), rates.get(model)
    if event is not None:
        payout, burn, rate = event.payout, event.burn, event.return_nano + event.profit_nano
    elif rate is not None:
        payout = payouts.payout(stake, facts.factor, rate)
        burn = payouts.burn(stake, facts.factor, rate)
    else:
        payout, burn = None, None
    return Entry(
        model=row["model"],
        id=model,
        status=row["status"],
        reason=row["reason"],
        copies=copies.get(row["model"]),
        at_risk=stake,
        scores={name: _in_ones(mine.get(name)) for name in registry.names()},
        rate=_in_ones(rate),
        payout=payout,
        burn=burn,
        transaction=None if event is None else event.transaction,
    )


def _transactions(chain: Chain, round_id: RoundId, block: Block) -> list[tuple[str, str, int]]:
    """Return what was done to a round but its entries, a row a transaction, oldest first."""
    tournament = chain.tournament
    kinds: dict[str, Sequence[Event]] = {
        "opened": [e for e in tournament.opened(block) if e.round == round_id],
        "book recorded": tournament.booked(round_id, block),
        "root proposed": tournament.proposed(round_id, block),
        "challenged": tournament.challenged(round_id, block),
        "ruled": tournament.ruled(round_id, block),
        "settled": tournament.settled(round_id, block),
        "released": tournament.released(round_id, block),
    }
    found: dict[tuple[int, str, str], int] = {}
    for what, events in kinds.items():
        for event in events:
            place = (event.timestamp, event.transaction, what)
            found[place] = found.get(place, 0) + 1
    items = {"settled": ("leaf", "leaves"), "released": ("stake", "stakes")}
    return [
        (f"{what} {wording.counted(n, *items[what])}" if what in items else what, transaction, at)
        for (at, transaction, what), n in sorted(found.items())
    ]


def _in_ones(nano: int | None) -> float | None:
    return None if nano is None else nano / NANO
