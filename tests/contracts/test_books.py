"""The book: factor, reserve, and the shares of a pool that a round and a week may take."""

import pytest

from tasks.core.money import payouts
from tasks.core.money.units import WAD, Wei
from tests.contracts.game import PROFIT, STAKE, START, TOKEN, Game, reverts

WEEK = 604_800


@pytest.fixture
def pools():
    """Return a function that makes a tournament with the pools given and ample stakes."""

    def make(stake, profit=0):
        game = Game(duty_bond=0, bond_floor=0)
        for leg, amount in ((STAKE, stake), (PROFIT, profit)):
            if amount:
                game.fund(leg, amount)
        for who in ("ann", "bob"):
            game.deposit(who, 10_000 * TOKEN)
        return game

    return make


def play(game, at_risk, number=1, opens=START, **changes):
    """Bring a round of one model to its book, and return its facts."""
    game.at(opens)
    made = game.open(number=number, opens=opens, **changes)
    game.enter("ann", at_risk, number=number)
    game.at(made.closes)
    game.book(number)
    return game.tournament.round_facts(number)


def test_book__under_the_threshold__has_factor_one(pools):
    game = pools(10_000 * TOKEN)

    facts = play(game, 2_000 * TOKEN)

    assert facts.factors[STAKE] == WAD
    assert facts.reserves[STAKE] == 500 * TOKEN
    assert game.tournament.pool(STAKE) == 9_500 * TOKEN
    game.check_balance()


def test_book__over_the_threshold__scales_down(pools):
    game = pools(10_000 * TOKEN)

    facts = play(game, 3_000 * TOKEN)

    assert facts.factors[STAKE] == 2_000 * WAD // 3_000
    assert facts.reserves[STAKE] == 3_000 * TOKEN * (2 * WAD // 3) * 250_000_000 // 10**27


def test_book__scarce_pool__lowers_the_factor_and_never_reverts(pools):
    game = pools(1_000 * TOKEN)

    facts = play(game, 2_000 * TOKEN)

    assert facts.factors[STAKE] == WAD * 2 // 5
    assert facts.reserves[STAKE] == 200 * TOKEN


def test_book__tiny_pool__reserves_no_more_than_its_share(pools):
    game = pools(7)

    facts = play(game, 2_000 * TOKEN, profit_clip_nano=0)

    assert facts.reserves[STAKE] <= 1
    assert game.tournament.pool(STAKE) + facts.reserves[STAKE] == 7


# a fifth of nine is one; two fifths are three, of which the second round leaves one
@pytest.mark.parametrize(("week_share", "expected"), [(2_000, [1, 0]), (4_000, [1, 1])])
def test_books__pool_of_nine_wei__shares_of_a_round_and_a_week_round_down(
    pools, week_share, expected
):
    game = pools(9)
    narrow = (game.people["arbiter"], 100, 200, 300, 1_000, 500, 0, 0, 2_000, week_share)
    game.tournament.set_parameters(narrow, sender=game.people["owner"])
    first = START - START % WEEK + WEEK
    small = {"smallest_stake": 1_000, "profit_clip_nano": 0}

    reserves = [
        play(game, 1_000, number=n, opens=first + 1_000 * n, **small).reserves[STAKE]
        for n in (1, 2)
    ]

    assert reserves == expected


def test_book__empty_pools__abandons_without_fault(game, pools):
    game = pools(0)

    play(game, 2_000 * TOKEN)
    game.tournament.abandon(1)

    assert game.status() == 9
    assert game.tournament.logs[0].fault is False
    game.tournament.release(1, game.model("ann"))
    assert game.free("ann") == 10_000 * TOKEN


def test_book__clip_zero__switches_the_leg_off(pools):
    game = pools(1_000 * TOKEN, 1_000 * TOKEN)

    facts = play(game, 2_000 * TOKEN, clip_nano=0)

    assert facts.factors == (0, WAD)
    assert facts.reserves == (0, 100 * TOKEN)


def test_book__profit_leg__has_no_threshold(pools):
    game = pools(100_000 * TOKEN // 10, 9_000 * TOKEN)

    facts = play(game, 8_000 * TOKEN)

    assert facts.factors == (WAD // 4, WAD)
    assert facts.reserves[PROFIT] == 400 * TOKEN


def test_books__one_week__share_what_its_first_found(pools):
    game = pools(1_000 * TOKEN)
    base = 1_000 * TOKEN
    first = START - START % WEEK + WEEK + 1_000

    taken = [
        play(game, 2_000 * TOKEN, number=n, opens=first + n * 1_000).reserves[STAKE]
        for n in range(1, 5)
    ]

    assert taken[:2] == [200 * TOKEN, 160 * TOKEN]
    assert sum(taken) == base * 4_000 // 10_000
    assert taken[3] == 0
    assert game.tournament.last_week(STAKE).reserved == base * 4_000 // 10_000


def test_books__next_week__start_from_the_pool_that_is_left(pools):
    game = pools(1_000 * TOKEN)
    first = START - START % WEEK + WEEK + 1_000
    for n in range(1, 4):
        play(game, 2_000 * TOKEN, number=n, opens=first + n * 1_000)

    facts = play(game, 2_000 * TOKEN, number=9, opens=first + WEEK)

    assert facts.reserves[STAKE] == 600 * TOKEN * 2_000 // 10_000


def test_books__wide_round_then_narrow_share__leaves_nothing_and_does_not_revert(pools):
    game = pools(1_000 * TOKEN)
    first = START - START % WEEK + WEEK + 1_000
    play(game, 2_000 * TOKEN, number=1, opens=first)
    narrow = (game.people["arbiter"], 100, 200, 300, 1_000, 500, 0, 0, 2_000, 100)
    game.tournament.set_parameters(narrow, sender=game.people["owner"])

    facts = play(game, 2_000 * TOKEN, number=2, opens=first + 1_000)

    assert facts.factors == (0, 0)


def test_book__factor_and_reserve__are_the_cores(pools):
    game = pools(777 * TOKEN + 123, 55 * TOKEN + 7)

    facts = play(game, 3_333 * TOKEN + 17)

    for leg, pool, clip, threshold in (
        (STAKE, 777 * TOKEN + 123, 250_000_000, Wei(2_000 * TOKEN)),
        (PROFIT, 55 * TOKEN + 7, 50_000_000, None),
    ):
        available = payouts.available(Wei(pool), 2_000, Wei(pool), 4_000, Wei(0))
        factor = payouts.factor(facts.at_risk, available, clip, threshold)
        assert facts.factors[leg] == factor
        assert facts.reserves[leg] == payouts.reserve(facts.at_risk, factor, clip)


def test_book__by_another__reverts(game):
    game.open(opens=START)
    game.enter("ann", TOKEN)
    game.at(START + 60)

    with reverts("not the operator"):
        game.tournament.record_book(1, b"b" * 32, "", sender=game.people["owner"])


def test_book__second_time__reverts(game):
    game.open(opens=START)
    game.enter("ann", TOKEN)
    game.at(START + 60)
    game.book()

    with reverts("no book due"):
        game.book()


def test_book__unknown_round__reverts(game):
    with reverts("not the operator"):
        game.book(9)
