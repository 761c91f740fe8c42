"""Where a round stands: each status with its times, its next step, its duties and its troubles."""

import json
from dataclasses import replace

import pytest

from tasks.core.errors import InputError
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import dates, round_state, status
from tasks.core.protocol.round_duties import Host, Seen
from tasks.core.protocol.round_state import Outcome
from tests.unit import fake_rounds as fakes
from tests.unit.fake_rounds import (
    BOOK_BY,
    CLOSES,
    FINAL_AT,
    HOUR,
    NOW,
    OPENS,
    PROPOSE_BY,
    RESOLVES,
    RULE_BY,
)

ROUND = RoundId(7)
BOOKED_AT = CLOSES + 60
TABLE = "ab" * 32
HOST = Host(approves=True, patience_s=HOUR)
MOVED = Outcome(settled=2, released=1, payout=Wei(3), burn=Wei(2), last_at=FINAL_AT + 5)

RESULTS = {"table": TABLE}
APPROVED = {"table": TABLE, "is_approved": True}
REVEAL = {"reveal_at": FINAL_AT + 7}
CLAIMED = FINAL_AT + HOUR


def state_at(now, state, seen=None, facts=None, host=HOST):
    """Return where a round stands whose facts are those of a status, or changed."""
    seen = Seen(
        round_id=ROUND,
        facts=fakes.facts(state, **facts or {}),
        opened_at=NOW,
        booked_at=BOOKED_AT,
        **seen or {},
    )
    return round_state.round_state(seen, now, host)


# status at a time; what lake and contract hold besides; since when; what is next, and from when
# on; the host's duties. "(score)" is a duty that moves nothing.
TABLE_OF_STATES = [
    ("scheduled", NOW, {}, {}, "scheduled", NOW, ("enter", OPENS), ["close"]),
    ("open", OPENS, {}, {}, "open", OPENS, ("close", CLOSES), ["close"]),
    ("closed", CLOSES, {}, {}, "closed", CLOSES, ("close", CLOSES), ["close"]),
    ("booked", BOOK_BY, {}, {}, "booked", BOOKED_AT, ("resolve", RESOLVES), ["score", "resolve"]),
    ("booked, scored", BOOK_BY, {"days": (9, 20)}, {}, "booked, day 9 of 20", BOOKED_AT,
     ("resolve", RESOLVES), ["score", "resolve"]),
    ("resolving", RESOLVES, {}, {}, "resolving", RESOLVES, ("resolve", RESOLVES), ["resolve"]),
    ("resolving", RESOLVES, {"days": (20, 20)}, {}, "resolving", RESOLVES,
     ("resolve", RESOLVES), ["resolve"]),
    ("resolving", RESOLVES, RESULTS, {}, "resolving", RESOLVES, ("approve", RESOLVES),
     ["approve"]),
    ("resolving", RESOLVES, APPROVED, {}, "resolving", RESOLVES, ("settle", RESOLVES),
     ["settle"]),
    ("proposed", RESOLVES + HOUR, APPROVED, {}, "proposed", FINAL_AT - HOUR,
     ("settle", FINAL_AT), ["settle"]),
    ("challenged", RESOLVES + HOUR, APPROVED, {}, "challenged", RULE_BY - 2 * HOUR,
     ("rule", RULE_BY), []),
    ("final", FINAL_AT, {}, {}, "final", FINAL_AT, ("settle", FINAL_AT), ["settle"]),
    ("final", CLAIMED, {}, {}, "final", FINAL_AT, ("keep", FINAL_AT), ["keep"]),
    ("final, paid", CLAIMED, {}, {"locked": 0}, "settled", FINAL_AT, None, []),
    ("final, paid", CLAIMED, REVEAL, {"locked": 0}, "settled", FINAL_AT,
     ("reveal", FINAL_AT + 7), ["reveal"]),
    ("final", FINAL_AT, REVEAL, {}, "final", FINAL_AT, ("settle", FINAL_AT),
     ["settle", "reveal"]),
    ("abandoned", PROPOSE_BY, {}, {}, "abandoned", PROPOSE_BY, ("keep", PROPOSE_BY), ["keep"]),
    ("abandoned", PROPOSE_BY, {}, {"abandoned": True}, "abandoned", PROPOSE_BY,
     ("keep", PROPOSE_BY), ["keep"]),
    ("abandoned", PROPOSE_BY, {}, {"abandoned": True, "locked": 0}, "abandoned", PROPOSE_BY,
     None, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "now", "seen", "facts", "words", "since", "ahead", "duties"), TABLE_OF_STATES
)
def test_round_state__each_status__has_its_times_its_next_step_and_its_duties(
    state, now, seen, facts, words, since, ahead, duties
):
    number = status.NAMES.index(state.partition(",")[0])

    found = state_at(now, number, seen, facts)

    assert (found.state, found.words, found.since) == (number, words, since)
    assert (found.next and (found.next.step, found.next.due_at)) == ahead
    assert [duty.step for duty in found.duties] == duties
    assert found.waits_for_a_person == (ahead is not None and ahead[0] == "approve")
    assert found.troubles == (
        (f"challenged: its arbiter rules before {dates.utc(RULE_BY)}",)
        if number == status.CHALLENGED
        else ()
    )


