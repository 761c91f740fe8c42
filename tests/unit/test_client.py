"""A model's client on a real chain: what it stores, sends and delivers, killed and repeated."""

import itertools
import json

import numpy as np
import pytest

from tasks.adapters import keys
from tasks.adapters.executors import SerialExecutor
from tasks.adapters.keys import SealingKey
from tasks.adapters.lake import Lake
from tasks.client import entering, live, relaying
from tasks.client.modeller import Client, Entry
from tasks.core.errors import ChainError, HomeError, InputError, LakeError, SubmissionError
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import canonical, commitments, derive, submissions
from tasks.core.protocol.terms import Terms
from tasks.core.rules import OVERLAP
from tasks.modellers import field, roster
from tests import chains, snapshots

_NUMBERS = itertools.count(70_000)
_SEALING = SealingKey(b"\7" * 32)
_DEPOSIT = Wei(600 * WAD)


class KilledError(Exception):
    """Stands for a kill -9 at the place where it is raised."""


def kill(*_args, **_kwargs):
    raise KilledError


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return Lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture
def round_id():
    return RoundId(next(_NUMBERS))


@pytest.fixture
def open_round(local_chain, lake, round_id):
    """Publish a small live era and open a round over it."""
    snapshots.publish(lake.root, round_id, n_eras=2, n_ids=20)
    start_round(local_chain, lake, round_id)
    return round_id


def start_round(local, lake, round_id):
    manifest = lake.document(f"versions/v1/live_{round_id}/manifest")
    opens = local.chain.now() + 60
    terms = Terms(
        opens=opens,
        closes=opens + 3_600,
        book_by=opens + 7_200,
        resolves=opens + 86_400,
        propose_by=opens + 2 * 86_400,
        threshold=Wei(2_000 * WAD),
        smallest_stake=Wei(WAD),
        clip_nano=250_000_000,
        profit_clip_nano=50_000_000,
        key=_SEALING.public,
        data=bytes.fromhex(canonical.sha256_hex(canonical.canonical_json(manifest["eras"][-1]))),
        id_map=bytes(32),
        scoring=bytes(32),
    )
    write = local.chain.tournament.open_round(round_id, terms)
    local.chain.send(write, local.signers["operator"], local.journal, f"open/{round_id}")
    local.node.advance(opens)


def make_client(local, lake, folder, name, seed=0, owner="bob"):
    signer = local.signers[owner]
    return Client(
        name=name, folder=folder / name, seed=seed, signer=signer, chain=local.chain, lake=lake
    )


@pytest.fixture
def client(local_chain, lake, tmp_path, round_id):
    """Give a model of bob's with 600 tokens of free stake."""
    made = make_client(local_chain, lake, tmp_path, f"m{round_id}")
    fund(local_chain, made)
    yield made
    made.close()


def fund(local, client, amount=_DEPOSIT):
    grant = local.chain.token.transfer(client.signer.address, amount)
    local.chain.send(grant, local.signers["deployer"], local.journal, f"grant/{client.name}")
    client.deposit(amount)


def make_entry(lake, round_id, at_risk=100 * WAD, seed=0):
    values = np.random.default_rng(seed).random(20)
    ids = lake_ids(lake, round_id)
    return Entry(ids=ids[::-1], values=values[::-1], at_risk=Wei(at_risk))


def lake_ids(lake, round_id):
    return snapshots.make_era(round_id, 20, 8)[0]


def enter(client, round_id, entry):
    return entering.enter([client], round_id, {client.name: entry})[0]


def inbox(lake, client, round_id):
    return sorted((lake.root / "inbox" / client.model.hex() / str(round_id)).iterdir())


def opened(path):
    return submissions.decode(keys.unseal(_SEALING, path.read_bytes()))


def test_deposit__repeated__is_made_once(client):
    client.deposit(_DEPOSIT)

    assert client.chain.tournament.free(client.model) == _DEPOSIT


def test_enter__predictions__are_committed_and_delivered_sealed(client, lake, open_round):
    entry = make_entry(lake, open_round)
    plan = enter(client, open_round, entry)

    (event,) = client.chain.tournament.entered(open_round)
    (delivered,) = inbox(lake, client, open_round)
    submission = opened(delivered)
    assert (event.model, event.at_risk, event.nonce) == (client.model, entry.at_risk, 1)
    assert np.array_equal(submission.values, entry.values[::-1])
    assert submission.salt == derive.derive(0, f"salt/{client.name}/{open_round}")
    assert (
        event.commitment
        == plan.commitment
        == commitments.commitment(
            client.chain.deployment.salt,
            open_round,
            client.model,
            client.signer.address,
            submission.salt,
            submission.digest,
        )
    )
    assert entry.values.tobytes() not in delivered.read_bytes()
    assert client.has_entered(open_round)


