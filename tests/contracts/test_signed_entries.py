"""Entries by signature, handed in by a stranger: which count, and what is said of the others."""

import boa
import pytest

from tests.contracts import evm
from tests.contracts.game import START, TOKEN, reverts
from tests.contracts.tokens import GROUP_ORDER


@pytest.fixture
def opened(game):
    """Return a game whose round 1 is open for a minute; ann has 1,000 tokens free."""
    game.open(opens=START)
    return game


def hand_in(game, *entries, number=1):
    """Hand entries in; return the models that landed and the reasons of the others by model."""
    game.tournament.enter_many(number, entries, sender=game.people["stranger"])
    landed = [event.model for event in game.tournament.logs if event.event == "Entered"]
    skipped = {e.model: e.reason for e in game.tournament.logs if e.event == "Skipped"}
    return landed, skipped


def reason_of(game, entry, who="ann"):
    """Return why the contract skips an entry, which must change nothing."""
    before = game.tournament.round_facts(1)
    landed, skipped = hand_in(game, entry)
    assert landed == []
    assert game.tournament.round_facts(1) == before
    return skipped[game.model(who, entry[1])].removeprefix("tournament: ")


def test_enter_many__signed_by_the_owner__locks_as_his_own_call_would(opened):
    with boa.env.anchor():
        opened.enter("ann", 9 * TOKEN, nonce=3)
        own, events = opened.tournament.round_facts(1), opened.tournament.logs

    landed, skipped = hand_in(opened, opened.sign("ann", at_risk=9 * TOKEN, nonce=3))

    assert (landed, skipped) == ([opened.model("ann")], {})
    assert opened.tournament.round_facts(1) == own
    assert opened.tournament.logs == events
    assert opened.tournament.nonces(1, opened.model("ann")) == 3
    opened.check_balance()


def test_enter_many__after_the_owners_own_call__follows_the_same_nonces(opened):
    opened.enter("ann", 5 * TOKEN, nonce=4)

    assert reason_of(opened, opened.sign("ann", at_risk=6 * TOKEN, nonce=4)) == "nonce too low"
    assert reason_of(opened, opened.sign("ann", at_risk=5 * TOKEN - 1, nonce=5)) == (
        "stake may not fall"
    )
    landed, _ = hand_in(opened, opened.sign("ann", at_risk=6 * TOKEN, nonce=5))

    assert landed == [opened.model("ann")]


def test_enter_many__same_entry_twice__lands_once(opened):
    entry = opened.sign("ann")

    landed, skipped = hand_in(opened, entry, entry)

    assert landed == [opened.model("ann")]
    assert skipped == {opened.model("ann"): "tournament: nonce too low"}


def test_enter_many__older_nonce_handed_in_late__is_skipped(opened):
    older = opened.sign("ann", nonce=1)
    hand_in(opened, opened.sign("ann", nonce=2))

    assert reason_of(opened, older) == "nonce too low"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"at_risk": TOKEN - 1}, "stake too small"),
        ({"at_risk": 0}, "stake too small"),
        ({"at_risk": 1_000 * TOKEN + 1}, "free too small"),
        ({"at_risk": 2**256 - 1}, "free too small"),
        ({"nonce": 0}, "nonce too low"),
        ({"name": ""}, "no name"),
        ({"name": "other"}, "free too small"),
    ],
)
def test_enter_many__signed_but_against_the_rules__is_skipped_and_named(opened, changes, reason):
    assert reason_of(opened, opened.sign("ann", **changes)) == reason


@pytest.mark.parametrize(("seconds", "lands"), [(1, True), (0, False), (-1, False)])
def test_enter_many__around_its_deadline__counts_before_it_alone(opened, seconds, lands):
    entry = opened.sign("ann", deadline=START + 10)
    opened.at(START + 10 - seconds)

    if lands:
        assert hand_in(opened, entry)[0] == [opened.model("ann")]
    else:
        assert reason_of(opened, entry) == "signature expired"


def test_enter_many__signed_by_another__is_skipped(opened):
    assert reason_of(opened, opened.sign("ann", by="bob")) == "bad signature"


@pytest.mark.parametrize("place", [2, 3, 4, 5, 6, 7, 8])
def test_enter_many__one_field_changed_after_signing__is_skipped(opened, place):
    entry = list(opened.sign("ann", deadline=START + 50))
    changed = entry[place]
    entry[place] = (
        changed + 1 if isinstance(changed, int) else bytes([changed[0] ^ 1]) + changed[1:]
    )

    assert reason_of(opened, tuple(entry)) == "bad signature"


