"""Keep rounds: take whatever the chain says is next for one, or for all that are over."""

from collections.abc import Callable
from dataclasses import dataclass

from tasks.core.errors import ChainError, InputError, TournamentError
from tasks.core.money.units import RoundId
from tasks.core.protocol import dates, places, status
from tasks.stages import proposing, resolving, settling
from tasks.stages.open_home import OpenHome

_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A round that could not be kept, and what is wrong with it."""

    round_id: RoundId
    message: str


def take_next(home: OpenHome, round_id: RoundId) -> None:
    """Propose a round's root if that is due, settle its leaves, sweep, wind it up.

    Each of these that is done already is left out, so it may be killed and repeated anywhere.

    Raises:
        InputError: if the round does not exist, or nothing is due; the message says when.
        ChainError: if its root is not ours, or the chain refuses.
        LakeError: if what was published of the round is missing.
    """
    tournament = home.chain.tournament
    state = tournament.status(round_id)
    if state == status.NONE:
        raise InputError(dates.not_there(round_id))
    proposes = state == status.RESOLVING
    if state in (status.RESOLVING, *status.WITH_A_PROPOSAL):
        _resolve(home, round_id)
        state = tournament.status(round_id)
    if state in (status.FINAL, status.ABANDONED):
        _settle(home, round_id)
    elif not (proposes and state == status.PROPOSED):
        facts, now = tournament.facts(round_id), home.chain.now()
        raise InputError(dates.not_settled_yet(round_id, state, facts, now))
    _sweep(home)


def keep(home: OpenHome) -> list[Fault]:
    """Settle, release, abandon and sweep whatever is over, in all rounds that were opened.

    Nothing is proposed. Safe beside anybody who does the same by hand: whose transaction comes
    first counts, and the other is passed over.

    Returns:
        The rounds that need a person; the others are kept all the same.

    Raises:
        ChainError: if the chain does not answer.
    """
    faults = []
    for round_id in sorted(event.round for event in home.chain.tournament.opened()):
        try:
            if _is_over(home, round_id):
                _settle(home, round_id)
        except TournamentError as error:
            home.chain.now()  # raises where it is the chain that failed, which no round survives
            faults.append(Fault(round_id=round_id, message=str(error)))
    _sweep(home)
    return faults


def _is_over(home: OpenHome, round_id: RoundId) -> bool:
    """Return whether anything is left to do for a round that is final or abandoned."""
    state, facts = home.chain.tournament.status(round_id), home.chain.tournament.facts(round_id)
    if state == status.ABANDONED:
        return facts.locked > 0 or not facts.abandoned
    return state == status.FINAL and facts.locked > 0


def _resolve(home: OpenHome, round_id: RoundId) -> None:
    tournament = home.chain.tournament
    _require_not_refused(home, round_id)
    resolving.publish_results(home, round_id)
    _beside_others(home, round_id, lambda: proposing.propose(home, round_id))
    if tournament.status(round_id) == status.RESOLVING:
        _require_not_refused(home, round_id)


def _settle(home: OpenHome, round_id: RoundId) -> None:
    _require_own_root(home, round_id)
    _beside_others(home, round_id, lambda: settling.settle_round(home, round_id))
    _beside_others(home, round_id, lambda: settling.wind_up(home, round_id))


def _sweep(home: OpenHome) -> None:
    _beside_others(home, None, lambda: settling.sweep(home))


def _beside_others(home: OpenHome, round_id: RoundId | None, act: Callable[[], None]) -> None:
    """Take a step again where it failed because somebody else's transactions came before it.

    Raises:
        ChainError: if it failed although nobody changed what it is about.
    """
    for _ in range(_TRIES):
        before = _seen(home, round_id)
        try:
            return act()
        except ChainError:
            if _seen(home, round_id) == before:
                raise
    return act()


def _seen(home: OpenHome, round_id: RoundId | None) -> tuple[object, ...]:
    tournament = home.chain.tournament
    if round_id is None:
        return (tournament.burnable(),)
    return tournament.burnable(), tournament.status(round_id), tournament.facts(round_id)


def _require_not_refused(home: OpenHome, round_id: RoundId) -> None:
    """Refuse to go on where the arbiter ruled that our root is wrong."""
    results = home.lake.seek(places.results(round_id))
    if results is None or home.chain.tournament.status(round_id) != status.RESOLVING:
        return
    if any(
        each.root == results.root and not each.right
        for each in home.chain.tournament.ruled(round_id)
    ):
        until = dates.utc(home.chain.tournament.facts(round_id).terms.propose_by)
        raise ChainError(
            f"round {round_id}: our root {results.root.hex()} was ruled wrong and is not proposed "
            f"again; the round is abandoned at {until}: "
            'see "Our root was ruled wrong" in docs/operating.md'
        )


def _require_own_root(home: OpenHome, round_id: RoundId) -> None:
    """Refuse to settle a final round by a root that does not follow from our table."""
    tournament = home.chain.tournament
    if tournament.status(round_id) != status.FINAL:
        return
    facts = tournament.facts(round_id)
    claimed_by = facts.proposal.final_at + facts.parameters.claim
    if facts.locked == 0 or home.chain.now() >= claimed_by:
        return
    root, ours = facts.proposal.root, home.lake.load(places.results(round_id)).root
    if root != ours:
        raise ChainError(
            f"round {round_id} is final with the root {root.hex()}, ours is {ours.hex()}: "
            f"its leaves stay unsettled until {dates.utc(claimed_by)}: "
            'see "A root that is not ours" in docs/operating.md'
        )
