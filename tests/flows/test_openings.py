"""Opening rules: what a stranger, a modeller and an auditor can each find in a closed round."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tasks import auditing
from tasks.adapters.lake import Lake
from tasks.adapters.settings import Settings
from tasks.client import own_rows
from tasks.client.owning import Facts
from tasks.core.data.pace import Pace
from tasks.core.errors import HomeError, InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol import canonical, places
from tasks.core.protocol.documents.ref import Ref
from tasks.core.protocol.steps import Step
from tasks.stages import (
    agenda,
    handing,
    intake,
    living,
    opening,
    replay,
    resolving,
    revealing,
)
from tasks.stages.open_home import Mode, OpenHome
from tasks.stages.requests import LiveRequest
from tasks.verification import handed
from tasks.verification import home as verification
from tasks.verification.chain import ChainView
from tests import frozen, tournaments
from tests.flows import entries, published, tampering
from tests.in_process import call
from tests.tournaments import Tournament

RULES = ("after 1 rounds", "sealed", "after 1 rounds")
NEED_PREDICTIONS = ["predictions", "duplicates", "blend", "scores", "equal-weight blend"]
LIE_NANO = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Closed:
    """Three rounds that are over: one has opened, one is sealed and lied about, one waits.

    Attributes:
        victim: the model whose CORR the operator published too low in the sealed round.
        due: what the agenda had to reveal after each settlement.
    """

    tournament: Tournament
    victim: str
    due: list[list[RoundId]]

    @property
    def rounds(self) -> list[RoundId]:
        return self.tournament.rounds

    @property
    def names(self) -> list[str]:
        return list(self.tournament.clients)

    def verify(self, round_id, lake=None, given=None):
        opened = self.tournament.opened
        return verification.verify(lake or opened.lake, opened.chain, round_id, given)

    def own(self, name, round_id):
        client = self.tournament.clients[name]
        whole = ChainView(chain=client.chain)
        return own_rows.check(whole, client.lake, client.plans, client.model, round_id)


@pytest.fixture(scope="module")
def closed(ingested, tmp_path_factory):
    root = ingested.copy(tmp_path_factory.mktemp("closed") / "home")
    with tournaments.founded(root) as tournament:
        by_round = {
            round_id: _with_rule(tournament.opened, rule)
            for round_id, rule in zip(tournament.rounds, RULES, strict=True)
        }
        book = {}
        due = []

        def resolve(round_id):
            with pytest.MonkeyPatch.context() as patch:
                if RULES[tournament.rounds.index(round_id)] == "sealed":
                    patch.setattr(resolving, "score", partial(_lie, resolving.score))
                    book.update(tournament.opened.lake.document(f"rounds/{round_id}/book"))
                tournaments.resolve(by_round[round_id], round_id)

        def settle(round_id):
            tournament.settle(round_id)
            due.append(agenda.due(_view(tournament), Step.REVEAL))
            _reveal_due(tournament.opened)

        steps: dict[str, Callable[[RoundId], None]] = {
            "open": lambda round_id: opening.open_round(by_round[round_id], round_id),
            "enter": partial(_enter, tournament),
            "close": tournament.close,
            "resolve": resolve,
            "settle": settle,
        }
        events = replay.schedule(tournament.dataset, tournament.rounds)
        replay.drive(events, tournament.advance, steps)
        yield Closed(tournament=tournament, victim=book["entrants"][0]["name"], due=due)


def _with_rule(opened: OpenHome, rule: str) -> OpenHome:
    return dataclasses.replace(opened, rule=dataclasses.replace(opened.rule, opening=rule))


def _reveal_due(opened: OpenHome) -> None:
    home = _with_rule(opened, RULES[0])
    for round_id in revealing.due_now(home):
        revealing.reveal(home, round_id)


def _enter(tournament, round_id):
    *most, last = tournament.clients
    entries.enter(tournament, round_id, most)
    client = tournament.clients[last]
    plan = entries.prepare(client, round_id)
    entries.commit(client, plan)
    if round_id != tournament.rounds[-1]:
        client.deliver(plan)
    intake.receive(tournament.opened, round_id)


def _lie(score, opened, book, against, *, key):
    """Score as the operator who takes a hundredth of CORR from the book's first model."""
    scored = score(opened, book, against, key=key)
    first, *others = scored.rows
    nano = {**first.nano, "corr": first.nano["corr"] - LIE_NANO}
    rows = (dataclasses.replace(first, nano=nano), *others)
    return dataclasses.replace(scored, rows=rows)


def _view(tournament):
    opened = tournament.opened
    pace = Pace(day_s=86_400, founded_at=0, history=0, round_every=1)
    return dataclasses.replace(opened.view, mode=Mode(pace=pace, opening=RULES[0]))


