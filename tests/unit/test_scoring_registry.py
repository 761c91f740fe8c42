"""A new official score is one entry of the registry: everything else follows from it."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from flows.cli import console, results_console
from tasks import round_pages
from tasks.adapters.lake import Lake
from tasks.client import results
from tasks.core.errors import DataError, InputError
from tasks.core.money import payouts
from tasks.core.money.units import NANO, RoundId
from tasks.core.protocol import places, scores, status
from tasks.core.rules import ScoringRule
from tasks.core.scoring import metrics, registry
from tasks.core.scoring.registry import Direction, Score
from tasks.stages import reporting, round_details
from tests import documents
from tests.unit import fake_rounds as fakes
from tests.unit.fake_rounds import ANN, BOB, Contract

ROUND = RoundId(7)
HALF = NANO // 2


@pytest.fixture
def fourth(monkeypatch):
    """Add a score, in one place: the correlation with the reversed target."""
    score = Score(
        name="xyz",
        title="XYZ",
        direction=lambda era: Direction(vector=-era.correlation().vector, powered=True),
    )
    monkeypatch.setattr(registry, "SCORES", (*registry.SCORES, score))
    return score


@pytest.fixture
def round_of_two(tmp_path, fourth):
    """Publish a booked round of two models with the scores that their predictions have."""
    lake, rng = Lake(tmp_path / "lake"), np.random.default_rng(3)
    targets = rng.integers(0, 5, 50) / 4
    references = {name: rng.random(50) for name in registry.REFERENCES}
    nano = metrics.score_rows(rng.random((2, 50)), targets, references)
    book = documents.book(7, [documents.row(ANN, "ann"), documents.row(BOB, "bob")])
    rule = ScoringRule(multipliers_nano=(("corr", HALF), ("xyz", HALF // 5)))
    lake.publish(places.opening(ROUND), documents.opening(7, scoring=rule))
    lake.publish(places.book(ROUND), book)
    lake.publish(places.scores(ROUND), scores.of_book(book, nano.tolist(), {}))
    return lake, nano


def settling(contract):
    """Return a chain on which nothing was paid, minted or burned yet."""
    chain = fakes.chain(contract)
    contract.free_many = lambda models: [0] * len(models)
    amounts = {"supply_at_first": lambda: 1, "minted": lambda: 0, "total_supply": lambda: 1}
    chain.token = SimpleNamespace(**amounts)
    chain.usage = lambda: {"transactions": 0, "gas": 0}
    return chain


def test_fourth_score__in_the_registry_alone__is_scored_published_and_paid(round_of_two):
    lake, nano = round_of_two
    scored, opened = lake.load(places.scores(ROUND)), lake.load(places.opening(ROUND))

    table = scores.table(lake.load(places.book(ROUND)), scored, opened.scoring, 10**9)

    assert nano.shape == (2, 4)
    assert np.array_equal(nano[:, 3], -nano[:, 0])
    assert lake.document(places.scores(ROUND))["rows"][0]["xyz_nano"] == nano[0, 3]
    wanted = [payouts.return_nano([HALF, HALF // 5], [row[0], row[3]], 10**9) for row in nano]
    assert [row.return_nano for row in table.rows] == wanted


def test_fourth_score__in_the_registry_alone__is_reported_and_drawn(round_of_two, capsys):
    lake, nano = round_of_two
    chain = settling(Contract(r7=status.RESOLVING))

    report = reporting.build(lake, chain, [ROUND])
    details = round_details.read(lake, chain, ROUND)
    told = {"source": "prices", "data": {"defects": []}, "verified": True}
    console.print_report(report | told)

    assert report["rounds"][0]["models"][0]["xyz"] == nano[0, 3] / NANO
    assert report["models"][0]["xyz"]["mean"] == nano[0, 3] / NANO
    assert "XYZ ± error" in capsys.readouterr().out
    assert "XYZ" in round_pages.leaderboard(details).head
    assert "XYZ" in round_pages.scores(details).more


def test_fourth_score__in_the_registry_alone__is_a_column_of_a_models_rounds(fourth):
    nano = dict(zip(registry.names(), (1, 2, 3, NANO // 8), strict=True))
    result = results.Result(
        round_id=ROUND, status="final", verdict="accepted", at_risk=1, scores=nano, return_nano=0,
        payout=0, burn=0,
    )  # fmt: skip
    text = io.StringIO()
    out = Console(file=text, width=200)

    out.print(results_console.results_table([result]))
    out.print(results_console.means_table(results.means([result])))

    assert text.getvalue().count("XYZ") == 2
    assert "+0.1250" in text.getvalue()
    assert result.document()["xyz_nano"] == NANO // 8


def test_scoring_rule__pays_for_a_score_that_is_none__is_refused(fourth):
    assert ScoringRule(multipliers_nano=(("xyz", 1),)).multipliers_nano == (("xyz", 1),)
    for name in ("fnc", "sharpe"):
        with pytest.raises(InputError, match=f"no score is called '{name}': it is corr, mmc, bmc"):
            ScoringRule(multipliers_nano=((name, 1),))


def test_score_rows__without_a_reference_that_a_score_needs__is_refused():
    predictions, targets = np.arange(8.0).reshape(2, 4), np.arange(4) / 4

    with pytest.raises(DataError, match="a score needs the benchmark"):
        metrics.score_rows(predictions, targets, {"meta_model": np.arange(4.0)})


def test_table__scores_without_one_that_is_paid__is_refused():
    book = documents.book(7, [documents.row(ANN, "ann")])
    scored = documents.scores(7, {ANN: {"corr": 1}}, {})

    with pytest.raises(InputError, match=f"model {ANN} has no score bmc"):
        scores.table(book, scored, ScoringRule(), 10**9)
