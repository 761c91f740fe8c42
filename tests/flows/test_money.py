"""Where the money of a played tournament went: to the wei, by the report and by the chain."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core.money.units import WAD
from tasks.core.protocol import book as books
from tasks.core.protocol import events, status
from tasks.core.rules import Economy
from tests.flows import report_contract

_SCRIPT = Path(__file__).with_name("chain_sums.py")
_ECONOMY = Economy()


def rows_of(played, model):
    """Return a model's row of each round, in order."""
    entries = played.report["rounds"]
    return [row for entry in entries for row in entry["models"] if row["model"] == model]


def test_play__rounds_overlap__all_are_settled_and_nothing_stays_locked(played):
    tournament = played.tournament.opened.chain.tournament
    terms = [tournament.facts(round_id).terms for round_id in played.rounds]

    states = [tournament.status(round_id) for round_id in played.rounds]
    settled = [len(tournament.settled(round_id)) for round_id in played.rounds]

    assert terms[-1].opens < terms[0].resolves, "the rounds must overlap for this to mean much"
    assert states == [status.FINAL] * 3
    assert settled == [6] * 3
    assert tournament.in_rounds() == tournament.burnable() == 0


def test_supply__after_every_sweep__fell_by_the_burns_so_far(played):
    chain = played.tournament.opened.chain
    burned = swept = sweeps = 0

    for event in chain.tournament.events():
        if isinstance(event, events.Settled):
            burned += event.burn
        elif isinstance(event, events.Swept):
            swept, sweeps = swept + event.amount, sweeps + 1
            assert swept == burned

    token = played.report["token"]
    assert sweeps > 1
    assert int(token["supply_before"]) == _ECONOMY.supply
    assert int(token["supply_before"]) - int(token["supply_after"]) == burned > 0
    assert chain.token.total_supply() == _ECONOMY.supply - burned


def test_balances__every_model__are_deposit_plus_payouts_minus_burns(played):
    tournament = played.tournament.opened.chain.tournament

    for name, client in played.tournament.clients.items():
        rows = rows_of(played, name)
        earned = sum(int(row["payout"]) - int(row["burn"]) for row in rows)

        assert len(rows) == 3
        assert int(played.report["balances"][name]) == _ECONOMY.deposit + earned
        assert tournament.free(client.model) == _ECONOMY.deposit + earned


def test_pool__after_all_rounds__gave_exactly_the_payouts(played):
    chain = played.tournament.opened.chain
    paid = sum(int(entry["settlement"]["sum_payout"]) for entry in played.report["rounds"])

    assert paid > 0
    assert chain.tournament.pool(0) == _ECONOMY.stake_pool - paid
    held = chain.token.balance_of(chain.deployment.tournament)
    assert held == chain.tournament.pool(0) + chain.tournament.total_free()


def test_chain_sums__script_that_knows_the_log_alone__gets_the_reports_sums(played):
    chain = played.tournament.opened.chain
    address = chain.rpc.url.removeprefix("http://")
    argv = [sys.executable, "-I", str(_SCRIPT), address, chain.deployment.tournament]

    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)

    stated = {
        str(entry["round"]): [entry["settlement"][key] for key in ("sum_payout", "sum_burn")]
        for entry in played.report["rounds"]
    }
    assert json.loads(done.stdout) == stated
    lines = _SCRIPT.read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 20
    assert not any("tasks" in line or "contracts" in line for line in lines)


def test_pair__p_and_1_minus_p__gains_nothing_and_loses_a_few_wei(played):
    pairs = list(zip(rows_of(played, "pair-p"), rows_of(played, "pair-m"), strict=True))

    sums = [sum(int(row["payout"]) - int(row["burn"]) for row in pair) for pair in pairs]

    assert all(row["at_risk"] == str(100 * WAD) for pair in pairs for row in pair)
    assert all(first["return_nano"] == -second["return_nano"] != 0 for first, second in pairs)
    # A payout is rounded down and a burn up.
    assert all(-1 <= total <= 0 for total in sums)


def test_copy__same_file__has_the_same_scores_and_is_the_later_duplicate(played):
    tournament = played.tournament
    source = next(spec.copies for spec in tournament.specs if spec.copies is not None)
    scored = ("corr", "mmc", "bmc", "return_nano", "status")

    pairs = zip(rows_of(played, "copy"), rows_of(played, source), strict=True)
    blocks = [
        {
            entry.name: entry.block
            for entry in books.last_entries(tournament.opened.chain.tournament.entered(round_id))
        }
        for round_id in played.rounds
    ]

    assert all(
        [copy[key] for key in scored] == [first[key] for key in scored] for copy, first in pairs
    )
    assert all(found["copy"] > found[source] for found in blocks)
    assert played.report["duplicates"] == [{"model": "copy", "of": source, "rounds": 3}]
    only = [{"model": "copy", "of": source}]
    assert all(entry["duplicates"] == only for entry in played.report["rounds"])


def test_report__as_json__keeps_its_contract(played):
    report = json.loads(json.dumps(played.report | {"verified": True}))

    assert report_contract.breaches(report) == []
    assert [entry["round"] for entry in report["rounds"]] == played.rounds
    assert sorted(report["balances"]) == sorted(played.tournament.clients)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [("payout", 5), ("burn", "1.5"), ("corr", "0.1"), ("return_nano", True), ("reason", "late")],
)
def test_report_contract__one_value_of_another_kind__is_named(played, key, wrong):
    report = json.loads(json.dumps(played.report | {"verified": True}))
    row = report["rounds"][1]["models"][2]

    row[key] = wrong

    (breach,) = report_contract.breaches(report)
    assert f"round {played.rounds[1]}, {row['model']}" in breach
