"""Seasons and reputation, against numbers worked by hand."""

from datetime import UTC, datetime

import pytest

from tasks.core.errors import InputError
from tasks.core.money.units import NANO, RoundId
from tasks.core.scoring import seasons
from tasks.core.scoring.seasons import Resolved

A, B, C = b"\1" * 32, b"\2" * 32, b"\3" * 32
NAMES = {A: "zoe", B: "abe", C: "moe"}
WEEK = 7 * 86_400


def at(*date):
    return int(datetime(*date).replace(tzinfo=UTC).timestamp())


FIRST = at(2026, 1, 5)


def rounds(count, returns):
    """Weekly rounds; `returns` gives each round's returns by model, in units of 1."""
    return [
        Resolved(
            round_id=RoundId(100 + number),
            closes=FIRST + number * WEEK,
            returns_nano={m: round(r * NANO) for m, r in returns(number).items()},
        )
        for number in range(count)
    ]


def by_model(board):
    return {row.model: row for row in board.rows}


@pytest.mark.parametrize(
    ("date", "season"),
    [
        ((2026, 1, 1), "2026Q1"),
        ((2026, 3, 31, 23, 59, 59), "2026Q1"),
        ((2026, 4, 1), "2026Q2"),
        ((2026, 9, 30), "2026Q3"),
        ((2026, 12, 31, 23, 59, 59), "2026Q4"),
    ],
)
def test_season_of__edges_of_quarters__belong_to_one(date, season):
    assert seasons.season_of(at(*date)) == season
    assert seasons.check_season(season) == season


@pytest.mark.parametrize("text", ["2026Q5", "2026", "26Q1", "2026q1", "ALL", "2026Q1 ", ""])
def test_check_season__another_word__is_refused(text):
    with pytest.raises(InputError, match="is no season"):
        seasons.check_season(text)


def test_leaderboard__missed_rounds__count_as_nothing_won():
    # A enters four rounds at 0.02, B two of them at 0.02: means 0.02 and 0.01.
    played = rounds(4, lambda number: {A: 0.02} | ({B: 0.02} if number < 2 else {}))

    found = by_model(seasons.leaderboard(played, NAMES, "all", 0))

    assert found[A].reputation.mean == pytest.approx(0.02)
    assert found[B].reputation.mean == pytest.approx(0.01)
    assert (found[A].entered, found[B].entered, found[B].reputation.n) == (4, 2, 4)


def test_leaderboard__alternating_returns__have_the_textbook_mean_and_error():
    # +0.03 and -0.01 by turns, 8 rounds: mean 0.01, sd (ddof 1) 0.02 * sqrt(8 / 7), over sqrt(8).
    played = rounds(8, lambda number: {A: -0.01 if number % 2 else 0.03})

    (row,) = seasons.leaderboard(played, NAMES, "all", 0).rows

    assert row.reputation.mean == pytest.approx(0.01)
    assert row.reputation.error == pytest.approx(0.02 / 7**0.5)


def test_leaderboard__a_season__takes_the_rounds_that_closed_in_it():
    # 5 January + 12 weeks is 30 March, + 13 weeks 6 April.
    played = rounds(15, lambda number: {A: 0.01 if number <= 12 else 0.04, B: 0.0})

    first = seasons.leaderboard(played, NAMES, "2026Q1", 0)
    second = seasons.leaderboard(played, NAMES, "2026Q2", 0)
    empty = seasons.leaderboard(played, NAMES, "2026Q3", 0)

    assert (first.rounds, second.rounds, empty.rounds) == (13, 2, 0)
    assert by_model(first)[A].reputation.mean == pytest.approx(0.01)
    assert by_model(second)[A].reputation.mean == pytest.approx(0.04)
    assert empty.rows == []
    assert seasons.newest(played) == "2026Q2"
    assert seasons.newest([]) is None


def test_leaderboard__nineteen_and_twenty_rounds__by_name_then_in_order():
    def returns(number):
        wave = 0.01 if number % 2 else -0.01
        return {A: 0.05 + wave, B: 0.01 + wave, C: 0.03 + wave}

    few = seasons.leaderboard(rounds(19, returns), NAMES, "all", 0)
    enough = seasons.leaderboard(rounds(20, returns), NAMES, "all", 0)

    assert (few.ordered, [row.model for row in few.rows]) == (False, [B, C, A])
    assert [row.place for row in few.rows] == [None] * 3
    assert (enough.ordered, [row.model for row in enough.rows]) == (True, [A, C, B])
    assert [row.place for row in enough.rows] == [1, 2, 3]


def test_leaderboard__few_effective_rounds__have_no_place():
    # C holds each return for four rounds, so that its 20 rounds are worth far fewer.
    def returns(number):
        return {
            A: 0.05 + (0.01 if number % 2 else -0.01),
            C: 0.02 + (0.01 if number // 4 % 2 else -0.01),
        }

    board = seasons.leaderboard(rounds(20, returns), NAMES, "all", 3)

    found = by_model(board)
    assert board.ordered
    assert found[A].place == 1
    assert found[C].reputation.n_effective < 20
    assert found[C].place is None


def test_leaderboard__rounds_in_any_order__count_by_their_number():
    played = rounds(12, lambda number: {A: number / 100})

    forwards = seasons.leaderboard(played, NAMES, "all", 6)
    backwards = seasons.leaderboard(played[::-1], NAMES, "all", 6)

    assert forwards == backwards