def test_enter__on_the_chain__logs_the_sealed_file_and_leaves_the_inbox_alone(
    client, lake, open_round
):
    entry = make_entry(lake, open_round)
    for _ in range(2):
        (plan,) = entering.enter([client], open_round, {client.name: entry}, on_chain=True)

    (event,) = chains.delivered(client.chain, open_round, client.model)
    (entered,) = client.chain.tournament.entered(open_round)
    assert (event.model, event.sealed) == (client.model, client.plans.sealed(plan))
    assert (event.block, event.log_index) < (entered.block, entered.log_index)
    assert not (lake.root / "inbox" / client.model.hex()).exists()
    assert client.has_entered(open_round)


def test_enter__on_the_chain_with_a_raised_stake__logs_the_file_once(client, lake, open_round):
    for at_risk in (100 * WAD, 101 * WAD):
        entry = make_entry(lake, open_round, at_risk=at_risk)
        entering.enter([client], open_round, {client.name: entry}, on_chain=True)

    assert len(client.chain.tournament.entered(open_round)) == 2
    assert len(chains.delivered(client.chain, open_round, client.model)) == 1
    assert client.has_entered(open_round)


def test_enter__on_the_chain_with_a_file_too_large_for_it__sends_nothing(
    client, lake, open_round, monkeypatch
):
    entry = make_entry(lake, open_round)
    monkeypatch.setattr(client.plans, "sealed", lambda _plan: bytes(65_537))

    with pytest.raises(InputError, match=r"65537 bytes, the chain takes 65536: deliver it to the"):
        entering.enter([client], open_round, {client.name: entry}, on_chain=True)

    assert client.chain.tournament.entered(open_round) == []
    assert chains.delivered(client.chain, open_round, client.model) == []
    monkeypatch.setattr(client.plans, "sealed", lambda _plan: bytes(65_536))
    entering.enter([client], open_round, {client.name: entry}, on_chain=True)
    (event,) = chains.delivered(client.chain, open_round, client.model)
    assert event.sealed == bytes(65_536)


def test_has_entered__committed_but_delivered_nowhere__is_false(client, lake, open_round):
    plan = client.prepare(live.read(client.chain, lake, open_round), make_entry(lake, open_round))
    client.chain.send_many([client.order(plan)])

    assert not client.has_entered(open_round)


def test_sign_plan__handed_in_by_somebody_else__enters_the_model(
    local_chain, client, lake, open_round
):
    plan = client.prepare(live.read(client.chain, lake, open_round), make_entry(lake, open_round))
    client.deliver(plan)
    signed = relaying.sign_plan(client, plan, local_chain.chain.now() + 60)

    keeper = local_chain.signers["keeper"]
    (outcome,) = relaying.relay(client.chain, keeper, local_chain.journal, open_round, [signed])

    (event,) = client.chain.tournament.entered(open_round)
    assert outcome.landed
    assert (event.model, event.commitment) == (client.model, plan.commitment)
    assert client.has_entered(open_round)


@pytest.mark.parametrize("place", ["sealed", "stored", "delivered", "mined"])
def test_enter__killed_and_repeated__makes_one_entry_and_one_file(
    client, lake, open_round, monkeypatch, place
):
    entry = make_entry(lake, open_round)
    with monkeypatch.context() as patch:
        if place == "sealed":
            patch.setattr(keys, "seal", kill)
        if place == "stored":
            patch.setattr(client, "deliver", kill)
        if place in ("delivered", "mined"):
            send = client.chain.send_many
            patch.setattr(
                client.chain,
                "send_many",
                lambda orders: (send(orders) if place == "mined" else None, kill()),
            )
        with pytest.raises(KilledError):
            enter(client, open_round, entry)
    assert client.has_entered(open_round) == (place == "mined")

    enter(client, open_round, entry)
    enter(client, open_round, entry)

    (event,) = client.chain.tournament.entered(open_round)
    (delivered,) = inbox(lake, client, open_round)
    assert (delivered.name, event.nonce) == (f"{event.commitment.hex()}.sealed", 1)
    assert opened(delivered).digest == client.plans.find(open_round).digest
    assert client.has_entered(open_round)


def test_enter__other_predictions__replace_the_entry(client, lake, open_round):
    enter(client, open_round, make_entry(lake, open_round))
    better = make_entry(lake, open_round, at_risk=120 * WAD, seed=1)

    plan = enter(client, open_round, better)

    last = client.chain.tournament.entered(open_round)[-1]
    assert (last.nonce, last.at_risk, last.commitment) == (2, 120 * WAD, plan.commitment)
    assert opened(inbox(lake, client, open_round)[-1]).digest == plan.digest
    assert client.chain.tournament.locked(open_round, client.model) == 120 * WAD


