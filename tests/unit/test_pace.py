import itertools

import numpy as np
import pytest

from tasks.core.data import calendar, pace, simulator
from tasks.core.data.pace import Pace
from tasks.core.errors import InputError

START = 1_700_000_000
MONDAY = np.datetime64("2026-03-02")
DATES = simulator.weekdays(MONDAY, 60)


def fast(**changes):
    return Pace(**{"day_s": 5, "founded_at": START, "history": 7, "round_every": 1} | changes)


def test_known_at__fast_market__stands_still_while_a_round_is_open():
    # Rows 4, 9, 14, ... are Fridays; the first seven days were known at the start.
    moments = pace.known_at(fast(), DATES)

    assert moments[:7] == [START] * 7
    gaps = [later - moment for moment, later in itertools.pairwise(moments[6:15])]
    assert gaps == [*(5, 5, 5), 240, *(5, 5, 5, 5)]


def test_known_at__round_every_second_era__stands_still_for_those_alone():
    moments = pace.known_at(fast(round_every=2), DATES)

    gaps = {day: moments[day + 1] - moments[day] for day in (9, 14, 19)}
    assert gaps == {9: 240, 14: 5, 19: 240}


def test_known_at__real_calendar__is_ten_in_the_evening_of_each_date():
    real = fast(day_s=pace.DAY_S)

    moments = pace.known_at(real, DATES[:2])

    assert moments == [1_772_488_800, 1_772_488_800 + pace.DAY_S]  # 2026-03-02 22:00 UTC


@pytest.mark.parametrize(
    ("after", "known"), [(0, 7), (4, 7), (5, 8), (15, 10), (254, 10), (255, 11)]
)
def test_known_days__fast_market__counts_the_days_that_have_passed(after, known):
    assert pace.known_days(fast(), DATES, START + after) == known


def test_round_times__fast_market__book_is_due_before_the_targets_first_price():
    eras = calendar.find_eras(DATES)
    moments = pace.known_at(fast(), DATES)

    for era in eras[1:4]:
        times = pace.round_times(fast(), DATES, era)

        assert times is not None
        assert times.opens == moments[era.day]
        assert times.closes - times.opens >= 60
        assert times.book_by - times.closes >= 60
        assert times.book_by <= moments[era.day + 1]
        # The 20-day target ends on row day + 21, and is settled a day later.
        assert times.resolves == moments[era.day + 22]


def test_round_times__era_of_the_history__has_none():
    first, second = calendar.find_eras(DATES)[:2]

    assert pace.round_times(fast(), DATES, first) is None
    assert pace.round_times(fast(), DATES, second) is not None
    assert pace.round_times(fast(history=10), DATES, second) is None


def test_round_times__simulated_market_ends_too_early__has_none():
    last = calendar.find_eras(DATES)[-1]

    assert pace.round_times(fast(), DATES, last) is None


def test_round_times__real_calendar__needs_no_later_date():
    real = fast(day_s=pace.DAY_S, history=0)
    friday = calendar.find_eras(DATES[:5])[-1]

    times = pace.round_times(real, DATES[:5], friday)

    # Friday 22:00 to Monday 13:00, book by 19:00.
    assert times == calendar.round_times(DATES, friday.day)
    assert times is not None
    assert times.closes - times.opens == (2 * 24 + 15) * 3_600


def test_scaled__spans__follow_the_market_but_not_below_the_least():
    assert fast().scaled(86_400, 1) == 5
    assert fast().scaled(86_400, 60) == 60
    assert fast(day_s=pace.DAY_S).scaled(86_400, 60) == 86_400


@pytest.mark.parametrize("changes", [{"day_s": 0}, {"day_s": 86_401}, {"round_every": 0}])
def test_pace__that_cannot_be__is_refused(changes):
    with pytest.raises(InputError, match="not"):
        fast(**changes)