@pytest.fixture
def lake(closed, tmp_path):
    """Give a copy of the lake to tamper with."""
    return Lake(Path(shutil.copytree(closed.tournament.opened.lake.root, tmp_path / "lake")))


@pytest.fixture
def audit(closed, tmp_path):
    """Give the folder that an auditor was handed."""
    handing.hand_over(closed.tournament.opened.vault, tmp_path / "audit", None)
    return tmp_path / "audit"


def failed(checks):
    return [check.line() for check in checks if check.fails]


def test_sealed__score_altered_by_the_operator__a_stranger_cannot_see_it(closed):
    round_id = closed.rounds[1]

    checks = closed.verify(round_id)

    assert failed(checks) == []
    assert [check.line() for check in checks if check.holds is None] == [
        f"not open: round {round_id}: {name}: needs the predictions (sealed)"
        for name in NEED_PREDICTIONS
    ]
    held = {check.name for check in checks if check.holds}
    assert {"log", "balances", "supply", "factor and amounts", "entrants", "commitments"} < held
    assert {"book", "opening", "meta-model", "benchmark", "targets", "blends", "table"} < held
    assert {"root", "results", "settlement"} < held


def test_sealed__score_altered_by_the_operator__the_modeller_concerned_sees_it(closed):
    round_id = closed.rounds[1]

    found = {name: failed(closed.own(name, round_id)) for name in closed.names}

    (line,) = found.pop(closed.victim)
    assert line.startswith(f"FAIL round {round_id}: own score: corr is ")
    assert set(map(tuple, found.values())) == {()}


def test_sealed__score_altered_by_the_operator__an_auditor_sees_it(closed, audit):
    round_id = closed.rounds[1]

    checks = closed.verify(round_id, given=handed.find(audit, round_id))

    (line,) = failed(checks)
    assert f"round {round_id}: scores: corr of {closed.victim} is " in line
    assert all(check.holds is not None for check in checks)


def test_sealed__nobody_lied__every_own_check_holds(closed):
    round_id = closed.rounds[0]

    checks = closed.own(closed.victim, round_id)

    assert [check.line() for check in checks if not check.holds] == []
    assert [check.name for check in checks] == [
        *("own entry", "own row in the book", "columns"),
        *("own score", "own return", "own leaf", "own money"),
    ]


def test_after_one_round__one_is_final__the_matrix_is_public_and_all_is_recomputed(closed):
    first, sealed, last = closed.rounds

    checks = closed.verify(first)

    assert closed.due == [[], [first], []]
    assert [check.line() for check in checks if not check.holds] == []
    lake = closed.tournament.opened.lake
    assert lake.document(f"rounds/{first}/results")["predictions"] is None
    assert lake.has(f"rounds/{first}/opened")
    assert not any(lake.has(f"rounds/{each}/opened") for each in (sealed, last))


def test_after_one_round__none_is_final__is_not_open_and_says_when(closed):
    last = closed.rounds[2]

    checks = closed.verify(last)

    assert failed(checks) == []
    closed_lines = [check.line() for check in checks if check.holds is None]
    assert len(closed_lines) == len(NEED_PREDICTIONS)
    assert closed_lines[3] == (
        f"not open: round {last}: scores: "
        "needs the predictions (opens after 1 rounds, 0 of them final)"
    )


def test_lake__closed_rounds__no_file_holds_their_predictions(closed):
    opened = closed.tournament.opened
    matrices = {
        Ref.from_document(opened.vault.document(f"rounds/{each}/book")["predictions"]).sha256
        for each in closed.rounds[1:]
    }

    published = {path.name.partition(".")[0] for path in opened.lake.root.glob("objects/*/*")}

    assert len(matrices) == 2
    assert not matrices & published


@pytest.mark.parametrize(("place", "final"), [(1, 1), (2, 0)])
def test_reveal__round_that_is_not_due__is_refused(closed, place, final):
    opened, round_id = closed.tournament.opened, closed.rounds[place]

    with pytest.raises(InputError, match=rf"`{RULES[place]}`, {final} later rounds are final"):
        revealing.reveal(opened, round_id)

    assert not opened.lake.has(f"rounds/{round_id}/opened")


def test_reveal__matrix_that_was_due__is_named_in_a_document_with_the_frozen_fields(closed):
    assert frozen.breaches(closed.tournament.home.root, ["lake/rounds/N/opened"]) == []


def test_reveal__again__changes_nothing(closed):
    opened, round_id = closed.tournament.opened, closed.rounds[0]
    before = opened.lake.document_bytes(f"rounds/{round_id}/opened")

    revealing.reveal(opened, round_id)
    _reveal_due(opened)

    assert opened.lake.document_bytes(f"rounds/{round_id}/opened") == before


