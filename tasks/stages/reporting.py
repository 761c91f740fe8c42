"""The report of a tournament: everything in it is read from the lake and the chain."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Block
from tasks.adapters.lake import Lake
from tasks.adapters.plots import Band
from tasks.core.money.units import NANO, RoundId
from tasks.core.protocol import places
from tasks.core.protocol.documents.book import Book, BookRow
from tasks.core.protocol.documents.results import ScoreRow
from tasks.core.protocol.documents.vault import DataSet
from tasks.core.protocol.events import Settled
from tasks.core.rules import OVERLAP
from tasks.core.scoring import meta_model, registry, statistics
from tasks.stages.requests import Request

Floats = NDArray[np.float64]

_MANY_STAKERS = 30
"""With fewer effective stakers (1 / sum of squared weights) MMC is reported with a warning."""


def build(lake: Lake, chain: Chain, rounds: Sequence[RoundId]) -> dict[str, Any]:
    """Return the report as its JSON contract has it, without the key `verified`.

    Args:
        lake: the home's public store.
        chain: the home's chain, with every round settled.
        rounds: which rounds were played.
    """
    details = details_of(lake, chain, rounds)
    models = sorted({row["model"] for entry in details for row in entry["models"]})
    ids = {row["model"]: row["id"] for entry in details for row in entry["models"]}
    free = chain.tournament.free_many([bytes.fromhex(ids[name]) for name in models])
    balances = {name: str(amount) for name, amount in zip(models, free, strict=True)}
    made = chain.token.supply_at_first() + chain.token.minted()
    burned = made - chain.token.total_supply()
    return {
        "balances": balances,
        "blends": _blends(details),
        "chain": chain.usage(),
        "duplicates": _all_duplicates(details),
        "mmc_warning": _mmc_warning(details),
        "models": [_model(name, details, balances[name]) for name in models],
        "rounds": details,
        "token": {
            "burned": str(burned),
            "supply_after": str(chain.token.total_supply()),
            "supply_before": str(chain.token.supply_at_first()),
        },
    }


def details_of(
    lake: Lake, chain: Chain, rounds: Iterable[RoundId], block: Block = "latest"
) -> list[dict[str, Any]]:
    """Return the rounds with the final scores and the money of each model, as the report has them.

    Args:
        lake: the home's public store.
        chain: the home's chain.
        rounds: opened ones; what is not known of one yet is left empty.
        block: reads of the chain are pinned to it.
    """
    return _with_unique_names([_round(lake, chain, round_id, block) for round_id in rounds])


def source(request: Request) -> str:
    """Return where a tournament's prices came from, in words."""
    if request.prices is None:
        return f"market simulator, {request.simulated_ids} ids, seed {request.seed}"
    return f"prices of {Path(request.prices).name}"


def data(dataset: DataSet) -> dict[str, Any]:
    """Return what the operator knows of the panel: its facts, and every defect that was found."""
    document = dataset.to_document()
    return {name: document[name] for name in ("defect_counts", "defects", "panel")}


def curves(document: Mapping[str, Any]) -> tuple[list[int], dict[str, Floats], list[Band]]:
    """Return what the plot of cumulative CORR takes: rounds, models, and the blends' bands."""
    details = document["rounds"]
    names = [row["model"] for row in document["models"]]
    return [entry["round"] for entry in details], series_of(details, names), bands(details)


def series_of(details: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, Floats]:
    """Return each model's CORR a round, NaN where it has none."""
    found = [{row["model"]: row["corr"] for row in entry["models"]} for entry in details]
    return {name: _series([entry.get(name) for entry in found]) for name in names}


def bands(details: Sequence[Mapping[str, Any]]) -> list[Band]:
    """Return the meta-model's CORR a round and its rivals', with the errors of their sums.

    The error of a cumulative sum is that of the mean so far, times the rounds so far; it is zero
    while there are too few.
    """
    found = []
    for blend in registry.BLENDS:
        values = _series([entry["blends"].get(blend.name) for entry in details])
        found.append(Band(name=blend.title, values=values, errors=_sum_errors(values)))
    return found


def _series(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values])


def _sum_errors(values: Floats) -> Floats:
    errors = np.zeros(values.size)
    for count in range(statistics.FEWEST, values.size + 1):
        so_far = values[:count][~np.isnan(values[:count])]
        if so_far.size >= statistics.FEWEST:
            error = statistics.mean_of(so_far, OVERLAP).error
            errors[count - 1] = 0.0 if error is None else error * so_far.size
    return errors


