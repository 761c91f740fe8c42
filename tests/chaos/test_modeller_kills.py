"""A modeller's commands killed with -9 at named places and typed again: nothing doubled or lost."""

import json

import pytest

from tests import commands, tournaments
from tests.flows import modelling_homes, steps

KINDS = ("signed", "sent", "mined", "noted")

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def hosted(tmp_path_factory):
    """Give a home whose first round is open."""
    with tournaments.founded(tmp_path_factory.mktemp("hosted") / "home") as tournament:
        steps.start(tournament, tournament.rounds[0])
        yield tournament


@pytest.mark.parametrize("kind", KINDS)
def test_modeller__killed_at_every_place__deposits_and_enters_once(hosted, tmp_path, kind):
    models, name, round_id = tmp_path / "models", f"m-{kind}", hosted.rounds[0]
    facts = modelling_homes.create(hosted, models, name)
    file = modelling_homes.file(hosted, round_id, tmp_path / "a.parquet")
    first = {"ERARIUM_MODELS": str(models)}
    days = {
        ("deposit", "200"): [f"{kind}/approve/1", f"{kind}/deposit/1"],
        ("submit", file, "--wait", "0"): [
            f"enter/delivered/{round_id}",
            f"{kind}/enter/{round_id}/1",
        ],
        ("withdraw", "all"): [f"{kind}/withdraw/2"],
    }

    kills = 0
    for asked, points in days.items():
        words = asked if asked[0] == "submit" else ("model", *asked)
        for point in points:
            killed = commands.run(*words, **first, ERARIUM_FAILPOINT=point)
            assert killed.returncode == -9, f"{point} was not reached: {killed.stderr}"
            kills += 1
        done = commands.run(*words, "--json", tmp_path / "done.json", **first)
        assert done.returncode == 0, done.stderr

    contract, chain = hosted.opened.chain.tournament, hosted.opened.chain
    (entered,) = contract.entered(round_id, model=facts.model)
    withdrawn = json.loads((tmp_path / "done.json").read_bytes())
    assert entered.nonce == 1
    assert contract.locked(round_id, facts.model) == entered.at_risk
    assert int(withdrawn["amount"]) + entered.at_risk == 200 * 10**18
    assert contract.free(facts.model) == 0
    assert chain.nonce(facts.owner) == 4, "approve, deposit, enter, withdraw"
    owned = chain.token.balance_of(facts.owner)
    assert owned + entered.at_risk == modelling_homes.GRANT
    print(f"{kind}: {kills} kills, 0 lost, 0 doubled")
