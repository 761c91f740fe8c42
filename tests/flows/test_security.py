"""What lies in the inbox stops nobody, counts for nobody else, is not run and shows no markup."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.adapters import keys
from tasks.adapters.chain.sending import Order
from tasks.adapters.intake import opening
from tasks.adapters.keys import Signer
from tasks.adapters.lake import Lake
from tasks.client import live, relaying
from tasks.client.modeller import Client, Entry
from tasks.client.plans import Plan
from tasks.core.errors import LakeError
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import canonical, derive
from tasks.stages import closing, intake
from tests.flows import entries, steps
from tests.tournaments import Tournament

AT_RISK = Wei(WAD)
REASONS = {
    "blocked": "no file was delivered",
    "cut": "the sealed file does not open with the operator's key",
    "folder": "the file is not a plain file",
    "honest": None,
    "huge": "the file is larger than any of 118 predictions",
    "loop": "no file was delivered",
    "markup": "the file's round is not a number from 0 to 2^64 - 1",
    "odd": None,
    "pipe": "the file is not a plain file",
    "swapped": None,
    "victim": "the sealed file does not open with the operator's key",
}
"""What intake says of the models below, each of which lays down something else."""

HOSTILE = "<img src=x onerror=alert(1)>|[x](javascript:y)$(touch was-run)`touch was-run`"
ODD_NAMES = (
    *(
        "$(touch was-run).sealed",
        "; touch was-run #.sealed",
        "<script>.sealed",
        "a\nb\x1b[31m.sealed",
    ),
    *("..sealed", "~", "*", "-rf", os.fsdecode(b"\xff\xfe.sealed")),
)


def guests(tournament, folder):
    """Return a model each, whose owners have stake and nothing else."""
    opened = tournament.opened
    found = {
        name: Client(
            name=name,
            folder=folder / name,
            seed=None,
            signer=Signer(derive.derive(0, f"guest/{name}")),
            chain=opened.chain,
            lake=opened.lake,
        )
        for name in REASONS
    }
    sponsor = tournament.opened.keys.signer("deployer")
    amount = Wei(AT_RISK * len(found))
    approve = opened.chain.token.approve(opened.chain.tournament.address, amount)
    opened.chain.send(approve, sponsor, opened.journal, purpose="guests/approve")
    writes = [
        opened.chain.tournament.deposit(each.signer.address, each.name, AT_RISK)
        for each in found.values()
    ]
    opened.chain.send_many(
        [
            Order(write=write, signer=sponsor, journal=opened.journal, purpose=f"guests/{number}")
            for number, write in enumerate(writes)
        ]
    )
    return found


def blocked(path, content):
    path.parents[2].mkdir(parents=True, exist_ok=True)
    path.parents[1].write_bytes(content)


def loop(path, content):
    path.parents[1].mkdir(parents=True)
    path.parent.symlink_to(path.parent)


def pipe(path, content):
    path.parent.mkdir(parents=True)
    os.mkfifo(path)


def folder(path, content):
    path.mkdir(parents=True)
    (path / path.name).write_bytes(content)


def plain(path, content):
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def huge(path, content):
    plain(path, content)
    os.truncate(path, 2**40)


def victim(path, content):
    plain(path, b"laid there by a stranger")


def odd(path, content):
    plain(path, content)
    for name in ODD_NAMES:
        for place in (path.parent, path.parents[1], path.parents[2]):
            (place / name).write_bytes(content)


LAY = {each.__name__: each for each in (blocked, loop, pipe, folder, huge, victim, odd)}
"""How the models' files are laid down that are not just files."""


def lay(client, plan):
    """Lay down what a model hands in, where it is expected."""
    content = client.plans.sealed(plan)
    if client.name == "markup":
        key = client.chain.tournament.facts(plan.round_id).terms.key
        content = keys.seal(key, spoiled_header(client, plan))
    LAY.get(client.name, plain)(client.inbox(plan), content)


def spoiled_header(client, plan):
    """Return a submission whose header has a hostile text for a number."""
    stored = client.folder / "rounds" / f"{plan.round_id}-{plan.nonce}.submission"
    line, _, values = stored.read_bytes().partition(b"\n")
    return canonical.canonical_json(json.loads(line) | {"round": HOSTILE}) + values