def test_enter_many__name_of_another_model_of_the_owner__is_skipped(opened):
    opened.deposit("ann", 5 * TOKEN, name="n")
    entry = opened.sign("ann")

    assert reason_of(opened, (entry[0], "n", *entry[2:])) == "bad signature"


def test_enter_many__twin_with_a_high_s__is_skipped(opened):
    *fields, v, r, s = opened.sign("ann")
    twin = (*fields, 55 - v, r, (GROUP_ORDER - int.from_bytes(s)).to_bytes(32))

    assert reason_of(opened, twin) == "bad signature"


def test_enter_many__broken_signature_of_nobody__is_bad(opened):
    _, *fields = opened.sign("ann")
    nobody = ("0x" + "00" * 20, *fields[:-3], 0, bytes(32), bytes(32))

    landed, skipped = hand_in(opened, nobody)

    assert landed == []
    assert list(skipped.values()) == ["tournament: bad signature"]


def test_enter_many__signed_for_another_chain__is_skipped(opened):
    boa.env.evm.patch.chain_id = evm.PRIVATE + 1
    entry = opened.sign("ann")
    boa.env.evm.patch.chain_id = evm.PRIVATE

    assert reason_of(opened, entry) == "bad signature"


def test_enter_many__signed_before_the_chain_forked__is_skipped_on_the_fork(opened):
    entry = opened.sign("ann")
    boa.env.evm.patch.chain_id = evm.PRIVATE + 1

    assert reason_of(opened, entry) == "bad signature"


@pytest.mark.parametrize("field", ["salt", "verifyingContract"])
def test_enter_many__signed_for_another_deployment__is_skipped(opened, field, monkeypatch):
    other = opened.domain() | {field: b"t" * 32 if field == "salt" else opened.token.address}
    monkeypatch.setattr(opened, "domain", lambda: other)
    entry = opened.sign("ann")

    assert reason_of(opened, entry) == "bad signature"


def test_enter_many__signed_for_another_round__is_skipped(opened):
    opened.open(number=2, opens=START)

    assert reason_of(opened, opened.sign("ann", number=2)) == "bad signature"


def test_enter_many__same_round_of_a_twin_chain_under_other_terms__is_skipped(game):
    """A chain that was started anew has the same id, addresses, salt and round numbers."""
    with boa.env.anchor():
        game.open(opens=START, smallest_stake=TOKEN // 2)
        entry = game.sign("ann")
    game.open(opens=START)

    assert reason_of(game, entry) == "bad signature"


@pytest.mark.parametrize("bad", [0, 63])
def test_enter_many__one_bad_of_64_at_either_end__63_land_and_one_is_named(opened, bad):
    opened.deposit("ann", 1_000 * TOKEN, name="m0")
    for number in range(1, 64):
        opened.deposit("ann", 2 * TOKEN, name=f"m{number}")
    entries = [opened.sign("ann", name=f"m{number}") for number in range(64)]
    entries[bad] = opened.sign("ann", name=f"m{bad}", by="bob")

    landed, skipped = hand_in(opened, *entries)

    assert len(landed) == 63
    assert skipped == {opened.model("ann", f"m{bad}"): "tournament: bad signature"}
    assert opened.tournament.round_facts(1).entrants == 63
    opened.check_balance()


@pytest.mark.parametrize("when", [START - 1, START + 60])
def test_enter_many__before_the_opening_or_from_the_close_on__reverts(game, when):
    game.at(START - 10)
    game.open(opens=START)
    entry = game.sign("ann", deadline=START + 100)
    game.at(when)

    with reverts("not open"):
        hand_in(game, entry)


def test_deliver__open_round__logs_the_file_and_moves_nothing(opened):
    sealed = bytes(range(256)) * 256
    owed = opened.tournament.assets()

    opened.tournament.deliver(1, "m", sealed, sender=opened.people["ann"])

    (event,) = opened.tournament.logs
    assert (event.model, event.owner) == (opened.model("ann"), opened.people["ann"].lower())
    assert (event.name, event.sealed) == ("m", sealed)
    assert opened.tournament.assets() == owed


def test_deliver__over_64_kib_or_closed_or_unnamed__reverts(opened):
    deliver, ann = opened.tournament.deliver, opened.people["ann"]

    with pytest.raises(evm.Reverted):
        deliver(1, "m", bytes(65_537), sender=ann)
    with reverts("no name"):
        deliver(1, "", b"x", sender=ann)
    for name in ("UPPER", b"\xff\xfe", "a\n"):
        with reverts("bad name"):
            deliver(1, name, b"x", sender=ann)
    opened.at(START + 60)
    with reverts("not open"):
        deliver(1, "m", b"x", sender=ann)