@pytest.mark.parametrize("place", [1, 2])
def test_verify__opened_before_it_is_due__fails(closed, lake, place):
    round_id = closed.rounds[place]
    publish_late(lake, round_id, matrix_of(closed, round_id))

    lines = failed(closed.verify(round_id, lake))

    wanted = f"opening: the opening rule is `{RULES[place]}`, but a matrix was published"
    assert f"FAIL round {round_id}: {wanted}" in lines


def test_verify__results_of_a_sealed_round_name_its_matrix__fails(closed, lake):
    round_id = closed.rounds[1]
    ref = lake.put(matrix_of(closed, round_id), ".npy").to_document()
    tampering.rewrite(lake, f"rounds/{round_id}/results", lambda doc: doc.update(predictions=ref))

    (line, *_) = failed(closed.verify(round_id, lake))

    assert "opening: the opening rule is `sealed`, but the results name the predictions" in line


def test_verify__another_matrix_opened_later__fails_and_names_it(closed, lake):
    round_id = closed.rounds[0]
    matrix = matrix_of(closed, round_id)
    changed = bytearray(matrix)
    changed[-7] ^= 1
    (lake.root / f"rounds/{round_id}/opened.json").unlink()
    publish_late(lake, round_id, bytes(changed))

    lines = "\n".join(failed(closed.verify(round_id, lake)))

    assert f"FAIL round {round_id}: predictions: predictions of " in lines
    assert "differ from their commitment" in lines


def test_verify__every_key_of_what_opened_a_round__is_read_but_two(closed, tmp_path):
    round_id = closed.rounds[0]
    opened = closed.tournament.opened
    lake = published.link(opened.lake.root, tmp_path / "linked")

    name = f"{places.disclosure(round_id)}.json"
    found = published.readers(ChainView(chain=opened.chain), lake, round_id, name)

    assert {key.removeprefix("rounds/N/opened: "): checks for key, checks in found.items()} == {
        "predictions (bytes)": ["predictions"],
        "predictions.bytes": [None],
        "predictions.sha256": ["predictions"],
        "predictions.suffix": ["predictions"],
        "round": [None],
    }


def test_verify__matrix_of_a_due_round_withheld_for_a_day__fails(closed, lake):
    round_id = closed.rounds[0]
    (lake.root / f"rounds/{round_id}/opened.json").unlink()

    (line,) = failed(closed.verify(round_id, lake))

    assert "opening: the opening rule is `after 1 rounds`: its matrix is missing since" in line


def test_verify__public_rule_claimed_of_a_sealed_round__does_not_pass(closed, lake):
    round_id = closed.rounds[1]
    name = f"rounds/{round_id}/open"
    tampering.rewrite(lake, name, lambda doc: doc["scoring"].update(opening="public"))

    lines = "\n".join(failed(closed.verify(round_id, lake)))

    assert "terms: the scoring rule has another digest" in lines


def test_audit__another_matrix_handed_over__fails_by_its_digest(closed, audit):
    other, round_id = closed.rounds[:2]

    given = {round_id: audit / f"round-{other}.npy"}
    lines = "\n".join(failed(closed.verify(round_id, given=given)))

    assert f"FAIL round {round_id}: predictions: " in lines
    assert f"FAIL round {round_id}: blend: blends to another digest" in lines


def test_audit__file_a_byte_longer__is_not_the_book_s_matrix(closed, audit):
    round_id = closed.rounds[1]
    path = audit / f"round-{round_id}.npy"
    path.write_bytes(path.read_bytes() + b"\0")

    lines = failed(closed.verify(round_id, given={round_id: path}))

    assert any("predictions: the matrix is not the one in the book" in line for line in lines)


def test_handed__folder_and_file__are_found_by_round(closed, audit, tmp_path):
    round_id = closed.rounds[1]
    path = audit / f"round-{round_id}.npy"

    assert sorted(handed.find(audit, None)) == closed.rounds
    assert handed.find(audit, round_id) == handed.find(path, round_id) == {round_id: path}
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="say which by --round"):
        handed.find(path, None)
    with pytest.raises(InputError, match=r"has no round-9999\.npy: `erarium export` makes it"):
        handed.find(audit, RoundId(9_999))
    with pytest.raises(InputError, match="round 9999 does not have accepted predictions here"):
        handing.hand_over(closed.tournament.opened.vault, tmp_path, RoundId(9_999))


