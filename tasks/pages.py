"""The pages about all rounds as markdown: what `stages.overview` and `round_details` found."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.adapters import plots, round_plots
from tasks.adapters.markdown import artifact_link, escape, image, run_link, table
from tasks.core import wording
from tasks.core.protocol import dates, status
from tasks.core.protocol.round_state import RoundState
from tasks.core.protocol.steps import Step
from tasks.core.scoring import figures
from tasks.stages.overview import Overview
from tasks.stages.round_details import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its head, whose first line is its title in lists, and what is behind a click."""

    head: str
    more: str


CONTROL_ROOM, PERFORMANCE, STAKES = "control-room", "performance", "stakes"
"""The keys of the pages about all rounds."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_NONE = "-"
_NAMES = {
    Step.KEEP: "keeper",
    Step.REVEAL: "keeper",
    Step.APPROVE: "**approval, by you**",
}
"""What is said of a step that has another name for whoever reads the pages."""


def key(round_id: int, page: str = "") -> str:
    """Return the key of a round's page."""
    return f"round-{round_id}{page and '-'}{page}"


def control_room(found: Overview, failures: Sequence[str] = (), run: str | None = None) -> Page:
    """Return the page that says which round is where, what is late and what is wrong.

    Args:
        found: all rounds.
        failures: what failed in the run that writes the page.
        run: the id of that run.
    """
    n = len(found.under_way)
    head = [
        f"## {_verdict(found, failures)}",
        *_to_do(found),
        *_wrong(found, failures, run),
        f"### {wording.counted(n, 'round') if n else 'No round is'} under way",
        _lines(found.under_way),
        _coming(found),
        "### Rounds that are over, the newest first" if found.over else "",
        _lines(found.over),
        all_pages() if found.has_settled else "",
        f"Times are UTC, amounts in ERA. As of {dates.utc(found.now)}, the chain's time.",
    ]
    more = [
        f"The stake pool holds {figures.tokens_text(found.pool)} ERA.",
        f"{wording.counted(found.older, 'older round')} settled or abandoned before.",
    ]
    return page(head, more)


def performance(found: Series) -> Page:
    """Return how models, meta-model and its rivals did over all settled rounds."""
    svg = plots.cumulative_corr(found.rounds, found.models, found.bands)
    drawn = "all models"
    if len(found.models) < found.n_models:
        drawn = f"the {len(found.models)} of {found.n_models:,} models with the most at risk"
    head = [
        f"## Scores over {wording.counted(len(found.rounds), 'settled round')}",
        image("cumulative CORR", svg),
        f"CORR summed over rounds: {drawn}, and in bold the meta-model beside equal weights and "
        "the benchmark. A band is one error of the sum to each side, which counts in that rounds "
        "overlap; below 8 rounds there is none.",
        all_pages(),
    ]
    rows = [
        [escape(name), figures.mean_text(mean), figures.counts_text(mean)]
        for name, mean in found.means.items()
    ]
    return page(head, [table(["", "mean CORR:", "rounds (effective):"], rows)])


def stakes(found: Series) -> Page:
    """Return what was at risk, paid and burned over all settled rounds."""
    svg = round_plots.tokens(found.rounds, found.amounts)
    sums = ", ".join(f"{name} {values.sum():,.2f} ERA" for name, values in found.amounts.items())
    head = [
        f"## Stakes and burns of {wording.counted(len(found.rounds), 'settled round')}",
        image("stakes and burns", svg),
        all_pages(),
    ]
    return page(head, [f"Over all settled rounds: {sums}."])


def page(head: Sequence[str], more: Sequence[str]) -> Page:
    """Return a page of its parts; empty ones are left out."""
    joined = ["\n\n".join(part for part in parts if part) for parts in (head, more)]
    return Page(head=joined[0], more=joined[1])


def _verdict(found: Overview, failures: Sequence[str]) -> str:
    wrong, waiting = len(found.troubles) + len(failures), len(found.for_a_person)
    if wrong:
        return f"{wording.counted(wrong, 'thing is', 'things are')} late or wrong"
    if waiting:
        return f"{wording.counted(waiting, 'round waits', 'rounds wait')} for you"
    return "All is well, nothing is late"


def _to_do(found: Overview) -> list[str]:
    """Return what a person has to do, with the page that says how."""
    return [
        f"**Round {state.round_id} waits for your approval**: "
        f"{artifact_link('look at its table', key(state.round_id, 'approval'))}."
        for state in found.for_a_person
    ]


def _wrong(found: Overview, failures: Sequence[str], run: str | None) -> list[str]:
    opened = {state.round_id for state in (*found.under_way, *found.over)}
    lines = [
        f"- {round_link(number) if number in opened else f'round {number}'}: {escape(message)}"
        for number, message in found.troubles
    ]
    where = f" ({run_link('the run', run)})" if run else ""
    lines += [f"- failed just now: {escape(message)}{where}" for message in failures]
    return ["\n".join(lines)] if lines else []


def _lines(states: Sequence[RoundState]) -> str:
    if not states:
        return ""
    columns = ["round", "where it is", "since", "next", "models:", "at risk:", "payout:", "burn:"]
    rows = [
        [
            round_link(state.round_id),
            f"**{state.words}, see above**" if state.troubles else state.words,
            dates.utc(state.since).removesuffix(" UTC"),
            next_step(state),
            f"{state.models:,}",
            figures.tokens_text(state.at_risk),
            *_moved(state),
        ]
        for state in states
    ]
    return table(columns, rows)


def _moved(state: RoundState) -> list[str]:
    """Return payout and burn; before a round is final nothing can have been paid or burned."""
    outcome = state.outcome
    if outcome is None or state.state != status.FINAL:
        return [_NONE, _NONE]
    return [figures.tokens_text(wei) for wei in (outcome.payout, outcome.burn)]


def next_step(state: RoundState) -> str:
    """Return what is next for a round, and when."""
    ahead = state.next
    if ahead is None:
        return _NONE
    step = _NAMES.get(ahead.step, ahead.words)
    if ahead.due_at <= state.now:
        return f"{step}, due now"
    return f"{step} in {_span(ahead.due_at - state.now)}"


def _span(seconds: int) -> str:
    """Return a span in its two largest units, such as `2 d 3 h`."""
    units = ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min"), (1, "s"))
    first = next((i for i, (size, _) in enumerate(units) if seconds >= size), len(units) - 1)
    words = []
    for size, name in units[first : first + 2]:
        words.append(f"{seconds // size} {name}")
        seconds %= size
    return " ".join(word for word in words if not word.startswith("0 ")) or "0 s"


def _coming(found: Overview) -> str:
    if not found.coming:
        return "The next round opens over the next era, once the market has shown all of it."
    first = found.coming[0]
    when = "now" if first.due_at <= found.now else f"in {_span(first.due_at - found.now)}"
    return f"The next round, {first.round_id}, opens {when} ({dates.utc(first.due_at)})."


def round_link(round_id: int) -> str:
    """Return a link to a round's first page."""
    return artifact_link(f"round {round_id}", key(round_id))


def all_pages() -> str:
    """Return links to the pages about all rounds."""
    names = {"control room": CONTROL_ROOM, "scores": PERFORMANCE, "stakes and burns": STAKES}
    return " | ".join(artifact_link(text, page) for text, page in names.items())
