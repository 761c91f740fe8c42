"""Where rounds stand: the words, the next step, what is late, and a round in full."""

import numpy as np
import pytest

from tasks.adapters.lake import Lake
from tasks.core.data.pace import DAY_S, Pace
from tasks.core.money.units import NANO, WAD, RoundId
from tasks.core.protocol import places, status
from tasks.stages import overview, round_details
from tasks.stages.open_home import Mode, View
from tests import documents
from tests.unit import fake_rounds as fakes
from tests.unit.fake_rounds import ANN, BOB, CID, HOUR, Contract

ROUND = RoundId(7)
PACE = Pace(day_s=DAY_S, founded_at=0, history=0, round_every=1)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def look(lake, contract, now, approval="required"):
    mode = Mode(pace=PACE, approval=approval)
    chain = fakes.chain(contract, now)
    return overview.read(View(lake=lake, vault=Lake(lake.root / "vault"), chain=chain, mode=mode))


def test_read__rounds_of_several_statuses__gives_the_newest_first_with_their_troubles(lake):
    contract = Contract(r5=status.BOOKED, r6=status.PROPOSED, r7=status.CHALLENGED)

    found = look(lake, contract, fakes.BOOK_BY)

    assert [state.round_id for state in found.under_way] == [7, 6, 5]
    ((number, message),) = found.troubles
    assert (number, message[:11]) == (7, "challenged:")


def test_read__scores_of_some_days__say_how_far_a_booked_round_is(lake):
    contract = Contract(r7=status.BOOKED)
    fakes.publish(lake, 7)
    for days in (2, 9):
        lake.publish(places.day_scores(ROUND, days), fakes.day_scores(7, days, ann=1))

    (line,) = look(lake, contract, fakes.BOOK_BY).under_way

    assert line.words == "booked, day 9 of 20"


@pytest.mark.parametrize(("approval", "waits"), [("required", True), ("auto", False)])
def test_read__results_published__wait_for_a_person_if_one_has_to_look(lake, approval, waits):
    lake.publish(places.results(ROUND), documents.results(7))

    found = look(lake, Contract(r7=status.RESOLVING), fakes.RESOLVES, approval)

    assert [line.round_id for line in found.for_a_person] == [7] * waits
    assert found.under_way[0].next.step == ("approve" if waits else "settle")


def test_read__nobody_closed_in_time__is_trouble(lake):
    found = look(lake, Contract(r7=status.CLOSED), fakes.CLOSES + HOUR // 2 + 60)

    (line,) = found.under_way
    assert line.troubles[0].startswith("close is late since ")
    assert found.troubles == [(7, line.troubles[0])]


def test_read__many_settled_rounds__shows_the_newest_and_counts_the_others(lake):
    contract = Contract(**{f"r{number}": status.FINAL for number in range(1, 12)})
    for number in range(1, 12):
        contract.changes[number] = {"locked": 0}
        contract.events["settled", number] = [fakes.settled(ANN, 3, 0), fakes.settled(BOB, 0, 2)]

    found = look(lake, contract, fakes.FINAL_AT + HOUR)

    assert [line.round_id for line in found.over] == list(range(11, 3, -1))
    assert (found.older, found.under_way) == (3, [])
    newest = found.over[0]
    assert (newest.words, newest.since, newest.next) == ("settled", fakes.FINAL_AT + 5, None)
    assert (newest.outcome.payout, newest.outcome.burn) == (3, 2)


def test_details__provisional_scores__say_what_they_would_pay(lake):
    contract = Contract(r7=status.BOOKED)
    fakes.publish(lake, 7, reasons={"cid": "not delivered"}, duplicates={BOB: ANN})
    document = fakes.day_scores(7, 4, ann=NANO // 10, bob=-NANO // 20)
    lake.publish(places.day_scores(ROUND, 4), document)

    found = round_details.read(lake, fakes.chain(contract), ROUND)

    ann, cid, bob = found.entries
    assert found.days == (4, 20)
    assert (ann.model, ann.rate, ann.payout, ann.burn) == ("ann", 0.1, WAD, 0)
    assert (bob.model, bob.rate, bob.payout, bob.burn) == ("bob", -0.05, 0, WAD // 2)
    assert (bob.copies, ann.copies) == ("ann", None)
    assert (cid.status, cid.reason, cid.payout) == ("rejected", "not delivered", 0)
    assert found.scored == [ann, bob]
    assert found.blends == {"meta_model": 0.02, "equal_weight": None, "benchmark": 1e-6}


def test_details__settled__is_what_the_chain_paid(lake):
    contract = Contract(r7=status.FINAL)
    contract.changes[7] = {"locked": 0}
    contract.events["settled", 7] = [
        fakes.settled(ANN, 5, 0, NANO // 4), fakes.settled(BOB, 0, 6), fakes.settled(CID, 0, 0),
    ]  # fmt: skip
    contract.events["proposed", 7] = [fakes.event("0xee", fakes.RESOLVES)]
    fakes.publish(lake, 7)
    lake.publish(places.scores(RoundId(7)), fakes.scores(7, ann=NANO // 10, bob=-NANO // 20, cid=0))

    found = round_details.read(lake, fakes.chain(contract), ROUND)

    assert found.days is None
    paid = {each.model: (each.payout, each.burn, each.rate) for each in found.entries}
    assert paid == {"ann": (5, 0, 0.25), "bob": (0, 6, 0.0), "cid": (0, 0, 0.0)}
    assert [what for what, *_ in found.transactions] == [
        "opened", "book recorded", "root proposed", *["settled 1 leaf"] * 3,
    ]  # fmt: skip


def test_series__settled_rounds__are_in_order_with_gaps(lake):
    contract = Contract(r9=status.FINAL, r8=status.FINAL, r7=status.FINAL, r6=status.OPEN)
    for number in (8, 9):
        contract.changes[number] = {"locked": 0}
        contract.events["settled", number] = [fakes.settled(ANN, 2 * WAD, 0)]
        fakes.publish(lake, number)
    lake.publish(places.scores(RoundId(8)), fakes.scores(8, ann=NANO // 10))
    lake.publish(places.scores(RoundId(9)), fakes.scores(9, ann=NANO // 5, bob=NANO // 10))

    found = round_details.series(lake, fakes.chain(contract))

    assert found.rounds == [8, 9]
    assert found.amounts["at risk"].tolist() == [30.0, 30.0]
    assert found.amounts["payout"].tolist() == [2.0, 2.0]
    np.testing.assert_array_equal(found.models["bob"], [np.nan, 0.1])
    assert found.n_models == 3
    assert [band.name for band in found.bands] == ["meta-model", "equal weight", "benchmark"]
    assert found.means["ann"]["mean"] == pytest.approx(0.15)
    assert found.means["cid"] is None


def test_series__nothing_settled__is_none(lake):
    assert round_details.series(lake, fakes.chain(Contract(r7=status.BOOKED))) is None