def test_enter__lower_stake__is_refused_before_anything_is_sent(client, lake, open_round):
    enter(client, open_round, make_entry(lake, open_round))

    with pytest.raises(InputError, match="it was 100000000000000000000 and may only rise"):
        enter(client, open_round, make_entry(lake, open_round, at_risk=99 * WAD))
    with pytest.raises(InputError, match="smallest stake is"):
        enter(client, open_round, make_entry(lake, open_round, at_risk=1, seed=2))

    assert len(client.chain.tournament.entered(open_round)) == 1


def test_enter__bad_file__sends_nothing(client, lake, open_round):
    entry = make_entry(lake, open_round)
    short = Entry(ids=entry.ids[1:], values=entry.values[1:], at_risk=entry.at_risk)

    with pytest.raises(SubmissionError, match="1 live ids are missing"):
        enter(client, open_round, short)

    assert client.plans.find(open_round) is None
    assert client.chain.tournament.entered(open_round) == []


def test_enter__round_that_is_not_open__says_its_status(client, lake, round_id):
    with pytest.raises(ChainError, match=f"round {round_id} takes no entries: its status is none"):
        enter(client, round_id, make_entry(lake, round_id))


def test_live_read__lake_with_other_data_than_the_chain__is_refused(
    client, lake, open_round, tmp_path
):
    other = Lake(tmp_path / "lake")
    snapshots.publish(other.root, open_round, n_eras=2, n_ids=21)

    with pytest.raises(LakeError, match="opened over other data"):
        live.read(client.chain, other, open_round)


def test_prepare__live_home__salts_at_random(local_chain, lake, open_round, tmp_path):
    entry = make_entry(lake, open_round)
    salts = set()
    for place in ("a", "b"):
        client = make_client(local_chain, lake, tmp_path / place, f"l{open_round}", seed=None)
        plan = client.prepare(live.read(client.chain, lake, open_round), entry)
        salts.add(client.plans.submission(plan).salt)
        client.close()

    assert len(salts) == 2


def test_plans__damaged__is_a_one_line_error(client, open_round):
    path = client.folder / "rounds" / f"{open_round}.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"round": 1}))

    with pytest.raises(HomeError, match="is damaged"):
        client.has_entered(open_round)


def test_stakes__free_and_locked__share_out_over_the_rounds_in_flight(client, lake, open_round):
    first = entering.stake_of(client, open_round)
    enter(client, open_round, make_entry(lake, open_round, at_risk=first))

    again = entering.stake_of(client, open_round)

    assert first == again == _DEPOSIT // OVERLAP
    assert client.chain.tournament.free(client.model) == _DEPOSIT - first


def test_stakes__next_round__counts_what_is_locked(local_chain, client, lake, open_round):
    enter(client, open_round, make_entry(lake, open_round, at_risk=570 * WAD))
    following = RoundId(next(_NUMBERS))
    snapshots.publish(lake.root, following, n_eras=2, n_ids=20)
    start_round(local_chain, lake, following)

    assert entering.stake_of(client, following) == 30 * WAD
    assert entering.stakes([client], following, {client.name: Wei(31 * WAD)}) == {}
    with pytest.raises(InputError, match="too little free stake"):
        entering.stake_of(client, following, Wei(31 * WAD))


def test_field__six_models__enter_once_with_the_copy_after_its_source(
    local_chain, lake, round_id, tmp_path
):
    specs = roster.roster(6, 3)
    snapshots.publish(lake.root, round_id, n_ids=20)
    start_round(local_chain, lake, round_id)
    # One account a model, as in a home: two journals must not share an account's nonces.
    clients = {
        spec.name: make_client(local_chain, lake, tmp_path, spec.name, owner=owner)
        for spec, owner in zip(specs, local_chain.signers, strict=True)
    }
    poor = clients["linear"]
    for client in clients.values():
        if client is not poor:
            fund(local_chain, client)

    for _ in range(2):
        field.enter(specs, clients, SerialExecutor(), lake.root, round_id)

    entered = {event.name: event for event in local_chain.chain.tournament.entered(round_id)}
    assert set(entered) == {"random", "copy", "pair-p", "pair-m", "lgbm-01"}
    assert entered["copy"].block > entered["lgbm-01"].block
    assert entered["pair-p"].at_risk == entered["pair-m"].at_risk == 100 * WAD
    copied, source = (clients[name].submitted(round_id) for name in ("copy", "lgbm-01"))
    assert copied.tobytes() == source.tobytes()
    assert all(client.has_entered(round_id) == (client is not poor) for client in clients.values())
