"""Rounds in which somebody stays away, comes first, or does a thing twice."""

import dataclasses
import json
from collections.abc import Callable
from functools import partial

from tasks.adapters.journal import Journal
from tasks.core.money.units import RoundId
from tasks.core.protocol import events, places, status
from tasks.core.protocol.table import Table
from tasks.core.rules import Economy
from tasks.stages import closing, intake, opening, replay, settling, snapshots
from tests import tournaments
from tests.flows import entries, homes, report_contract, steps
from tests.tournaments import KeysWith

_ECONOMY = Economy()


def events_of(tournament, kind):
    return [e for e in tournament.opened.chain.tournament.events() if isinstance(e, kind)]


def stranger(tournament, name="linear"):
    """Return the home as somebody has it who is neither operator nor keeper."""
    client = tournament.clients[name]
    return dataclasses.replace(
        tournament.opened,
        keys=KeysWith(tournament.opened, operator=client.signer, keeper=client.signer),
        journal=Journal(client.folder / "stranger.sqlite"),
    )


def test_round__without_an_entry__is_abandoned_without_fault(fresh):
    round_id = fresh.rounds[0]
    chain = fresh.opened.chain
    pool = chain.tournament.pool(0)
    steps.start(fresh, round_id)
    steps.close(fresh, round_id)
    abandoned_at_close = chain.tournament.status(round_id)
    steps.resolve(fresh, round_id)
    fresh.settle(round_id)

    (event,) = events_of(fresh, events.Abandoned)
    assert abandoned_at_close == status.ABANDONED
    assert (event.round, event.fault) == (round_id, False)
    assert chain.tournament.facts(round_id).booked is False
    assert chain.tournament.pool(0) == pool
    assert steps.free(fresh) == steps.everything(fresh)
    assert steps.failed(fresh) == []


def test_report__round_that_was_abandoned__leaves_it_without_models(fresh):
    empty, round_id = fresh.rounds[:2]
    for number in (empty, round_id):
        steps.start(fresh, number)
        if number == round_id:
            entries.enter(fresh, number, ["linear", "random"])
        steps.close(fresh, number)
    steps.resolve(fresh, round_id)
    for number in (empty, round_id):
        fresh.settle(number)
    fresh.rounds = [empty, round_id]

    report = homes.finish(fresh)

    assert report_contract.breaches(json.loads(json.dumps(report | {"verified": True}))) == []
    assert report["rounds"][0]["models"] == []
    assert report["rounds"][0]["settlement"]["transactions"] == []
    assert len(report["rounds"][1]["models"]) == 2


def test_round__operator_never_books__is_abandoned_by_a_stranger_with_every_stake_back(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, fresh.clients)
    locked = fresh.opened.chain.tournament.facts(round_id).locked
    fresh.advance(steps.times(fresh, round_id)["book_by"] - 1)
    settling.wind_up(stranger(fresh), round_id)
    still_locked = fresh.opened.chain.tournament.facts(round_id).locked

    fresh.advance(steps.times(fresh, round_id)["book_by"])
    settling.wind_up(stranger(fresh), round_id)

    (event,) = events_of(fresh, events.Abandoned)
    assert locked == still_locked == 6 * entries.AT_RISK
    assert event.fault
    assert steps.free(fresh) == steps.everything(fresh)
    closing.close_round(fresh.opened, round_id)
    assert fresh.opened.lake.find(f"rounds/{round_id}/book") is None
    assert steps.failed(fresh) == []


def test_settlement__one_leaf_settled_by_its_owner__is_finished_by_the_keeper(fresh):
    round_id = fresh.rounds[0]
    tournament = fresh.opened.chain.tournament
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, fresh.clients)
    steps.close(fresh, round_id)
    steps.resolve(fresh, round_id)
    table = Table.from_document(fresh.opened.lake.document(f"rounds/{round_id}/table"))
    mine = stranger(fresh, "random")
    place = [row.model for row in table.rows].index(fresh.clients["random"].model)
    write = tournament.settle(round_id, table.rows[place], table.tree().proof(place))
    mine.chain.send(write, mine.keeper, mine.journal, purpose="my own leaf")
    settled_by_hand = [event.model for event in tournament.settled(round_id)]

    fresh.settle(round_id)

    settled = [event.model for event in tournament.settled(round_id)]
    assert settled_by_hand == [fresh.clients["random"].model]
    assert sorted(settled) == [row.model for row in table.rows]
    assert tournament.skipped(round_id) == []
    assert tournament.in_rounds() == tournament.burnable() == 0
    assert steps.failed(fresh) == []


