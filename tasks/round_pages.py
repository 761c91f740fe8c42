"""The pages of one round as markdown: what `stages.round_details` and `approving` found."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tasks import pages
from tasks.adapters import round_plots
from tasks.adapters.markdown import artifact_link, code, escape, image, table
from tasks.core import wording
from tasks.core.money import decimals
from tasks.core.money.units import WAD
from tasks.core.protocol import dates, status
from tasks.core.scoring import figures, registry
from tasks.pages import Page
from tasks.stages.round_details import Details, Entry

LEADERBOARD, SCORES, SETTLEMENT, APPROVAL = "leaderboard", "scores", "settlement", "approval"

_NONE = "-"
_FEW, _MOST = 8, 100
"""So many rows stand in a head, and on a page; the files of the round have the others."""

_TITLES = {"meta_model": "meta-model", "equal_weight": "equal weight", "benchmark": "benchmark"}


def of_round(found: Details) -> dict[str, Page]:
    """Return the pages of a round by their keys: those for which there is something to show."""
    made = {"": first_page(found), **{name: _MAKERS[name](found) for name in _names(found)}}
    return {pages.key(found.state.round_id, name): text for name, text in made.items()}


def first_page(found: Details) -> Page:
    """Return a round's first page: where it stands, its facts, and where the rest is."""
    state, outcome = found.state, found.outcome
    told = f"Since {dates.utc(state.since)}."
    if state.next is not None and found.is_live:
        told += f" Next: {pages.next_step(state)}."
    money = "settled" if state.state == status.FINAL else "settled so far"
    factor = state.factor
    rows = [
        ["models", f"{state.models:,}, of which {len(found.rejected):,} rejected"],
        ["at risk", _era(state.at_risk)],
        [f"payout, {money}", _era(outcome.payout)],
        [f"burn, {money}", _era(outcome.burn)],
        ["factor", "set with the book" if factor is None else f"{factor / WAD:.4f}"],
    ]
    head = [
        _title(found, state.words),
        _links(found),
        *[f"**{escape(message)}**" for message in state.troubles],
        told,
        table(["", ""], rows),
        _calendar(found),
        _transactions(found, _FEW),
    ]
    return pages.page(head, [_transactions(found, _MOST)])


def leaderboard(found: Details) -> Page:
    """Return a round's models: stake, scores, return, and what they are paid or lose."""
    titles = [f"{score.title}:" for score in registry.official()]
    columns = ["model", "at risk:", *titles, "return:", "payout:", "burn:", "note"]
    rows = [_entry_row(entry) for entry in found.entries[:_MOST]]
    blends = [
        f"{_TITLES[name]} {_score(value)}"
        for name, value in found.blends.items()
        if value is not None
    ]
    head = [
        _title(found, "leaderboard"),
        _links(found),
        _kind(found),
        table(columns, rows),
        *_left_out(len(found.entries)),
        f"CORR of the blends: {', '.join(blends)}." if blends else "",
        "Amounts are in ERA.",
    ]
    return pages.page(head, ["Amounts are cut off after the cent."])


def scores(found: Details) -> Page:
    """Return how a round's scores are spread."""
    rows = found.scored
    values = {
        registry.titles()[name]: np.array([entry.scores[name] for entry in rows], dtype=np.float64)
        for name in registry.names()
    }
    svg = round_plots.distributions(values, f"round {found.state.round_id}: scores of its models")
    summary = [
        [name, f"{x.min():+.4f}", f"{np.median(x):+.4f}", f"{x.mean():+.4f}", f"{x.max():+.4f}"]
        for name, x in values.items()
    ]
    columns = ["score", "lowest:", "median:", "mean:", "highest:"]
    picture = image(f"scores of round {found.state.round_id}", svg)
    head = [_title(found, "scores"), _links(found), _kind(found), picture]
    return pages.page(head, [table(columns, summary)])


def settlement(found: Details) -> Page:
    """Return what a round paid and burned, to the wei, with the transactions."""
    outcome, proposal = found.outcome, found.state.facts.proposal
    rows = [
        [
            escape(entry.model),
            *_both(entry.at_risk),
            *_both(entry.payout or 0),
            *_both(entry.burn or 0),
            _NONE if entry.transaction is None else code(entry.transaction[:10]),
        ]
        for entry in found.entries[:_MOST]
    ]
    paid = [entry for entry in found.entries if entry.transaction is not None]
    told = (
        f"**{len(paid):,} of {wording.counted(len(found.entries), 'leaf', 'leaves')} settled**: "
        f"payout {_exactly(outcome.payout)}, burn {_exactly(outcome.burn)}, "
        f"of {_exactly(found.state.at_risk)} at risk."
    )
    root = code("0x" + proposal.root.hex())
    final = f", final from {dates.utc(proposal.final_at)}" if proposal.final_at else ""
    amounts = [f"{name}{unit}:" for name in ("at risk", "payout", "burn") for unit in ("", ", wei")]
    columns = ["model", *amounts, "settled in"]
    pending = "A leaf without a transaction shows what it will pay or burn."
    head = [
        _title(found, "settlement"),
        _links(found),
        told,
        table(columns, rows),
        *_left_out(len(found.entries)),
        pending if len(paid) < len(found.entries) else "",
        f"Amounts without a unit are in ERA. Root {root}{final}.",
        _transactions(found, _FEW),
    ]
    return pages.page(head, [_transactions(found, _MOST)])