def _with_unique_names(details: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tell models of one name apart: a name is unique only among its owner's models."""
    ids: dict[str, set[str]] = defaultdict(set)
    for entry in details:
        for row in entry["models"]:
            ids[row["model"]].add(row["id"])
    for entry in details:
        titles = {}
        for row in entry["models"]:
            suffix = f"@{row['id'][:8]}" if len(ids[row["model"]]) > 1 else ""
            titles[row["id"]] = row["model"] + suffix
        for row in entry["models"]:
            row["model"] = titles[row["id"]]
        for row in entry["duplicates"]:
            row["model"], row["of"] = titles[row["model"]], titles[row["of"]]
    return details


def _round(lake: Lake, chain: Chain, round_id: RoundId, block: Block) -> dict[str, Any]:
    opened = lake.load(places.opening(round_id))
    # An abandoned round may have no book, and has no scores.
    book, scored = lake.seek(places.book(round_id)), lake.seek(places.scores(round_id))
    blends = {} if scored is None else scored.blends_corr_nano
    facts = chain.tournament.facts(round_id, block)
    settled = {event.model: event for event in chain.tournament.settled(round_id, block)}
    scores = {} if scored is None else scored.by_model
    rows = [_row(row, scores.get(row.model), settled.get(row.model)) for row in _rows(book)]
    return {
        "blends": {name: _in_ones(x) for name, x in blends.items()},
        "duplicates": _duplicates(book),
        "effective_stakers": _effective_stakers(book),
        "era": opened.era,
        "factor": str(facts.factor),
        "meta_model": {"corr": _in_ones(blends.get("meta_model"))},
        "models": rows,
        "n_ids": opened.n_ids,
        "round": round_id,
        "settlement": {
            "root": "0x" + facts.proposal.root.hex(),
            "sum_burn": str(sum(int(row["burn"]) for row in rows)),
            "sum_payout": str(sum(int(row["payout"]) for row in rows)),
            "transactions": sorted({event.transaction for event in settled.values()}),
        },
    }


def _rows(book: Book | None) -> Sequence[BookRow]:
    return () if book is None else book.rows


def _row(entrant: BookRow, scored: ScoreRow | None, event: Settled | None) -> dict[str, Any]:
    nano: Mapping[str, int] = {} if scored is None else scored.nano
    return {name: _in_ones(nano.get(name)) for name in registry.names()} | {
        "at_risk": str(entrant.at_risk),
        "burn": str(event.burn if event else 0),
        "id": entrant.model.hex(),
        "model": entrant.name,
        "payout": str(event.payout if event else 0),
        "reason": entrant.reason,
        "return_nano": event.return_nano if event else 0,
        "status": entrant.status,
    }


def _duplicates(book: Book | None) -> list[dict[str, str]]:
    found = {} if book is None else book.duplicates
    return [{"model": copy.hex(), "of": first.hex()} for copy, first in sorted(found.items())]


def _effective_stakers(book: Book | None) -> float | None:
    stakes = [row.at_risk for row in _rows(book) if row.accepted]
    return meta_model.effective_stakers(meta_model.stake_weights(stakes)) if stakes else None


def _all_duplicates(details: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each pair of a duplicate and its original, and in how many rounds."""
    pairs = Counter((row["model"], row["of"]) for entry in details for row in entry["duplicates"])
    return [{"model": a, "of": b, "rounds": count} for (a, b), count in sorted(pairs.items())]


def _mmc_warning(details: Iterable[Mapping[str, Any]]) -> str | None:
    """Say that MMC hangs on few stakers, where it does; None elsewhere."""
    stakers = [entry["effective_stakers"] for entry in details if entry["effective_stakers"]]
    if not stakers or min(stakers) >= _MANY_STAKERS:
        return None
    return (
        f"MMC is measured against a meta-model of {min(stakers):.1f} effective stakers at the "
        f"fewest; under {_MANY_STAKERS} it says little"
    )


def _model(name: str, details: Iterable[Mapping[str, Any]], balance: str) -> dict[str, Any]:
    rows = [row for entry in details for row in entry["models"] if row["model"] == name]
    means = {
        score.name: estimate([row[score.name] for row in rows if row[score.name] is not None])
        for score in registry.in_means()
    }
    return means | {
        "burn": str(sum(int(row["burn"]) for row in rows)),
        "final_stake": balance,
        "model": name,
        "payout": str(sum(int(row["payout"]) for row in rows)),
        "rounds": len(rows),
    }


def _blends(details: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    titles = {blend.name: blend.title for blend in registry.BLENDS}
    series: dict[str, list[float]] = defaultdict(list)
    by_model: dict[str, list[float]] = defaultdict(list)
    for entry in details:
        corrs = [row["corr"] for row in entry["models"] if row["corr"] is not None]
        for row in entry["models"]:
            if row["corr"] is not None:
                by_model[row["model"]].append(row["corr"])
        for name, corr in entry["blends"].items():
            if corr is not None:
                series[titles[name]].append(corr)
        if corrs:
            series["median model of each round"].append(float(np.median(corrs)))
    full = [name for name in sorted(by_model) if len(by_model[name]) == len(details)]
    if full:
        best = max(full, key=lambda name: float(np.mean(by_model[name])))
        series[f"best model in hindsight ({best})"] = by_model[best]
    return [{"corr": estimate(values), "name": name} for name, values in series.items()]


def estimate(values: Sequence[float]) -> dict[str, Any] | None:
    """Return the mean of one score a round with its HAC error; None without any."""
    if not values:
        return None
    mean = statistics.mean_of(values, OVERLAP)
    return {
        "error": mean.error,
        "mean": mean.mean,
        "n": mean.n,
        "n_effective": mean.n_effective,
    }


def _in_ones(nano: int | None) -> float | None:
    return None if nano is None else nano / NANO