def test_own_row__book_rewritten_without_it__fails(closed, monkeypatch):
    client, round_id = closed.tournament.clients[closed.victim], closed.rounds[0]
    document = json.loads(client.lake.document_bytes(f"rounds/{round_id}/book"))
    document["entrants"] = document["entrants"][1:]
    content = canonical.canonical_json(document)
    read = client.lake.document_bytes
    monkeypatch.setattr(
        client.lake,
        "document_bytes",
        lambda place: content if str(place) == f"rounds/{round_id}/book" else read(place),
    )

    lines = "\n".join(failed(closed.own(closed.victim, round_id)))

    assert "own row in the book: the book is not the one that the chain has" in lines


def test_own_row__never_delivered__is_rejected_and_gets_its_whole_stake_back(closed):
    checks = closed.own(closed.names[-1], closed.rounds[2])

    assert [check.line() for check in checks if not check.holds] == []
    details = {check.name: check.detail for check in checks}
    assert details["own row in the book"].startswith("rejected: ")
    assert details["own score"] == "rejected: no score"
    assert details["own return"] == "0 nano"
    assert details["own money"] == "0 wei paid, 0 wei burned"


def test_own_row__round_not_entered_or_folder_lost__says_so(closed, tmp_path):
    client = closed.tournament.clients[closed.victim]
    plans, whole = type(client.plans)(tmp_path), ChainView(chain=client.chain)

    with pytest.raises(InputError, match="has not entered round 9999"):
        closed.own(closed.victim, RoundId(9_999))
    with pytest.raises(HomeError, match="is not in its folder: say the --models"):
        own_rows.check(whole, client.lake, plans, client.model, closed.rounds[0])


def test_erarium_verify__outsider_modeller_and_auditor__say_what_each_can(
    closed, tmp_path, monkeypatch, capsys
):
    home, round_id = closed.tournament.home.root, closed.rounds[1]
    erarium = partial(call, monkeypatch, capsys)
    as_json = tmp_path / "checks.json"
    own_model(closed, closed.victim)

    outside = erarium("verify", "--home", home, "--round", round_id, "--json", as_json)
    modeller = erarium(
        *("verify", "--round", closed.rounds[0], "--model", closed.victim),
        *("--models", home / "clients"),
    )
    wronged = erarium(
        *("verify", "--round", round_id, "--model", closed.victim, "--models", home / "clients")
    )
    exported = erarium("export", "--home", home, "--round", round_id, "--to", tmp_path / "out")
    auditor = erarium(
        *("verify", "--home", home, "--round", round_id),
        *("--predictions", tmp_path / "out" / f"round-{round_id}.npy"),
    )

    assert (outside[0], outside[1].err) == (0, "")
    assert outside[1].out.splitlines()[-1] == "19 of 19 checks hold, 5 not open"
    document = json.loads(as_json.read_bytes())
    assert (document["verified"], document["not_open"]) == (True, 5)
    assert [row["holds"] for row in document["checks"]].count(None) == 5
    assert (modeller[0], modeller[1].out.splitlines()[-1]) == (0, "own row holds")
    assert wronged[0] == 1
    assert "own score: corr is" in wronged[1].out
    assert (exported[0], exported[1].err) == (0, "")
    assert auditor[0] == 1
    assert f"scores: corr of {closed.victim} is" in auditor[1].out
    assert "not open" not in auditor[1].out


def test_verify_at__addresses_alone__finds_the_same(closed):
    facts = own_model(closed, closed.victim)

    checks = auditing.verify_at(Settings(), facts.place, closed.rounds[0])

    assert [check.line() for check in checks] == [
        check.line() for check in closed.verify(closed.rounds[0])
    ]


def test_live_home__opening_rule_that_is_none__is_refused_before_it_is_made(tmp_path):
    with pytest.raises(InputError, match="opening 'after 0 rounds' is not known"):
        living.establish(tmp_path / "home", LiveRequest(opening="after 0 rounds"))

    assert not (tmp_path / "home").exists()


def own_model(closed, name):
    """Write down where a model of the home plays, as its owner's own folder has it."""
    tournament, client = closed.tournament, closed.tournament.clients[name]
    deployment = client.chain.deployment
    facts = Facts(
        name=name,
        owner=client.signer.address,
        rpc=tournament.node.rpc_url,
        tournament=deployment.tournament,
        lake=str(client.lake.root),
        chain_id=deployment.chain_id,
        genesis_hash=deployment.genesis_hash,
        contracts=deployment.contracts(),
        passphrase=None,
    )
    (client.folder / "model.json").write_text(json.dumps(dataclasses.asdict(facts)))
    return facts


def matrix_of(closed, round_id):
    vault = closed.tournament.opened.vault
    return vault.read(Ref.from_document(vault.document(f"rounds/{round_id}/book")["predictions"]))


def publish_late(lake, round_id, matrix):
    """Publish a matrix as the document that opens a round does."""
    document = {"predictions": lake.put(matrix, ".npy").to_document(), "round": round_id}
    lake.publish(f"rounds/{round_id}/opened", document)
