"""What a long log costs: `status` over 500 rounds, and a round in which strangers deliver junk."""

import json
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import pytest

from tasks.adapters.chain.writes import Write
from tasks.adapters.home import Home
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings, child_environment
from tasks.client import relaying
from tasks.core.data.pace import Pace
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import batches, identity, merkle, vault_places
from tasks.core.protocol.documents.vault import LivePace
from tasks.core.protocol.table import Row as Leaf
from tasks.core.protocol.terms import Terms
from tasks.core.protocol.typed_data import Enter
from tasks.stages.requests import LiveRequest
from tests import chains, commands
from tests.benchmarks import meter
from tests.benchmarks.meter import Row
from tests.chains import LocalChain

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

ROUNDS, MODELS = 500, 100
LOGS = 2 * ROUNDS * MODELS
STATUS_S, STATUS_MIB = 2.0, 400

_GWEI = 10**9
_TOGETHER = 50


@dataclass(kw_only=True)
class Sender:
    """Sends writes of one account without a journal, many at a time, each of which must succeed."""

    local: LocalChain
    name: str
    gas: int = 25_000_000

    def __post_init__(self) -> None:
        self._signer = self.local.signers[self.name]
        self._nonce = self.local.chain.nonce(self._signer.address)

    def send(self, writes: Iterator[Write] | Sequence[Write]) -> None:
        raws: list[str] = []
        for write in writes:
            raws.append(self._signed(write))
            if len(raws) == _TOGETHER:
                self._post(raws)
                raws = []
        self._post(raws)

    def _signed(self, write: Write) -> str:
        fields = {"type": 2, "chainId": self.local.chain.chain_id, "nonce": self._nonce}
        fees = {"maxFeePerGas": _GWEI, "maxPriorityFeePerGas": _GWEI, "gas": self.gas}
        self._nonce += 1
        signed = self._signer.sign(
            {**fields, **fees, "to": write.to, "value": 0, "data": write.data}
        )
        return "0x" + bytes(signed.raw_transaction).hex()

    def _post(self, raws: Sequence[str]) -> None:
        hashes = self.local.chain.rpc.batch_all("eth_sendRawTransaction", [[raw] for raw in raws])
        found = self.local.chain.receipts(hashes)
        assert all(receipt is not None and receipt.succeeded for receipt in found)


def fill(local: LocalChain, rounds: int, models: int) -> None:
    """Play rounds side by side, each with an entry and a settled leaf of every model."""
    names = [f"m{number}" for number in range(models)]
    owner, tournament = local.signers["alice"], local.chain.tournament
    stake = Wei(rounds * models * WAD)
    deployer, keeper = Sender(local=local, name="deployer"), Sender(local=local, name="keeper")
    operator, alice = Sender(local=local, name="operator"), Sender(local=local, name="alice")
    pool = Wei(200_000 * WAD)
    token = local.chain.token
    deployer.send([token.approve(tournament.address, pool), tournament.fund(0, pool)])
    deployer.send([token.transfer(owner.address, stake)])
    alice.send([token.approve(tournament.address, stake)])
    alice.send(tournament.deposit(owner.address, name, Wei(rounds * WAD)) for name in names)
    chosen = [RoundId(number) for number in range(1, rounds + 1)]
    agreed = chains.terms(local.chain.now() + 3_600)
    operator.send(tournament.open_round(each, agreed) for each in chosen)
    local.node.advance(agreed.opens)
    keeper.send(_entries(local, chosen, names, agreed))
    local.node.advance(agreed.closes)
    operator.send(tournament.record_book(each, b"\6" * 32, "book") for each in chosen)
    local.node.advance(agreed.resolves)
    ids = sorted(identity.model_id(owner.address, name) for name in names)
    leaves = [Leaf(model=each, return_nano=1_000_000, profit_nano=0) for each in ids]
    for round_id in chosen:
        hashes = [leaf.leaf(round_id) for leaf in leaves]
        root = merkle.root(hashes)
        operator.send([tournament.propose(round_id, root, b"\7" * 32, b"\x08" * 32, "r")])
        proofs = [merkle.proof(hashes, number) for number in range(len(hashes))]
        parts = zip(batches.of(leaves), batches.of(proofs), strict=True)
        keeper.send(tournament.settle_many(round_id, rows, many) for rows, many in parts)