def approval(summary: Mapping[str, Any], found: Details, form: str | None) -> Page:
    """Return what a person looks at before a round's table is settled.

    Args:
        summary: of `stages.approving`.
        found: the round.
        form: where the form of the deployment `approve` is; None where nothing waits for it.
    """
    round_id, titles = summary["round"], {entry.id: entry.model for entry in found.entries}
    told = f"Nothing is to be done here: the round is {found.state.words}."
    if form is not None:
        told = (
            f"Look at the table below. If it is right, [open the form of approve]({form}) and "
            "paste these two values:"
        )
    fields = {"round_id": str(round_id), "table_digest": summary["table_sha256"]}
    head = [
        _title(found, "approval" if form is None else "waits for your approval"),
        _links(found),
        told,
        table(["field", "value"], [[name, code(value)] for name, value in fields.items()]),
        f"{wording.counted(summary['models'], 'model')} with {_era(summary['at_risk'])} at risk: "
        f"payout **{_era(summary['payout'])}**, burn **{_era(summary['burn'])}**.",
        *[_extremes(name, summary[name], titles) for name in ("winners", "losers")],
        _copies(summary["duplicates"], titles),
        _rejected(summary["rejected"], titles),
    ]
    return pages.page(head, [f"Root {code('0x' + summary['root'])}."])


def _title(found: Details, words: str) -> str:
    return f"## Round {found.state.round_id}: {words}"


def _names(found: Details) -> list[str]:
    """Return which pages a round has beside its first one and the one for its approval."""
    names = {
        LEADERBOARD: bool(found.entries),
        SCORES: bool(found.scored),
        SETTLEMENT: found.state.state in status.WITH_A_PROPOSAL,
    }
    return [name for name, has in names.items() if has]


def _links(found: Details) -> str:
    number = found.state.round_id
    links = [artifact_link(f"round {number}", pages.key(number))]
    links += [artifact_link(name, pages.key(number, name)) for name in _names(found)]
    if found.results is not None and found.state.waits_for_a_person:
        links.append(artifact_link(APPROVAL, pages.key(number, APPROVAL)))
    if found.is_live:
        links.append(artifact_link("control room", pages.CONTROL_ROOM))
    return " | ".join(links)


def _calendar(found: Details) -> str:
    terms = found.state.facts.terms
    times = {
        "takes entries from": terms.opens,
        "closes": terms.closes,
        "book recorded before": terms.book_by,
        "targets matured": terms.resolves,
        "root proposed before": terms.propose_by,
    }
    return table(["step", "time"], [[words, dates.utc(at)] for words, at in times.items()])


def _transactions(found: Details, most: int) -> str:
    rows = [
        [what, dates.utc(at), code(transaction)]
        for what, transaction, at in found.transactions[-most:]
    ]
    return f"### Newest transactions\n\n{table(['what', 'when', 'transaction'], rows)}"


def _kind(found: Details) -> str:
    """Return whether scores are final, and what that makes of the amounts."""
    if found.days is not None:
        days, horizon = found.days
        return (
            f"**Provisional**: by the return over {days} of {horizon} days. Payout and burn are "
            "what they would be by these scores; nothing is paid by them."
        )
    if not found.scored:
        return "**No scores yet.**"
    if found.state.state == status.FINAL:
        return "**Final** scores; payout and burn are as settled."
    return "**Final** scores; payout and burn are what a settlement by them comes to."


def _entry_row(entry: Entry) -> list[str]:
    notes = [] if entry.reason is None else [f"rejected: {escape(entry.reason)}"]
    if entry.copies is not None:
        notes.append(f"equals {escape(entry.copies)}")
    amounts = [entry.at_risk, entry.payout, entry.burn]
    return [
        escape(entry.model),
        figures.tokens_text(entry.at_risk),
        *[_score(entry.scores[name]) for name in registry.names()],
        _score(entry.rate),
        *[_NONE if wei is None else figures.tokens_text(wei) for wei in amounts[1:]],
        "; ".join(notes),
    ]


def _left_out(number: int) -> list[str]:
    return [] if number <= _MOST else [f"The first {_MOST} of {number:,} models are shown."]


def _score(value: float | None) -> str:
    return _NONE if value is None else f"{value:+.4f}"


def _era(wei: int) -> str:
    return f"{figures.tokens_text(wei)} ERA"


def _both(wei: int) -> tuple[str, str]:
    return figures.tokens_text(wei), str(wei)


def _exactly(wei: int) -> str:
    return f"{decimals.tokens_exactly(wei)} ERA ({wei} wei)"


def _extremes(title: str, rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    if not rows:
        return f"No {title}."
    made = [
        [
            escape(titles.get(row["model"], row["model"])),
            figures.tokens_text(row["at_risk"]),
            f"{'+' if row['amount'] > 0 else ''}{figures.tokens_text(row['amount'])}",
        ]
        for row in rows
    ]
    return table([f"largest {title}", "at risk (ERA):", "payout or burn (ERA):"], made)


def _copies(found: Mapping[str, str], titles: Mapping[str, str]) -> str:
    if not found:
        return "No submission equals another one."
    rows = [[escape(titles.get(each, each)) for each in pair] for pair in sorted(found.items())]
    return table(["this model", "equals, by its ranks, the earlier"], rows[:_MOST])


def _rejected(found: Mapping[str, str], titles: Mapping[str, str]) -> str:
    if not found:
        return "No submission was rejected."
    rows = [[escape(titles.get(each, each)), escape(why)] for each, why in sorted(found.items())]
    return table(["rejected: returns 0, burns nothing", "because"], rows[:_MOST])


_MAKERS = {LEADERBOARD: leaderboard, SCORES: scores, SETTLEMENT: settlement}
