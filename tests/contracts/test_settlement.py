"""Proposals, bonds, leaves, payouts, releases and abandonments."""

import pytest

from tasks.core.money import payouts
from tasks.core.money.units import Wei
from tests.contracts.game import PROFIT, STAKE, START, TOKEN, Game, reverts, tree

QUARTER = 250_000_000
MIN_INT = -(2**255)


@pytest.fixture
def booked(game):
    """Return a game whose round 1 has three entrants and a book; the time is `resolves`."""
    game.fund(PROFIT, 1_000 * TOKEN)
    game.open(opens=START)
    for who, at_risk in (("ann", 100), ("bob", 200), ("cid", 300)):
        game.enter(who, at_risk * TOKEN)
    game.at(START + 60)
    game.book()
    game.at(START + 120)
    return game


@pytest.fixture
def final(booked):
    """Return the game and its rows after a final proposal."""
    rows = booked.rows({"ann": (QUARTER, 0), "bob": (-QUARTER, 0), "cid": (33_333_333, -7)})
    booked.propose(tree(rows).root)
    booked.at(START + 320)
    return booked, rows


def test_propose__operator__pays_a_bond_and_gets_his_duty_bond_back(booked):
    purse = booked.free("operator", "")
    facts = booked.tournament.round_facts(1)

    booked.propose(b"r" * 32)

    bond = payouts.proposal_bond(facts.at_risk, sum(facts.reserves), 500, Wei(10 * TOKEN))
    assert booked.tournament.round_facts(1).proposal.bond == bond == 39 * TOKEN
    assert booked.free("operator", "") == purse + 7 * TOKEN - bond
    booked.check_balance()


def test_propose__second__reverts(booked):
    booked.propose(b"r" * 32)

    with reverts("no proposal due"):
        booked.propose(b"x" * 32)


def test_propose__stranger_while_the_operator_is_alone__reverts(booked):
    with reverts("operator first"):
        booked.propose(b"r" * 32, who="stranger")


def test_propose__small_purse__reverts(booked):
    booked.at(START + 220)

    with reverts("free too small"):
        booked.propose(b"r" * 32, who="ann")


def test_propose__little_at_stake__costs_the_floor(game):
    game.open(opens=START)
    game.enter("ann", TOKEN)
    game.at(START + 60)
    game.book()
    game.at(START + 120)

    game.propose(b"r" * 32)

    assert game.tournament.logs[-1].bond == 10 * TOKEN


def test_strangers_proposal__final__burns_the_duty_bond_and_returns_his(booked):
    booked.at(START + 220)
    rows = booked.rows({"ann": (0, 0), "bob": (0, 0), "cid": (0, 0)})
    purse = booked.free("stranger", "")
    booked.propose(tree(rows).root, who="stranger")
    booked.at(START + 420)

    booked.settle(rows, 0)

    assert booked.free("stranger", "") == purse
    assert booked.tournament.burnable() == 7 * TOKEN
    facts = booked.tournament.round_facts(1)
    assert facts.duty_bond == facts.proposal.bond == 0
    events = [entry.event for entry in booked.tournament.logs]
    assert events == ["BondReturned", "BondBurned", "Settled"]


def test_settle__all_rows__pays_and_burns_by_the_cores_integers(final):
    game, rows = final
    facts = game.tournament.round_facts(1)
    at_risk = {row[0]: game.tournament.locked(1, row[0]) for row in rows}
    free = {row[0]: game.tournament.free(row[0]) for row in rows}

    for index, (model, *returns) in enumerate(rows):
        game.settle(rows, index)
        event = next(e for e in game.tournament.logs if e.event == "Settled")
        legs = list(zip(facts.factors, returns, strict=True))
        paid = sum(payouts.payout(at_risk[model], factor, rate) for factor, rate in legs)
        burned = sum(payouts.burn(at_risk[model], factor, rate) for factor, rate in legs)
        assert (event.payout, event.burn) == (paid, burned)
        assert game.tournament.free(model) == free[model] + at_risk[model] + paid - burned

    game.check_balance()


def test_settle__last_leaf__returns_the_reserves(final):
    game, rows = final

    for index in range(3):
        game.settle(rows, index)

    assert game.tournament.in_rounds() == 0
    returned = [e.leg for e in game.tournament.logs if e.event == "ReserveReturned"]
    assert returned == [STAKE, PROFIT]


def test_settle__twice__reverts(final):
    game, rows = final
    game.settle(rows, 0)

    with reverts("nothing locked"):
        game.settle(rows, 0)