def _entries(
    local: LocalChain, rounds: Sequence[RoundId], names: Sequence[str], agreed: Terms
) -> Iterator[Write]:
    owner, domain = local.signers["alice"], relaying.tournament_domain(local.chain)
    facts = local.chain.tournament.facts_many(rounds)
    for round_id in rounds:
        usual = Enter(
            round_id=round_id,
            config=facts[round_id].config,
            model=b"",
            at_risk=Wei(WAD),
            commitment=secrets.token_bytes(32),
            nonce=1,
            deadline=agreed.closes,
        )
        messages = [(n, replace(usual, model=identity.model_id(owner.address, n))) for n in names]
        signed = [relaying.sign_entry(owner, domain, name, each) for name, each in messages]
        for some in batches.of(signed):
            yield local.chain.tournament.enter_many(round_id, some)


def make_live(home: Home) -> Home:
    """Say of a home whose chain does not run that it is a live one, with a minimal data set."""
    path = home.root / "home.json"
    facts = json.loads(path.read_bytes())
    request = LiveRequest(simulated_ids=120, simulated_days=560)
    facts |= {"kind": "live", "seed": None, "arguments": request.arguments()}
    path.write_text(json.dumps(facts))
    pace = Pace(day_s=86_400, founded_at=chains.GENESIS_TIME, history=260, round_every=5)
    found = LivePace(pace=pace, today="2013-02-04")
    Lake(home.vault).publish(vault_places.PACE, found)
    return Home.open(home.root, "live")


def test_status__500_rounds_and_100_000_logs__is_there_at_once(bench, tmp_path):
    root = tmp_path / "home"
    started = time.monotonic()
    with chains.running(root) as local:
        fill(local, ROUNDS, MODELS)
        chain, home = local.chain, local.home
        assert len(chain.tournament.settled(RoundId(ROUNDS))) == MODELS
    print(f"the chain was made in {time.monotonic() - started:.0f} s", flush=True)
    home, values = make_live(home), Settings(home=root)
    told = tmp_path / "status.json"
    with closing(Running(home, values)):
        argv = [str(commands.PROGRAM), "status", "--home", str(root), "--json", str(told)]
        # The chain alone runs, so that a person is needed, which the exit code says.
        command = ["/bin/sh", "-c", '"$@"; test $? -eq 1', "-", *argv]
        environment = child_environment(values, root)
        first_s, first_mib = meter.measure(command, environment)
        again = [meter.measure(command, environment) for _ in range(3)]
    seconds, mib = min(each for each, _ in again), max(each for _, each in again)
    print(f"first {first_s:.1f} s, {first_mib:.0f} MiB; then {seconds:.2f} s, {mib:.0f} MiB")
    bench.append(
        Row(
            work=f"status: {ROUNDS} rounds, {LOGS:,} logs, not for the first time",
            ours_s=seconds,
            count=1,
            peak_mib=mib,
            bar=f"under {STATUS_S:g} s and {STATUS_MIB} MiB",
            held=seconds < STATUS_S and mib < STATUS_MIB,
        )
    )

    newest = json.loads(told.read_bytes())["rounds"][-1]
    assert (newest["round_id"], newest["words"]) == (ROUNDS, "settled")
    assert mib < STATUS_MIB


class Running:
    """A home's chain, until it is closed."""

    def __init__(self, home: Home, values: Settings) -> None:
        self._node = Node.start(home, values)

    def close(self) -> None:
        self._node.stop()
