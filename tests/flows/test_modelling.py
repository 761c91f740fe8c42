"""A modeller outside the operator's process: a model of his own, stake, entries, kills."""

import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tasks import granting, modelling
from tasks.adapters import round_states, sandbox
from tasks.client import rounds
from tasks.client.owning import Owned, Place
from tasks.client.submitting import Wish
from tasks.core.errors import (
    ChainError,
    HomeError,
    InputError,
    KeystoreError,
    LakeError,
    SubmissionError,
)
from tasks.core.money.units import WAD, Wei
from tasks.core.protocol import status
from tasks.stages import intake
from tests import chains, frozen
from tests.flows import homes, modelling_homes
from tests.in_process import call


@pytest.fixture(scope="module")
def round_id(hosted):
    return hosted.rounds[0]


@pytest.fixture(scope="module")
def warm(hosted, round_id):
    """Give the children that read files: a test need not wait for new ones each time."""
    with sandbox.pool(modelling_homes.ids(hosted, round_id)) as pool:
        yield pool


@pytest.fixture
def quick(warm, monkeypatch):
    """Let submissions be read by the children that are there already."""

    @contextmanager
    def pool(_ids):
        yield warm

    monkeypatch.setattr(sandbox, "pool", pool)


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


@pytest.fixture(scope="module")
def granted(hosted, tmp_path_factory):
    """Give a folder with a model whose account has 600 tokens and no stake, to be left so."""
    models = tmp_path_factory.mktemp("granted") / "models"
    modelling_homes.create(hosted, models, "mine")
    return models


@pytest.fixture
def name(hosted, models):
    """Give a model of an outsider with 600 tokens of free stake."""
    modelling_homes.create(hosted, models, "mine")
    modelling_homes.deposit(models, "mine")
    return "mine"


def entered(hosted, models, name, round_id):
    facts = Owned.open(models, name).facts
    return hosted.opened.chain.tournament.entered(round_id, model=facts.model)


def submit(models, name, file, **wish):
    return modelling.submit(models, name, Wish(**{"round": "current", "file": file} | wish), None)


def test_create__from_the_addresses_alone__keeps_the_key_to_itself(hosted, models):
    facts = modelling.create(models, "mine", modelling_homes.place(hosted), None)

    folder = models / "mine"
    document = json.loads((folder / "model.json").read_bytes())
    keystore = json.loads((folder / "keys" / "owner.json").read_bytes())
    assert keystore["crypto"]["kdf"] == "scrypt"
    assert [oct(path.stat().st_mode & 0o777) for path in (folder, folder / "keys")] == ["0o700"] * 2
    assert oct((folder / "keys" / "passphrase").stat().st_mode & 0o777) == "0o600"
    assert document["owner"] == facts.owner
    assert document["genesis_hash"] == hosted.opened.chain.deployment.genesis_hash
    passphrase = (folder / "keys" / "passphrase").read_text()
    assert passphrase not in json.dumps(document)


def test_create__repeated__keeps_the_key_and_takes_a_new_endpoint(hosted, models):
    place = modelling_homes.place(hosted)
    first = modelling.create(models, "mine", place, None)

    again = modelling.create(
        models,
        "mine",
        Place(rpc=f"{place.rpc}/", tournament=place.tournament, lake=place.lake),
        None,
    )

    assert again.owner == first.owner
    assert (again.rpc, first.rpc) == (f"{place.rpc}/", place.rpc)


