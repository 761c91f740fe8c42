"""Opening rules: how they are written, and when a matrix is due."""

import pytest

from tasks.core.errors import InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import openings
from tasks.core.protocol.openings import Opening


@pytest.mark.parametrize(
    ("text", "after"),
    [("public", 0), ("sealed", None), ("after 1 rounds", 1), ("after 520 rounds", 520)],
)
def test_parse__a_rule__says_after_how_many_rounds(text, after):
    rule = Opening.parse(text)

    assert (rule.text, rule.after, rule.is_public) == (text, after, text == "public")


@pytest.mark.parametrize(
    "text",
    ["", "Public", "open", "after 0 rounds", "after 521 rounds", "after 03 rounds", "after 3 round",
     "after 3 rounds\n", "after -1 rounds", "after ٣ rounds", " sealed"],
)  # fmt: skip
def test_parse__anything_else__is_refused(text):
    with pytest.raises(InputError, match=r"is not known: it is `public`, `sealed` or `after N"):
        Opening.parse(text)


def test_due_at__enough_later_rounds_are_final__is_when_the_last_of_them_became_so():
    rule = Opening.parse("after 2 rounds")

    assert rule.due_at([300, 100, 200]) == 200
    assert rule.due_at([300]) is None


@pytest.mark.parametrize("text", ["public", "sealed"])
def test_due_at__nothing_opens_later__is_never(text):
    assert Opening.parse(text).due_at([100] * 600) is None


def test_later__rounds_before_and_after__counts_those_after():
    finals = {RoundId(4): 40, RoundId(5): 50, RoundId(7): 70}

    assert openings.later(finals, RoundId(5)) == [70]
