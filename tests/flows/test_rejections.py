"""Rounds with files that do not hold: rejected for a reason, without weight, without a burn."""

import dataclasses
import json
import re

import numpy as np
import pytest

from tasks.adapters import keys
from tasks.core.protocol import commitments, status, submissions
from tasks.core.rules import Economy
from tasks.core.scoring import meta_model
from tests import tournaments
from tests.flows import entries, homes, report_contract, steps

_ECONOMY = Economy()
_REASONS = {
    "copy": "the sealed file does not open with the operator's key",
    "lgbm-01": r"every prediction is 0\.5: a constant has no score",
    "linear": "no file was delivered",
    "pair-m": r"the file is larger than any of \d+ predictions",
    "pair-p": "the file is not the one that was committed to on the chain",
}
_HONEST = "random"


def misbehave(tournament, round_id):
    """Enter all models, each but one with a file that is wrong in a way of its own."""
    clients = tournament.clients
    entries.enter(tournament, round_id, [_HONEST])
    n_ids = tournament.opened.lake.document(f"rounds/{round_id}/open")["n_ids"]
    sound = ("copy", "linear", "pair-m", "pair-p")
    plans = {name: entries.prepare(clients[name], round_id) for name in sound}
    constant = np.full(n_ids, 0.5)
    plans["lgbm-01"] = entries.prepare_unchecked(clients["lgbm-01"], round_id, constant)
    plans["pair-p"] = dataclasses.replace(plans["pair-p"], commitment=bytes(32))
    for name, plan in plans.items():
        entries.commit(clients[name], plan)
    clients["lgbm-01"].deliver(plans["lgbm-01"])
    clients["pair-p"].deliver(plans["pair-p"])
    entries.put(clients["copy"], plans["copy"], b"garbage" * 100)
    largest = submissions.max_sealed_bytes(n_ids)
    entries.put(clients["pair-m"], plans["pair-m"], bytes(largest + 1))


@pytest.fixture(scope="module")
def rejecting(ingested, tmp_path_factory):
    """Play a round in which one file of six is sound."""
    root = ingested.copy(tmp_path_factory.mktemp("rejecting") / "home")
    with tournaments.founded(root) as tournament:
        round_id = tournament.rounds[0]
        steps.start(tournament, round_id)
        misbehave(tournament, round_id)
        steps.close(tournament, round_id)
        steps.resolve(tournament, round_id)
        tournament.settle(round_id)
        tournament.rounds = [round_id]
        report = homes.finish(tournament)
        yield tournament, report["rounds"][0], report


@pytest.mark.parametrize("name", sorted(_REASONS))
def test_bad_file__any_kind__is_rejected_with_a_reason_and_costs_nothing(rejecting, name):
    tournament, entry, report = rejecting
    (row,) = [row for row in entry["models"] if row["model"] == name]

    assert row["status"] == "rejected"
    assert re.fullmatch(_REASONS[name], row["reason"])
    assert (row["return_nano"], row["payout"], row["burn"]) == (0, "0", "0")
    assert (row["corr"], row["mmc"], row["bmc"]) == (None, None, None)
    assert row["at_risk"] == str(entries.AT_RISK)
    assert report["balances"][name] == str(_ECONOMY.deposit)
    assert tournament.opened.chain.tournament.locked(entry["round"], bytes.fromhex(row["id"])) == 0


def test_bad_files__beside_a_sound_one__weigh_nothing_in_the_meta_model(rejecting):
    tournament, entry, _ = rejecting
    lake, client = tournament.opened.lake, tournament.clients[_HONEST]
    book = lake.document(f"rounds/{entry['round']}/book")
    alone = entries.values(client, entry["round"], entry["n_ids"])[np.newaxis]

    blend = meta_model.finish(meta_model.partial(alone, np.ones(1)))

    digest = commitments.content_digest(bytes.fromhex(book["ids_hash"]), blend).hex()
    assert book["contents"]["meta_model_digest"] == digest
    assert book["contents"]["n_rows"] == 1
    assert [row["corr"] for row in entry["models"] if row["model"] == _HONEST] != [None]


def test_bad_files__beside_a_sound_one__leave_a_report_and_a_round_that_verify(rejecting):
    tournament, _, report = rejecting

    assert report_contract.breaches(json.loads(json.dumps(report | {"verified": True}))) == []
    assert steps.failed(tournament) == []


def test_bad_files__all_of_them__are_settled_with_every_stake_back(fresh):
    round_id = fresh.rounds[0]
    steps.start(fresh, round_id)
    reasons = spoil_all(fresh, round_id)
    steps.close(fresh, round_id)
    steps.resolve(fresh, round_id)
    fresh.settle(round_id)

    book = fresh.opened.lake.document(f"rounds/{round_id}/book")
    assert book["contents"] is None
    for row in book["entrants"]:
        assert re.fullmatch(reasons[row["name"]], row["reason"]), row
    assert fresh.opened.chain.tournament.status(round_id) == status.FINAL
    assert steps.free(fresh) == steps.everything(fresh)
    assert steps.failed(fresh) == []
    fresh.rounds = [round_id]
    report = homes.finish(fresh)
    assert report["rounds"][0]["meta_model"] == {"corr": None}
    assert report["token"]["burned"] == "0"


def spoil_all(tournament, round_id):
    """Enter all models with files that do not hold; return the reasons to expect."""
    clients = tournament.clients
    n_ids = tournament.opened.lake.document(f"rounds/{round_id}/open")["n_ids"]
    key = tournament.opened.sealing_key.public
    sound = np.linspace(0.0, 1.0, n_ids)
    infinite, high = sound.copy(), sound * 1.5
    infinite[3] = np.nan
    plans = {
        "copy": entries.prepare(clients["copy"], round_id),
        "lgbm-01": entries.prepare_unchecked(clients["lgbm-01"], round_id, high),
        "linear": entries.prepare_unchecked(clients["linear"], round_id, infinite),
        "pair-m": entries.prepare_unchecked(clients["pair-m"], round_id, sound[:-1]),
        "pair-p": entries.prepare(clients["pair-p"], round_id),
        "random": entries.prepare(clients["random"], round_id),
    }
    for name, plan in plans.items():
        entries.commit(clients[name], plan)
    for name in ("lgbm-01", "linear", "pair-m"):
        clients[name].deliver(plans[name])
    # Who takes another's sealed file cannot claim it, and a bare header is no submission.
    stolen = entries.sealed(clients["random"], plans["random"])
    entries.put(clients["copy"], plans["copy"], stolen)
    entries.put(clients["pair-p"], plans["pair-p"], keys.seal(key, b"{}\n" + bytes(8 * n_ids)))
    return {
        "copy": r"the file is of another model, [0-9a-f]{64}",
        "lgbm-01": r"predictions go from 0.0 to 1\.5: bring them into \[0, 1\]",
        "linear": "1 predictions are not finite, the first is number 4 in id order",
        "pair-m": rf"the file has {n_ids - 1} predictions, not {n_ids}",
        "pair-p": "the file's header is not canonical JSON of .*",
        "random": "no file was delivered",
    }