def test_create__passphrase_of_a_person__is_asked_for_and_remembered(hosted, models, tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    for path, words in ((own, "correct horse\n"), (other, "battery staple\n")):
        path.write_text(words)
        path.chmod(0o600)
    modelling.create(models, "mine", modelling_homes.place(hosted), own)

    with pytest.raises(KeystoreError, match="the passphrase is not the one"):
        modelling.submit(models, "mine", Wish(round="1", file=own), other)
    with pytest.raises(InputError, match="round 1 does not exist"):
        modelling.submit(models, "mine", Wish(round="1", file=own), None)

    assert not (models / "mine" / "keys" / "passphrase").exists()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"lake": "s3://bucket/lake"}, LakeError, "a lake at s3:// cannot be read yet"),
        ({"lake": "/nowhere"}, LakeError, "there is no lake at /nowhere"),
        ({"tournament": "0x12"}, InputError, "'0x12' is no address"),
        ({"tournament": "0x" + "ab" * 20}, ChainError, "no contract at 0x"),
        ({"rpc": "http://127.0.0.1:9"}, ChainError, "does it run"),
    ],
)
def test_create__a_place_that_is_none__makes_no_model(hosted, models, change, error, message):
    place = modelling_homes.place(hosted)
    fields = {"rpc": place.rpc, "tournament": place.tournament, "lake": place.lake}

    with pytest.raises(error, match=message):
        modelling.create(models, "mine", Place(**{**fields, **change}), None)

    assert not (models / "mine").exists()


def test_create__lake_of_another_tournament__is_refused(hosted, models, tmp_path):
    place = modelling_homes.place(hosted)
    (tmp_path / "lake").mkdir()

    with pytest.raises(LakeError, match="is not published"):
        modelling.create(
            models,
            "mine",
            Place(rpc=place.rpc, tournament=place.tournament, lake=str(tmp_path / "lake")),
            None,
        )


def test_open__model_of_another_deployment__is_refused(hosted, models, name):
    path = models / name / "model.json"
    path.write_text(path.read_text().replace(hosted.opened.chain.deployment.genesis_hash, "0x00"))

    with pytest.raises(ChainError, match="has another first block"):
        modelling.status(models, name)
    with pytest.raises(HomeError, match="of another chain or deployment: choose another name"):
        modelling.create(models, name, modelling_homes.place(hosted), None)


@pytest.mark.parametrize("bad", ["../x", "", "Mine", "a/b"])
def test_create__name_that_is_none__reaches_no_path(hosted, models, bad):
    with pytest.raises(InputError, match="not a model's name"):
        modelling.create(models, bad, modelling_homes.place(hosted), None)


def test_grant__repeated__gives_once_for_a_label(hosted, models):
    owner = modelling.create(models, "mine", modelling_homes.place(hosted), None).owner
    values, chain = hosted.values, hosted.opened.chain

    given = [granting.grant(values, owner, Wei(5 * WAD), WAD, "first") for _ in range(2)]
    with pytest.raises(InputError, match=r"granted 5 tokens and 1 for gas as 'first': say another"):
        granting.grant(values, owner, Wei(6 * WAD), WAD, "first")
    granting.grant(values, owner.lower(), Wei(WAD), 0, "second")

    assert given[0] == given[1]
    assert chain.token.balance_of(owner) == 6 * WAD
    assert chain.gas_wei(owner) == WAD


@pytest.mark.parametrize(
    ("address", "tokens", "label", "message"),
    [
        ("0xC982CdA4394313B3a52013AD44Aa25f3125301b5", 1, "first", "its checksum is wrong"),
        ("alice", 1, "first", "'alice' is no address"),
        ("0x" + "00" * 20, 1, "first", "is nobody's account"),
        ("0x" + "11" * 20, 10**7, "first", "10000000 tokens are more than the deployer"),
        ("0x" + "11" * 20, 0, "first", "a grant of no tokens and no gas"),
        ("0x" + "11" * 20, 1, "../x", "not a label"),
    ],
)
def test_grant__what_cannot_be__sends_nothing(hosted, address, tokens, label, message):
    sent = homes.transactions(hosted)

    with pytest.raises(InputError, match=message):
        granting.grant(hosted.values, address, Wei(tokens * WAD), 0, label)

    assert homes.transactions(hosted) == sent