def test_settlement__nobody_comes_until_the_claim_is_over__gives_every_stake_back(fresh):
    round_id = fresh.rounds[0]
    chain = fresh.opened.chain
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, fresh.clients)
    steps.close(fresh, round_id)
    steps.resolve(fresh, round_id)
    over = chain.tournament.final_at(round_id) + _ECONOMY.claim_s
    fresh.advance(over - 1)
    settling.wind_up(fresh.opened, round_id)
    kept = chain.tournament.facts(round_id).locked

    fresh.advance(over)
    fresh.settle(round_id)

    assert kept == 6 * entries.AT_RISK
    assert steps.free(fresh) == steps.everything(fresh)
    assert chain.tournament.pool(0) == _ECONOMY.stake_pool
    assert chain.tournament.settled(round_id) == []
    assert steps.failed(fresh) == []


def test_stages__each_called_twice__do_nothing_twice(played, fresh):
    opened = fresh.opened
    actions = {
        "open": partial(opening.open_round, opened),
        "enter": fresh.enter,
        "close": fresh.close,
        "resolve": partial(tournaments.resolve, opened),
        "settle": fresh.settle,
    }

    def twice(step: Callable[[RoundId], None], round_id: RoundId) -> None:
        step(round_id)
        before = homes.transactions(fresh), homes.digests(opened.lake)
        step(round_id)
        assert (homes.transactions(fresh), homes.digests(opened.lake)) == before

    doubled = {name: partial(twice, step) for name, step in actions.items()}
    replay.drive(replay.schedule(fresh.dataset, fresh.rounds), fresh.advance, doubled)
    report = homes.finish(fresh)
    snapshots.publish_last(opened, fresh.rounds)

    assert report == played.report
    assert homes.digests(opened.lake) == homes.digests(played.tournament.opened.lake)
    assert homes.transactions(fresh) == homes.transactions(played.tournament)


def test_intake__file_that_comes_after_a_first_look__is_judged_at_the_next(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    client = fresh.clients["linear"]
    plan = entries.prepare(client, round_id)
    entries.commit(client, plan)
    entries.enter(fresh, round_id, ["random"])

    judged = [intake.receive(fresh.opened, round_id)]
    client.deliver(plan)
    judged.append(intake.receive(fresh.opened, round_id))
    steps.close(fresh, round_id)

    book = fresh.opened.lake.document(f"rounds/{round_id}/book")
    assert judged == [1, 1]
    assert [row["status"] for row in book["entrants"]] == ["accepted", "accepted"]


def test_intake__file_that_comes_after_the_close__is_late(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    client = fresh.clients["linear"]
    plan = entries.prepare(client, round_id)
    entries.commit(client, plan)
    entries.enter(fresh, round_id, ["random"])
    intake.receive(fresh.opened, round_id)
    fresh.advance(steps.times(fresh, round_id)["closes"] + intake.GRACE_S)

    client.deliver(plan)
    late = intake.receive(fresh.opened, round_id)
    fresh.close(round_id)

    book = fresh.opened.lake.document(f"rounds/{round_id}/book")
    status_of = {row["name"]: (row["status"], row["reason"]) for row in book["entrants"]}
    assert late == 0
    assert status_of["random"] == ("accepted", None)
    assert status_of["linear"] == ("rejected", "no file was delivered")


def test_intake__receipt_that_a_kill_left_private__is_published_by_the_next_look(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, ["random"])
    intake.receive(fresh.opened, round_id)
    (entry,) = fresh.opened.chain.tournament.entered(round_id)
    name = places.receipt(entry.model, round_id, entry.nonce)
    published = fresh.opened.lake.document_bytes(name)
    (fresh.opened.lake.root / f"{name}.json").unlink()

    judged = intake.receive(fresh.opened, round_id)

    assert judged == 0
    assert fresh.opened.lake.document_bytes(name) == published