@pytest.mark.parametrize(
    ("state", "facts", "now", "since"),
    [
        # Nobody entered; nobody booked it; its factors are zero; a challenge was not ruled on.
        (status.OPEN, {"entrants": 0, "locked": 0}, CLOSES, CLOSES),
        (status.OPEN, {}, BOOK_BY, BOOK_BY),
        (status.BOOKED, {"factors": (0, 0)}, BOOK_BY, BOOKED_AT),
        (status.CHALLENGED, {}, RULE_BY, RULE_BY),
    ],
)
def test_round_state__abandoned_in_each_way__says_since_when_and_is_kept(state, facts, now, since):
    found = state_at(now, state, facts=facts)

    assert (found.status, found.since) == ("abandoned", since)
    assert found.next.step == "keep"
    assert found.due == list(found.duties)
    assert found.troubles == ()


@pytest.mark.parametrize(
    ("host", "step", "waits"),
    [
        (HOST, "approve", True),
        (replace(HOST, approves=False), "settle", False),
        (None, "settle", False),
    ],
)
def test_round_state__results_published__only_the_host_knows_of_the_approval(host, step, waits):
    found = state_at(RESOLVES, status.RESOLVING, RESULTS, host=host)

    assert (found.next.step, found.waits_for_a_person) == (step, waits)


@pytest.mark.parametrize("state", fakes.AT)
def test_round_state__looked_at_from_outside__is_the_hosts_but_for_what_is_late(state):
    now = fakes.AT[state] + 10

    host, stranger = (state_at(now, state, host=each) for each in (HOST, None))

    assert stranger == replace(host, troubles=stranger.troubles)


def test_round_state__waits_too_long__is_late_for_its_host_alone():
    half = CLOSES + HOUR // 2

    on_time = state_at(half, status.CLOSED)
    late = state_at(half + 1, status.CLOSED)
    stranger = state_at(half + 1, status.CLOSED, host=None)

    said = f"close is late since {dates.utc(CLOSES)}; too late at {dates.utc(BOOK_BY)}"
    assert (on_time.troubles, late.troubles, stranger.troubles) == ((), (said,), ())


def test_round_state__score_was_due_for_hours__is_no_trouble_and_not_what_is_next():
    found = state_at(RESOLVES - 1, status.BOOKED)

    assert [duty.step for duty in found.due] == ["score"]
    assert found.next.text(found.now) == f"resolve at {dates.utc(RESOLVES)}"
    assert found.troubles == ()


def test_round_state__approval_waits_for_long__says_for_whom():
    found = state_at(RESOLVES + HOUR + 1, status.RESOLVING, RESULTS)

    assert found.troubles[0].startswith(f"approve waits for a person since {dates.utc(RESOLVES)}")


def test_with_outcome__settled__is_so_since_its_last_leaf():
    paid = state_at(CLAIMED, status.FINAL, facts={"locked": 0})
    half = state_at(FINAL_AT + 9, status.FINAL)

    assert paid.with_outcome(MOVED).since == FINAL_AT + 5
    assert half.with_outcome(MOVED).since == FINAL_AT
    assert paid.with_outcome(replace(MOVED, last_at=None)).since == FINAL_AT


def test_document__of_a_round__has_amounts_as_text_and_tells_what_was_not_asked_for():
    found = state_at(CLAIMED, status.FINAL)

    asked, bare = found.with_outcome(MOVED).document(), found.document()

    assert json.loads(json.dumps(asked)) == asked
    assert (asked["at_risk"], asked["payout"], asked["settled"]) == (str(30 * WAD), "3", 2)
    assert (bare["payout"], bare["settled"]) == (None, None)
    assert (asked["next"], asked["next_step"], asked["next_at"]) == (
        "keep is due",
        "keep",
        FINAL_AT,
    )


def test_find__round_that_nobody_opened__is_refused():
    found = state_at(NOW, status.SCHEDULED)

    assert round_state.find([found], ROUND) is found
    with pytest.raises(InputError, match="round 8 does not exist: nobody opened it"):
        round_state.find([found], RoundId(8))
