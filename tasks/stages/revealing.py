"""Publish the predictions of a round, with its results or later, as its opening rule has it."""

from collections.abc import Iterator, Mapping

from tasks.adapters.lake import Lake
from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import openings, places, vault_places
from tasks.core.protocol.documents.opening import Disclosure
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.openings import Opening
from tasks.stages.open_home import OpenHome


def rule_of(lake: Lake, round_id: RoundId) -> Opening:
    """Return a round's opening rule, as it was published with its terms.

    Raises:
        LakeError: if the round's opening is not published.
    """
    return Opening.parse(lake.load(places.opening(round_id)).scoring.opening)


def publish_matrix(home: OpenHome, round_id: RoundId) -> Ref | None:
    """Copy a round's matrix into the lake; return its reference, or None if it has none."""
    kept = home.vault.seek(vault_places.book(round_id))
    if kept is None:
        return None
    ref = kept.predictions
    return home.lake.put_chunks(home.vault.chunks(ref), ref.suffix)


def due(lake: Lake, final: Mapping[RoundId, int]) -> Iterator[tuple[RoundId, int]]:
    """Yield every round whose matrix is to be published now, and since when.

    Args:
        lake: the public store.
        final: by round, when it became final.
    """
    for round_id in sorted(final):
        if not lake.has(places.disclosure(round_id)):
            since = rule_of(lake, round_id).due_at(openings.later(final, round_id))
            if since is not None and lake.load(places.book(round_id)).contents:
                yield round_id, since


def reveal(home: OpenHome, round_id: RoundId) -> None:
    """Publish the matrix of a round that is due; once, and the same again does nothing.

    Raises:
        InputError: if its rule keeps it closed.
    """
    if home.lake.has(places.disclosure(round_id)):
        return
    final = home.chain.tournament.finals()
    if round_id not in dict(due(home.lake, final)):
        rule = rule_of(home.lake, round_id)
        raise InputError(
            f"the predictions of round {round_id} are not to be published now: its opening rule "
            f"is `{rule.text}`, {len(openings.later(final, round_id))} later rounds are final"
        )
    _publish(home, round_id)


def due_now(home: OpenHome) -> list[RoundId]:
    """Return the rounds whose matrix is due; a home's rounds have one rule."""
    if not Opening.parse(home.rule.opening).after:
        return []
    return [round_id for round_id, _ in due(home.lake, home.chain.tournament.finals())]


def _publish(home: OpenHome, round_id: RoundId) -> None:
    document = Disclosure(round_id=round_id, predictions=publish_matrix(home, round_id))
    home.lake.publish(places.disclosure(round_id), document)
