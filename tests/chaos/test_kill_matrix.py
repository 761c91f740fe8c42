"""kill -9 of operator, node or both at every place of a round: as if nothing had happened."""

from collections import Counter
from dataclasses import fields

import pytest

from tasks.adapters import failpoints
from tests.chaos import ends, hosting
from tests.commands import Outcome

TARGETS = ("program", "node", "both")
POSITIONS = ("first", "middle", "last")
# What is signed is sent when the operator runs again, what is mined is noted by the run whose node
# was killed there, and an earlier round's step sweeps what a later one has paid: one home meets
# some of a round's places only.
GROUPS = {
    "signed and mined": ("signed/", "mined/"),
    "sent and noted": ("sent/", "noted/"),
    "between transactions": ("open", "close", "resolve", "settle"),
}
FEWEST_PLACES = 23
LATE = failpoints.places(0, 0).index("resolve/published/0")
SHORT = (
    ("program", "signed/open/{0}"),
    ("both", "sent/book/{0}"),
    ("node", "noted/open/{1}"),
    ("node", "signed/propose/{0}/0"),
    ("program", "mined/settle/{1}/0/*"),
    ("both", "sent/sweep/2"),
)

killed: Counter = Counter()
found: Counter = Counter()


def kill(home, target, place):
    """Let the operator go on to a place where something dies."""
    changes = {"ERARIUM_FAILPOINT": place, "ERARIUM_FAILPOINT_KILLS": target}
    ended = hosting.run(hosting.play, home, **changes)

    dies = f"failpoint {place}: the chain is killed"
    assert (dies in ended.lines) == (target != "program"), f"{place} was not reached: {ended}"
    if target == "node":
        assert ended.code == 1, ended
        assert len(ended.errors) == 1, ended
        assert ended.errors[0].startswith("program: "), ended
    else:
        assert (ended.code, ended.errors) == (-9, []), f"{place} was not reached: {ended}"


def require_same(home, unbroken):
    """Let the operator finish, and compare with the unbroken tournament."""
    assert hosting.run(hosting.play, home) == hosting.Ended(code=0, lines=[])
    last = ends.of(home)

    faults = last.faults(unbroken)
    found.update({kind: len(names) for kind, names in faults.items()})
    assert faults == {"wrong balances": [], "lost": [], "doubled": []}
    for field in fields(Outcome):
        assert getattr(last.outcome, field.name) == getattr(unbroken.outcome, field.name)
    assert last.diagnosis == unbroken.diagnosis


def in_turn(rounds, group):
    """The places of a group in three rounds, in the order in which a home meets them.

    Each is its number among a round's places, its position and its name.
    """
    met = [
        (number, position, place)
        for position, round_id in enumerate(rounds)
        for number, place in enumerate(failpoints.places(round_id, position))
        if place.startswith(GROUPS[group])
    ]
    # All rounds close before the first one resolves.
    return sorted(met, key=lambda each: (each[0] >= LATE, each[1], each[0]))


def test_unbroken__small_tournament__serves_each_purpose_and_leaf_once(unbroken, rounds):
    outcome = unbroken.outcome
    models = {len(models) for models in outcome.settled.values()}

    assert {state for _, state in outcome.purposes} == {"mined"}
    assert len(outcome.chain) == len(set(outcome.purposes)) == len(outcome.purposes)
    assert (len(outcome.settled), models) == (len(rounds), {6})
    assert unbroken.diagnosis[0].startswith("consistent: ")
    assert unbroken.wei["pool 0"] > 0


def test_kill__each_transaction_with_each_target__tournament_is_the_unbroken_one(
    home, unbroken, rounds
):
    for target, pattern in SHORT:
        kill(home, target, pattern.format(*rounds))

    require_same(home, unbroken)
    print(f"\n{len(SHORT)} kills: 0 wrong balances, 0 lost, 0 doubled")


@pytest.mark.chaos
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("target", TARGETS)
def test_kill__every_place_in_turn__tournament_is_the_unbroken_one(
    home, unbroken, rounds, target, group
):
    places = in_turn(rounds, group)
    for number, position, place in places:
        kill(home, target, place)
        killed[number, position, target] += 1

    require_same(home, unbroken)
    print(f"\n{target}, {group}: {len(places)} kills in one home: as unbroken")


@pytest.mark.chaos
def test_kills__all_places_positions_and_targets__were_fired():
    places = len(failpoints.places(0, 0))
    combinations = places * len(POSITIONS) * len(TARGETS)

    assert places >= FEWEST_PLACES
    assert len(killed) == killed.total() == combinations
    print(
        f"\n{places} places x {len(POSITIONS)} positions x {len(TARGETS)} targets = "
        f"{killed.total()} kills: "
        + ", ".join(f"{found[kind]} {kind}" for kind in ("wrong balances", "lost", "doubled"))
    )
