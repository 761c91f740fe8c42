"""What operators, modellers and strangers have tried, and what stands in their way."""

import dataclasses
from dataclasses import replace

import pytest

from tasks.adapters import tables
from tasks.client import entering
from tasks.client.modeller import Client
from tasks.core.errors import ChainError, LakeError
from tasks.core.money.units import WAD, Wei
from tasks.core.protocol import places
from tasks.stages import dataset, reporting
from tests import tournaments
from tests.flows import entries, steps


def test_duplicates__original_raises_its_stake_after_the_copy__keeps_its_precedence(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    original, copy = fresh.clients["lgbm-01"], fresh.clients["copy"]
    entry = entries.entry(original, round_id)
    entering.enter([original], round_id, {original.name: entry})
    entering.enter([copy], round_id, {copy.name: entry})
    higher = dataclasses.replace(entry, at_risk=Wei(entry.at_risk + WAD))
    entering.enter([original], round_id, {original.name: higher})

    steps.close(fresh, round_id)

    book = fresh.opened.lake.document(f"rounds/{round_id}/book")
    assert book["contents"]["duplicates"] == {copy.model.hex(): original.model.hex()}
    assert steps.failed(fresh) == []


def test_benchmark__exchanged_after_the_round_opened__is_found_by_verify(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, fresh.clients)
    vault = fresh.opened.vault
    data = dataset.newest(vault)
    (place,) = [e for e in data.eras if int(e.name) == round_id]
    era = tables.read_table(vault.read(place.object))
    column = era.column_names.index("benchmark")
    other = era.set_column(column, "benchmark", [1.0 - era["benchmark"].to_numpy()])
    changed = replace(place, object=vault.put(tables.table_bytes(other), ".parquet"))
    eras = tuple(changed if era is place else era for era in data.eras)
    dataset.publish(vault, replace(data, eras=eras))
    steps.close(fresh, round_id)
    steps.resolve(fresh, round_id)

    failed = steps.failed(fresh)

    assert failed == [
        f"FAIL round {round_id}: benchmark: the book's benchmark is not the one that was "
        "published when the round opened"
    ]


def test_round__stranger_proposes__has_to_wait_for_the_operator(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, fresh.clients)
    steps.close(fresh, round_id)
    fresh.advance(steps.times(fresh, round_id)["resolves"])
    client = fresh.clients["random"]
    write = client.chain.tournament.propose(
        round_id, root=bytes(31) + b"x", table=bytes(32), targets=bytes(32), uri=""
    )

    with pytest.raises(ChainError, match="operator first"):
        client.chain.send(write, client.signer, client.journal, purpose="a false root")

    steps.resolve(fresh, round_id)
    fresh.settle(round_id)
    assert steps.failed(fresh) == []


def test_log__uri_that_is_no_text__is_read_by_everybody(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, fresh.clients)
    steps.close(fresh, round_id)
    later = steps.times(fresh, round_id)["resolves"] + fresh.opened.economy.propose_window_s - 60
    fresh.advance(later)
    client = fresh.clients["random"]
    write = client.chain.tournament.propose(
        round_id, root=bytes(31) + b"x", table=bytes(32), targets=bytes(32), uri="?!"
    )
    odd = dataclasses.replace(write, data=write.data.replace(b"?!", b"\xff\xfe"))
    client.chain.send(odd, client.signer, client.journal, purpose="a false root")

    (event,) = client.chain.tournament.proposed(round_id)
    tournaments.resolve(fresh.opened, round_id)
    fresh.settle(round_id)

    assert event.uri == r"\xff\xfe"
    assert client.chain.tournament.settled(round_id) == []
    assert any(f"round {round_id}: root:" in line for line in steps.failed(fresh))


def test_inbox__link_to_a_file_of_the_operator__is_a_rejection_and_no_crash(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    client = fresh.clients["linear"]
    plan = entries.prepare(client, round_id)
    entries.commit(client, plan)
    entries.enter(fresh, round_id, ["random"])
    place = client.lake.root / places.inbox(client.model, round_id, plan.commitment)
    place.parent.mkdir(parents=True)
    place.symlink_to(fresh.home.root / "home.json")

    steps.close(fresh, round_id)

    book = fresh.opened.lake.document(f"rounds/{round_id}/book")
    reasons = {row["name"]: row["reason"] for row in book["entrants"]}
    assert reasons == {"linear": "the file is a link: hand in the file itself", "random": None}


def test_deliver__another_file_lies_in_the_inbox__is_told_to_the_modeller(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    client = fresh.clients["linear"]
    plan = entries.prepare(client, round_id)
    entries.put(client, plan, b"junk")

    with pytest.raises(LakeError, match="another file lies at"):
        client.deliver(plan)
    assert not client.has_entered(round_id)


def test_report__two_models_of_one_name__are_told_apart(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    entries.enter(fresh, round_id, ["linear", "random"])
    namesake = Client(
        name="random",
        folder=fresh.home.root / "clients" / "namesake",
        seed=7,
        signer=fresh.opened.keys.signer("guardian"),
        chain=fresh.opened.chain,
        lake=fresh.opened.lake,
    )
    grant = fresh.opened.chain.token.transfer(namesake.signer.address, Wei(200 * WAD))
    deployer = fresh.opened.keys.signer("deployer")
    fresh.opened.chain.send(grant, deployer, fresh.opened.journal, purpose="grant/namesake")
    namesake.deposit(Wei(200 * WAD), label="namesake")
    entering.enter([namesake], round_id, {"random": entries.entry(namesake, round_id)})
    steps.close(fresh, round_id)
    steps.resolve(fresh, round_id)
    fresh.settle(round_id)

    report = reporting.build(fresh.opened.lake, fresh.opened.chain, [round_id])

    names = sorted(row["model"] for row in report["rounds"][0]["models"])
    assert [name.partition("@")[0] for name in names] == ["linear", "random", "random"]
    assert len(set(names)) == 3, names
    assert len(report["balances"]) == len(names) == 3