def test_settle__model_that_did_not_enter__reverts(booked):
    rows = sorted([*booked.rows({"ann": (0, 0)}), (b"\x01" * 32, 1, 0)])
    booked.propose(tree(rows).root)
    booked.at(START + 320)

    with reverts("nothing locked"):
        booked.settle(rows, 0)


def test_settle__other_return_than_in_the_root__reverts(final):
    game, rows = final
    # the rows' order is that of random addresses; bob's return could not fall within the clip
    index = rows.index((game.model("ann"), QUARTER, 0))
    model, return_nano, profit_nano = rows[index]
    proof = tree(rows).proof(index)

    for forged in ((return_nano - 1, profit_nano), (return_nano, profit_nano + 1)):
        with reverts("not in the root"):
            game.tournament.settle(1, (model, *forged), proof)


def test_settle__leaf_of_another_round__reverts(booked):
    rows = booked.rows({"ann": (1, 0)})
    booked.propose(tree(rows, number=2).root)
    booked.at(START + 320)

    with reverts("not in the root"):
        booked.settle(rows, 0, number=1)


def test_settle__inner_node_as_a_leaf__reverts(final):
    game, rows = final
    whole = tree(rows)

    with reverts("not in the root"):
        game.tournament.settle(1, rows[0], whole.proof(0)[1:])


@pytest.mark.parametrize(
    "pair",
    [(QUARTER + 1, 0), (-QUARTER - 1, 0), (0, 50_000_001), (0, -50_000_001), (MIN_INT, 0)],
)
def test_settle__beyond_a_clip__reverts(booked, pair):
    rows = booked.rows({"ann": pair})
    booked.propose(tree(rows).root)
    booked.at(START + 320)

    with reverts("beyond the clip"):
        booked.settle(rows, 0)


@pytest.mark.parametrize("pair", [(QUARTER, 50_000_000), (-QUARTER, -50_000_000)])
def test_settle__one_leaf_at_both_clips__is_its_own_root(booked, pair):
    rows = booked.rows({"ann": pair})
    booked.propose(tree(rows).root)
    booked.at(START + 320)

    booked.settle(rows, 0)

    event = booked.tournament.logs[-1]
    assert (event.payout, event.burn) in ((30 * TOKEN, 0), (0, 30 * TOKEN))
    booked.check_balance()


def test_settle_many__bad_leaves_at_either_end__are_skipped_and_named(final):
    game, rows = final
    proofs = [tree(rows).proof(index) for index in range(3)]
    fake = (b"\x01" * 32, 0, 0)
    forged = (rows[0][0], 5, 0)

    game.tournament.settle_many(1, [fake, forged, *rows, rows[0]], [[], [], *proofs, proofs[0]])

    skipped = [(e.model, e.reason) for e in game.tournament.logs if e.event == "Skipped"]
    settled = [e.model for e in game.tournament.logs if e.event == "Settled"]
    assert skipped == [
        (fake[0], "tournament: nothing locked"),
        (forged[0], "tournament: not in the root"),
        (rows[0][0], "tournament: nothing locked"),
    ]
    assert settled == [row[0] for row in rows]
    game.check_balance()


def test_settle_many__missing_proof__reverts(final):
    game, rows = final

    with reverts("lengths differ"):
        game.tournament.settle_many(1, rows, [[]])


def test_settle_many__full_batch__lands(game):
    game.open(opens=START)
    ann = game.people["ann"]
    for index in range(64):
        game.deposit("ann", 2 * TOKEN, name=f"m{index}")
        game.tournament.enter(1, f"m{index}", TOKEN, b"c" * 32, 1, sender=ann)
    game.at(START + 60)
    game.book()
    game.at(START + 120)
    rows = sorted((game.model("ann", f"m{i}"), 1_000 * i, 0) for i in range(64))
    whole = tree(rows)
    game.propose(whole.root)
    game.at(START + 320)

    game.tournament.settle_many(1, rows, [whole.proof(i) for i in range(64)])

    assert game.tournament.round_facts(1).locked == 0
    game.check_balance()


def test_release__unsettled_after_the_claim_window__is_whole(final):
    game, rows = final
    game.settle(rows, 0)
    left = [row[0] for row in rows[1:]]
    locked = {model: game.tournament.locked(1, model) for model in left}
    free = {model: game.tournament.free(model) for model in left}
    game.at(START + 1_320)

    game.tournament.release_many(1, [rows[0][0], *left])

    assert {m: game.tournament.free(m) - free[m] for m in left} == locked
    assert [e.model for e in game.tournament.logs if e.event == "Skipped"] == [rows[0][0]]
    assert game.tournament.in_rounds() == 0
    game.check_balance()


