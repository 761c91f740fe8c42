"""A check: what it needs decides whether it is passed over, not open, or compared."""

from dataclasses import dataclass

import pytest

from tasks.core.checks import Mismatch
from tasks.core.money.units import RoundId
from tasks.verification import listed
from tasks.verification.check import Check, Need, outcomes


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A view with nothing in it but whether it has what is needed."""

    round_id: RoundId | None = RoundId(7)
    has_state: bool = True
    has_key: bool = True


STATE: Need[Looked] = Need(met=lambda view: view.has_state)
KEY: Need[Looked] = Need(met=lambda view: view.has_key, waits=lambda view: "needs the key")


def holds(view):
    return "two and two"


def mismatches(view):
    raise Mismatch("they differ")


def breaks(view):
    raise MemoryError


def lines(view, compare, *needs):
    found = outcomes([Check(name="sum", needs=needs, compare=compare)], view)
    return [outcome.line() for outcome in found]


@pytest.mark.parametrize(
    ("compare", "line"),
    [
        (holds, "ok   round 7: sum: two and two"),
        (mismatches, "FAIL round 7: sum: they differ"),
        (breaks, "FAIL round 7: sum: what is published cannot be read: MemoryError()"),
    ],
)
def test_check__needs_met__says_what_was_compared_or_where_it_fails(compare, line):
    assert lines(Looked(), compare, STATE, KEY) == [line]


def test_check__state_not_there__is_passed_over_whatever_else_it_lacks():
    assert lines(Looked(has_state=False), mismatches, STATE) == []
    assert lines(Looked(has_state=False, has_key=False), mismatches, KEY, STATE) == []


def test_check__closed_to_whoever_looks__is_not_open_and_compares_nothing():
    (line,) = lines(Looked(has_key=False), mismatches, STATE, KEY)

    assert line == "not open: round 7: sum: needs the key"


def test_check__need_that_cannot_be_looked_at__fails():
    unreadable: Need[Looked] = Need(met=mismatches, waits=lambda view: "needs the key")

    assert lines(Looked(), holds, unreadable) == ["FAIL round 7: sum: they differ"]


def test_check__whole_chain__is_named_as_the_chain():
    assert lines(Looked(round_id=None), holds) == ["ok   chain: sum: two and two"]


def test_listed__names__are_told_apart_and_own_ones_need_a_submission():
    names = [check.name for check in listed.CHECKS]

    assert len(set(names)) == len(names)
    assert [check.name for check in listed.OWN] == [
        *("own entry", "own row in the book", "columns"),
        *("own score", "own return", "own leaf", "own money"),
    ]