def change_while_read(paths, monkeypatch):
    """Exchange one file and cut another off between their opening and their reading."""
    usual = opening.open_plain

    def open_plain(path: Path) -> int:
        descriptor = usual(path)
        if path == paths["swapped"]:
            path.unlink()
            path.write_bytes(b"another file")
        if path == paths["cut"]:
            os.truncate(path, 100)
        return descriptor

    monkeypatch.setattr(opening, "open_plain", open_plain)


@dataclass(frozen=True, kw_only=True)
class Attacked:
    """A closed round in whose inbox everything hostile lay, and what one delivery wrote."""

    tournament: Tournament
    models: dict[str, Client]
    plans: dict[str, Plan]
    written: set[Path]


def below(lake):
    """Return all files and folders of a lake, as paths below it."""
    return {path.relative_to(lake.root) for path in lake.root.rglob("*")}


@pytest.fixture(scope="module")
def attacked(hosted, tmp_path_factory):
    """Close a round in whose inbox everything hostile lies."""
    round_id, folder = RoundId(hosted.rounds[0]), tmp_path_factory.mktemp("guests")
    models = guests(hosted, folder)
    opened = live.read(hosted.opened.chain, hosted.opened.lake, round_id)
    plans, signed = {}, []
    for name, client in models.items():
        values = entries.values(client, round_id, len(opened.ids))
        plans[name] = client.prepare(opened, Entry(ids=opened.ids, values=values, at_risk=AT_RISK))
        if name != "honest":
            lay(client, plans[name])
        signed.append(relaying.sign_plan(client, plans[name], opened.terms.closes))
    stood = below(hosted.opened.lake)
    models["honest"].deliver(plans["honest"])
    written = below(hosted.opened.lake) - stood
    opened = hosted.opened
    outcomes = relaying.relay(opened.chain, opened.keeper, opened.journal, round_id, signed)
    assert all(each.landed for each in outcomes)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        change_while_read({name: models[name].inbox(plans[name]) for name in models}, patch)
        intake.receive(opened, round_id)
    hosted.advance(steps.times(hosted, round_id)["closes"])
    closing.close_round(opened, round_id)
    yield Attacked(tournament=hosted, models=models, plans=plans, written=written)
    for client in models.values():
        client.close()


def test_inbox__anything_hostile_in_it__each_model_has_the_verdict_of_its_own_file(attacked):
    tournament = attacked.tournament

    book = tournament.opened.lake.document(f"rounds/{tournament.rounds[0]}/book")

    assert {row["name"]: row["reason"] for row in book["entrants"]} == REASONS


def test_inbox__text_of_strangers__is_in_no_document_and_is_not_run(attacked):
    root = attacked.tournament.opened.lake.root
    documents = [*root.glob("receipts/**/*.json"), *root.glob("rounds/**/*.json")]

    texts = [path.read_text() for path in documents]

    assert len(texts) >= len(REASONS)
    assert not any("onerror" in text or "touch" in text for text in texts)
    folder = attacked.models["odd"].folder.parent
    assert not any((place / "was-run").exists() for place in (Path.cwd(), folder))


def test_deliver__whatever_it_writes__lies_in_the_models_own_inbox(attacked):
    own = Path("inbox") / attacked.models["honest"].model.hex()

    assert len(attacked.written) == 3
    assert all(path.is_relative_to(own) for path in attacked.written)


def test_deliver__strangers_file_lies_there__is_told_and_goes_by_the_chain(attacked):
    models, plans = attacked.models, attacked.plans

    with pytest.raises(LakeError, match="another file lies at"):
        models["victim"].deliver(plans["victim"])
    with pytest.raises(LakeError, match="deliver by --on-chain"):
        models["blocked"].deliver(plans["blocked"])


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "a//b", "", ".x", "a\0b", "a\n"])
def test_document__name_that_leaves_the_lake__is_refused(tmp_path, name):
    lake = Lake(tmp_path / "lake")

    with pytest.raises(LakeError, match="not a document's name"):
        lake.find(name)
    with pytest.raises(LakeError, match="not a document's name"):
        lake.publish(name, {})