def test_grant__stopped_at_every_request__gives_once(hosted, models, monkeypatch):
    owner = modelling.create(models, "mine", modelling_homes.place(hosted), None).owner
    values = hosted.values

    stops = chains.stop_at_every_request(
        monkeypatch,
        lambda: granting.grant(values, owner, Wei(7 * WAD), WAD // 2, "first"),
    )

    assert stops >= 15
    assert hosted.opened.chain.token.balance_of(owner) == 7 * WAD
    assert hosted.opened.chain.gas_wei(owner) == WAD // 2


def test_moved__stopped_at_every_request__moves_once(hosted, models, monkeypatch):
    facts = modelling_homes.create(hosted, models, "mine")
    contract = hosted.opened.chain.tournament

    def move(kind, said):
        with modelling.moved(models, "mine", kind, said, None):
            pass

    stops = chains.stop_at_every_request(monkeypatch, lambda: move("deposit", "12.5"))
    deposited = contract.free(facts.model)
    stops += chains.stop_at_every_request(monkeypatch, lambda: move("withdraw", "all"))

    assert stops >= 30
    assert deposited == 12_500_000_000_000_000_000
    assert contract.free(facts.model) == 0
    assert hosted.opened.chain.token.balance_of(facts.owner) == modelling_homes.GRANT
    move("deposit", "12.5")
    assert contract.free(facts.model) == 12_500_000_000_000_000_000, "said anew, it is another one"


def stop():
    raise KeyboardInterrupt


def test_moved__another_one_was_begun__asks_for_that_first(hosted, models):
    facts = modelling_homes.create(hosted, models, "mine")
    with pytest.raises(KeyboardInterrupt), modelling.moved(models, "mine", "deposit", "3", None):
        stop()

    with (
        pytest.raises(InputError, match=r"`erarium model deposit 3` was begun and not finished"),
        modelling.moved(models, "mine", "deposit", "4", None),
    ):
        pass
    modelling_homes.deposit(models, "mine", "3")
    modelling_homes.deposit(models, "mine", "4")

    assert hosted.opened.chain.tournament.free(facts.model) == 7 * WAD


@pytest.mark.parametrize(
    ("kind", "said", "message"),
    [
        ("deposit", "600.1", "600.1 tokens are more than the account 0x.* has, 600: the operator"),
        ("withdraw", "0.1", "0.1 tokens are more than mine has free, 0"),
        ("withdraw", "all", "nothing to withdraw: mine has free 0 tokens"),
        ("deposit", "0", "nothing to deposit"),
        ("deposit", "1e-19", "finer than a wei"),
        ("deposit", "-1", "is negative"),
        ("deposit", "nan", "is not a decimal number"),
    ],
)
def test_moved__amount_that_cannot_be__moves_nothing(granted, kind, said, message):
    with (
        pytest.raises(InputError, match=message),
        modelling.moved(granted, "mine", kind, said, None),
    ):
        pass

    assert not (granted / "mine" / "moves.json").exists()


def test_submit__stopped_at_every_request__enters_once(
    hosted, models, name, round_id, tmp_path, monkeypatch, quick
):
    file = modelling_homes.file(hosted, round_id, tmp_path / "a.parquet")

    stops = chains.stop_at_every_request(monkeypatch, lambda: submit(models, name, file))
    again = submit(models, name, file)

    (event,) = entered(hosted, models, name, round_id)
    assert stops >= 20
    assert (event.nonce, event.at_risk) == (1, 100 * WAD)
    assert (again.nonce, again.commitment, again.new) == (1, event.commitment.hex(), False)
    assert again.transaction == event.transaction
    assert Path(again.delivered).is_file()
    assert hosted.opened.chain.nonce(event.owner) == 3, "approve, deposit, enter"


def test_submit__other_file_or_higher_stake__replaces(
    hosted, models, name, round_id, tmp_path, quick
):
    first = modelling_homes.file(hosted, round_id, tmp_path / "a.parquet")
    other = modelling_homes.file(hosted, round_id, tmp_path / "b.parquet", seed=1)
    made = submit(models, name, first, at_risk=Wei(50 * WAD))

    raised = submit(models, name, first, at_risk=Wei(60 * WAD))
    changed = submit(models, name, other)
    intake.receive(hosted.opened, round_id)
    judged = submit(models, name, other)

    assert [each.nonce for each in (made, raised, changed, judged)] == [1, 2, 3, 3]
    assert made.commitment == raised.commitment != changed.commitment
    assert (changed.at_risk, changed.receipt) == (60 * WAD, None)
    assert judged.receipt.reason is None
    assert [event.nonce for event in entered(hosted, models, name, round_id)] == [1, 2, 3]


def test_submit__on_the_chain__stands_in_its_log(hosted, models, name, round_id, tmp_path, quick):
    file = modelling_homes.file(hosted, round_id, tmp_path / "a.parquet")

    done = submit(models, name, file, on_chain=True)

    model = Owned.open(models, name).facts.model
    logged = chains.delivered(hosted.opened.chain, round_id, model)
    assert done.delivered == "the chain's log"
    assert len(logged) == 1
    assert not (hosted.opened.lake.root / "inbox" / model.hex()).exists()


def test_submit__inbox_that_takes_no_file__says_so_and_goes_on_later(
    hosted, models, name, round_id, tmp_path, quick
):
    file = modelling_homes.file(hosted, round_id, tmp_path / "a.parquet")
    inbox = hosted.opened.lake.root / "inbox" / Owned.open(models, name).facts.model.hex()
    inbox.parent.mkdir(exist_ok=True)
    inbox.write_bytes(b"in the way")

    with pytest.raises(LakeError, match=r"cannot be written \(.*\): tell the operator, or deliver"):
        submit(models, name, file)
    before = entered(hosted, models, name, round_id)
    inbox.unlink()
    done = submit(models, name, file)

    assert before == []
    assert (done.nonce, done.new) == (1, False)
    assert len(entered(hosted, models, name, round_id)) == 1


def test_submit__dry_run__sends_and_keeps_nothing(hosted, models, name, round_id, tmp_path, quick):
    file = modelling_homes.file(hosted, round_id, tmp_path / "a.parquet")
    sent = homes.transactions(hosted)

    done = submit(models, name, file, dry=True)

    assert (done.at_risk, done.transaction, done.commitment) == (100 * WAD, None, None)
    assert homes.transactions(hosted) == sent
    assert not (models / name / "rounds").exists()


def test_submit__what_breaks_a_rule__sends_nothing(hosted, models, name, round_id, tmp_path, quick):
    good = modelling_homes.file(hosted, round_id, tmp_path / "a.parquet")
    ids = modelling_homes.ids(hosted, round_id)
    values = [number / len(ids) for number in range(len(ids))]
    short = modelling_homes.write(tmp_path / "s.parquet", {"id": ids[1:], "prediction": values[1:]})
    submit(models, name, good, at_risk=Wei(50 * WAD))
    sent = homes.transactions(hosted)

    with pytest.raises(SubmissionError, match="the file has 117 rows, the round 118 ids"):
        submit(models, name, short)
    for at_risk, message in (
        (WAD // 2, r"0\.5 tokens at risk: the smallest stake of round \d+ is 1"),
        (49 * WAD, "49 tokens at risk: they are 50 already and may only rise"),
        (601 * WAD, "601 tokens at risk need 551 free ones, mine has 550: deposit more"),
    ):
        with pytest.raises(InputError, match=message):
            submit(models, name, good, at_risk=Wei(at_risk))
    for said, message in (
        ("7", "round 7 does not exist"),
        ("last", "'last' is no round: its number, or `current`"),
    ):
        with pytest.raises(InputError, match=message):
            submit(models, name, good, round=said)

    assert homes.transactions(hosted) == sent


def test_submit__account_without_gas__says_so_before_it_signs(
    hosted, models, round_id, tmp_path, monkeypatch, quick
):
    modelling_homes.create(hosted, models, "mine")
    modelling_homes.deposit(models, "mine")
    file = modelling_homes.file(hosted, round_id, tmp_path / "a.parquet")
    monkeypatch.setattr(type(hosted.opened.chain), "gas_wei", lambda *_: 0)

    with pytest.raises(InputError, match=r"has nothing to pay gas with: the operator gives some"):
        submit(models, "mine", file)

    assert not (models / "mine" / "rounds").exists()


@pytest.fixture
def say(hosted, tmp_path, monkeypatch, capsys):
    """Give a function that types a command in a folder of its own, and returns what it prints."""
    monkeypatch.chdir(tmp_path)

    def type_in(*words, code=0):
        found, printed = call(monkeypatch, capsys, *words)
        assert (found, printed.err.count("\n")) == (code, int(code != 0)), printed.err
        return printed.err if code else printed.out

    return type_in


def test_commands__one_day_of_a_modeller__say_what_they_did(hosted, round_id, tmp_path, say):
    file = modelling_homes.file(hosted, round_id, tmp_path / "a.parquet")

    created = say("model", "create", "mine", *modelling_homes.words(hosted), "--json", "-")
    owner = json.loads(created)["owner"]
    granted = say("grant", owner, "--home", hosted.home.root, "--tokens", "12.5")
    deposited = say("model", "deposit", "12.5")
    back = json.loads(say("model", "withdraw", "10", "--json", "-"))
    again = json.loads(say("model", "deposit", "all", "--json", "-"))
    tried = json.loads(say("submit", file, "--dry-run", "--json", "-"))
    done = say("submit", file, "--at-risk", "2.5", "--wait", "0", "--json", tmp_path / "done.json")
    status = say("model", "status")
    listed = say("data", "list", *modelling_homes.words(hosted))
    scores = json.loads(say("scores", "--json", "-"))

    assert granted.startswith(f"{owner} has been given 12.5 tokens (first), in 0x")
    assert deposited.startswith("deposited 12.5 tokens, in 0x")
    assert [each["amount"] for each in (back, again)] == [str(10 * WAD)] * 2
    assert (tried["round_id"], tried["transaction"]) == (round_id, None)
    assert done.startswith(f"round {round_id} is entered: ")
    assert " 2.5 tokens at risk, entry 1\n" in done
    assert json.loads((tmp_path / "done.json").read_bytes())["at_risk"] == str(25 * WAD // 10)
    assert "stake: 10 free, 2.5 locked; a next round risks 2.083333333333333333 unless" in status
    assert f"round {round_id}: 2.5 locked" in status
    assert f"live_{round_id}" in listed
    assert [row["at_risk"] for row in scores["rounds"]] == [str(25 * WAD // 10)]
    (folder,) = {path.parent for path in tmp_path.rglob("model.json")}
    assert frozen.breaches(folder, ["model", "moves", "rounds/N"]) == []


def test_commands__what_is_missing__is_said_in_one_line(hosted, say):
    nobody = say("model", "status", code=2)
    owner = json.loads(
        say("model", "create", "mine", *modelling_homes.words(hosted), "--json", "-")
    )["owner"]

    assert nobody == (
        "erarium: say --model: there is none in models; `erarium model create` makes one\n"
    )
    assert f"the operator gives more by `erarium grant {owner}`" in say(
        "model", "deposit", "10", code=2
    )
    assert say("leaderboard", code=2).startswith("erarium: no round is resolved yet")
    assert "--tournament, --lake is missing: a place is said by all three" in say(
        "rounds", "--rpc", "http://127.0.0.1:9", code=2
    )


def test_current__no_round_is_open__says_what_is_known(hosted):
    chain = hosted.opened.chain
    (state,) = round_states.read(round_states.latest(chain, hosted.opened.lake))

    closed, coming = (replace(state, state=each) for each in (status.CLOSED, status.SCHEDULED))

    for found, message in (
        ([], "no round is open and none is announced; the chain is at "),
        ([closed], f"none is announced, the last one, {state.round_id}, is closed"),
        ([coming], f"no round is open: round {state.round_id} opens at 20"),
    ):
        with pytest.raises(InputError, match=message):
            rounds.chosen(found, "current", chain.now())
    assert rounds.chosen([closed, state], "current", chain.now()) == state
