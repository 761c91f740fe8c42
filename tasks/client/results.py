"""What a tournament made of its models: scores from the lake, money and returns from the chain."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tasks.adapters import lake as lakes
from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake
from tasks.core.errors import InputError, LakeError
from tasks.core.money.units import NANO, RoundId
from tasks.core.protocol import canonical, places, status
from tasks.core.protocol.round_state import RoundState
from tasks.core.rules import OVERLAP
from tasks.core.scoring import registry, seasons, statistics
from tasks.core.scoring.seasons import Leaderboard, Resolved
from tasks.core.scoring.statistics import Mean

RETURN = "return"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One model in one round; None for what is not known yet.

    Attributes:
        status: of the round.
        verdict: `accepted`, or why the file was rejected; None before the book.
        at_risk: wei.
        scores: the official ones in nano, by name.
        return_nano: what the terms pay for one token at risk, once the leaf is settled.
        payout: wei.
        burn: wei.
    """

    round_id: RoundId
    status: str
    verdict: str | None
    at_risk: int
    scores: Mapping[str, int | None]
    return_nano: int | None
    payout: int | None
    burn: int | None

    def value(self, name: str) -> float | None:
        """Return a figure of `figures` in units of 1."""
        nano = self.return_nano if name == RETURN else self.scores[name]
        return None if nano is None else nano / NANO

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it; amounts are strings, for they exceed 2^53."""
        amounts = {
            name: None if (wei := getattr(self, name)) is None else str(wei)
            for name in ("at_risk", "payout", "burn")
        }
        kept = {name: value for name, value in asdict(self).items() if name != "scores"}
        return kept | {f"{name}_nano": nano for name, nano in self.scores.items()} | amounts


def of_model(
    chain: Chain, lake: Lake, model: bytes, states: Sequence[RoundState], block: int
) -> list[Result]:
    """Return what became of a model in every round that it entered.

    The book counts if its digest is the one on the chain; scores are the operator's word, which
    `erarium verify` recomputes.

    Raises:
        LakeError: if a book is not the one that was recorded.
    """
    found = [_result(chain, lake, model, state, block) for state in states if state.models]
    return [each for each in found if each is not None]


def _result(chain: Chain, lake: Lake, model: bytes, state: RoundState, block: int) -> Result | None:
    number = state.round_id
    entries = chain.tournament.entered(number, block, model)
    if not entries:
        return None
    scored = lake.seek(places.scores(number))
    row = None if scored is None else scored.by_model.get(model)
    settled = chain.tournament.settled(number, block, model)
    return Result(
        round_id=number,
        status=state.status,
        verdict=_verdict(chain, lake, model, state, block),
        at_risk=entries[-1].at_risk,
        scores={name: None if row is None else row.nano.get(name) for name in registry.names()},
        return_nano=settled[0].return_nano + settled[0].profit_nano if settled else None,
        payout=settled[0].payout if settled else None,
        burn=settled[0].burn if settled else None,
    )


def _verdict(chain: Chain, lake: Lake, model: bytes, state: RoundState, block: int) -> str | None:
    """Return what a round's book says of a model; None without a book."""
    facts = chain.tournament.facts(state.round_id, block)
    if not facts.booked:
        return None
    place = places.book(state.round_id)
    content = lake.document_bytes(place)
    if content is None or canonical.sha256_hex(content) != facts.book.hex():
        raise LakeError(
            f"{place} in {lake.root} is not the book that the chain has: ask for a copy"
        )
    rows = lakes.parse(place, content).rows
    row = next((each for each in rows if each.model == model), None)
    if row is None:
        return "not in the book"
    return row.reason or row.status


def figures() -> list[str]:
    """Return the names of what a model's rounds are summed up by."""
    return [*registry.names(), RETURN]


def means(results: Iterable[Result]) -> dict[str, Mean | None]:
    """Return each figure's mean over the rounds that have it, with its HAC error."""
    rows = list(results)
    found: dict[str, Mean | None] = {}
    for name in figures():
        values = [value for row in rows if (value := row.value(name)) is not None]
        found[name] = statistics.mean_of(values, OVERLAP) if values else None
    return found


def resolved(chain: Chain, states: Sequence[RoundState], block: int) -> list[Resolved]:
    """Return the rounds whose every leaf is settled, with the returns that the chain paid by."""
    return [
        Resolved(
            round_id=state.round_id,
            closes=state.closes,
            returns_nano={
                event.model: event.return_nano + event.profit_nano
                for event in chain.tournament.settled(state.round_id, block)
            },
        )
        for state in states
        if state.state == status.FINAL and not state.locked
    ]


def titles(chain: Chain, states: Sequence[RoundState], block: int) -> dict[bytes, str]:
    """Return how every model is called; two of one name have the start of their ids behind it."""
    names = {
        event.model: event.name
        for state in states
        for event in chain.tournament.entered(state.round_id, block)
    }
    taken = Counter(names.values())
    return {
        model: name if taken[name] == 1 else f"{name}@{model.hex()[:8]}"
        for model, name in names.items()
    }


def leaderboard(
    chain: Chain, states: Sequence[RoundState], said: str | None, block: int
) -> tuple[Leaderboard, dict[bytes, str]]:
    """Return a season's models, and how they are called.

    Args:
        chain: of the tournament.
        states: all rounds.
        said: a season; None for that of the round that was resolved last.
        block: the reads are pinned to it.

    Raises:
        InputError: if no round is resolved yet and no season was said.
    """
    season = None if said is None else seasons.check_season(said)
    rounds = resolved(chain, states, block)
    season = season or seasons.newest(rounds)
    if season is None:
        raise InputError("no round is resolved yet: `erarium rounds` says when the first one is")
    called = titles(chain, states, block)
    return seasons.leaderboard(rounds, called, season, OVERLAP), called