def test_release__first_call_after_final__still_returns_the_bond(final):
    game, rows = final
    game.at(START + 1_320)

    game.tournament.release(1, rows[0][0])

    assert game.tournament.round_facts(1).proposal.bond == 0
    assert game.free("operator", "") == 1_000 * TOKEN


def test_release__nothing_locked__reverts(final):
    game, _ = final
    game.at(START + 1_320)

    with reverts("nothing locked"):
        game.tournament.release(1, b"\x01" * 32)


def test_release__final_or_open__reverts(final):
    game, rows = final

    with reverts("not releasing"):
        game.tournament.release(1, rows[0][0])
    with reverts("not releasing"):
        game.tournament.release_many(1, [rows[0][0]])


def test_abandon__no_entry__returns_the_duty_bond(game):
    game.open(opens=START)
    game.at(START + 60)

    game.tournament.abandon(1, sender=game.people["stranger"])

    assert game.free("operator", "") == 1_000 * TOKEN
    assert [e.event for e in game.tournament.logs] == ["Abandoned", "BondReturned"]


@pytest.mark.parametrize("booked_too", [False, True])
def test_abandon__operator_at_fault__burns_the_duty_bond(game, booked_too):
    game.open(opens=START)
    game.enter("ann", 100 * TOKEN)
    pool = game.tournament.pool(STAKE)
    if booked_too:
        game.at(START + 60)
        game.book()
    game.at(START + 920)

    game.tournament.abandon(1)

    assert game.tournament.logs[0].fault is True
    assert game.tournament.burnable() == 7 * TOKEN
    assert game.tournament.pool(STAKE) == pool
    with reverts("booked already"):
        game.tournament.abandon(1)
    game.tournament.release(1, game.model("ann"))
    assert game.free("ann") == 1_000 * TOKEN


def test_release__abandoned_but_not_booked__books_it_once(game):
    game.open(opens=START)
    game.enter("ann", 100 * TOKEN)
    game.enter("bob", 100 * TOKEN)
    game.at(START + 120)

    game.tournament.release(1, game.model("ann"))
    game.tournament.release(1, game.model("bob"))

    assert game.tournament.burnable() == 7 * TOKEN
    with reverts("booked already"):
        game.tournament.abandon(1)


def test_abandon__unknown_round__reverts(game):
    with reverts("not abandoned"):
        game.tournament.abandon(9)


def test_pair__p_and_one_minus_p__gains_nothing(booked):
    rows = booked.rows({"ann": (QUARTER, 50_000_000), "bob": (-QUARTER, -50_000_000)})
    booked.propose(tree(rows).root)
    booked.at(START + 320)
    before = booked.free("ann") + booked.free("bob")
    at_risk = 300 * TOKEN

    booked.settle(rows, 0)
    booked.settle(rows, 1)

    assert booked.free("ann") + booked.free("bob") <= before + at_risk


def test_everybody_out__drained__leaves_pools_and_donations_to_the_wei():
    game = Game()
    game.fund(STAKE, 10_000 * TOKEN + 3)
    game.fund(PROFIT, 500 * TOKEN + 1)
    game.token.transfer(game.tournament.address, 11, sender=game.people["ann"])
    for who, name in (("ann", "m"), ("bob", "m"), ("cid", "m"), ("operator", "")):
        game.deposit(who, 1_000 * TOKEN + 7, name=name)
    game.open(opens=START)
    for who, at_risk in (("ann", 333), ("bob", 777), ("cid", 999)):
        game.enter(who, at_risk * TOKEN + at_risk)
    game.at(START + 60)
    game.book()
    game.at(START + 120)
    rows = game.rows({"ann": (77_777_777, 1), "bob": (-77_777_777, 3), "cid": (5, -49_999_999)})
    game.propose(tree(rows).root)
    game.at(START + 320)
    for index in range(3):
        game.settle(rows, index)
    game.tournament.sweep()

    for who, name in (("ann", "m"), ("bob", "m"), ("cid", "m"), ("operator", "")):
        game.tournament.withdraw(name, game.free(who, name), sender=game.people[who])

    pools = game.tournament.pool(STAKE) + game.tournament.pool(PROFIT)
    assert game.token.balanceOf(game.tournament.address) == pools + 11
    assert game.tournament.total_free() == game.tournament.in_rounds() == 0
