"""What a round of ten thousand models costs, from relayed entries to the last settled leaf.

Everything runs as it does in a home: sealed files, intake, book, scores, table, keeper, doctor. The
models' owners hold no coin of the chain: a sponsor deposits for them and a relayer enters them.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import numpy as np
import psutil
import pytest

from tasks.adapters import journal_copy, keys
from tasks.adapters.chain.sending import Order
from tasks.adapters.keys import Signer
from tasks.client import live, relaying
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import commitments, derive, identity, places, submissions
from tasks.core.protocol.signed_entries import SignedEntry
from tasks.core.protocol.submissions import Submission
from tasks.core.protocol.typed_data import Enter
from tasks.stages import closing, doctor, intake, keeping
from tasks.stages.requests import Request
from tests import tournaments
from tests.benchmarks.meter import Row
from tests.flows import steps
from tests.tournaments import Tournament

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

MODELS = 10_000
DEPOSIT = Wei(6 * WAD)
PEAK_MIB = 1_024
PROFILE = Request(rounds=1, modellers=6, simulated_ids=120, simulated_days=700)

_SAMPLE_S = 0.2
_MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model of the load: its owner, who has tokens and no gas, and what it risks."""

    name: str
    owner: Signer
    at_risk: Wei

    @property
    def id(self) -> bytes:
        return identity.model_id(self.owner.address, self.name)


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One phase: seconds, transactions and their gas, peak memory of this process and the node's.

    The peaks are in MiB; the node is the forwarder with anvil.
    """

    name: str
    seconds: float
    transactions: int
    gas: int
    program_mib: float
    node_mib: float

    def line(self) -> str:
        return (
            f"{self.name:<10}{self.seconds:>8.1f} s{self.transactions:>8,} transactions"
            f"{self.gas:>15,} gas  program {self.program_mib:>5.0f} MiB, "
            f"node {self.node_mib:>5.0f} MiB"
        )


@dataclass(kw_only=True)
class Meter:
    """Times the phases of one tournament."""

    tournament: Tournament
    phases: list[Phase] = field(default_factory=list)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        first, started = self.tournament.opened.chain.header().number, time.monotonic()
        with _peaks() as peaks:
            yield
            seconds = time.monotonic() - started
        transactions, gas = _spent(self.tournament, first)
        found = Phase(
            name=name,
            seconds=seconds,
            transactions=transactions,
            gas=gas,
            program_mib=peaks[0],
            node_mib=peaks[1],
        )
        self.phases.append(found)
        print(found.line(), flush=True)


@contextmanager
def _peaks() -> Iterator[list[float]]:
    """Yield the peaks of this process and of its children, which are the node's, in MiB."""
    peaks, done, leader = [0.0, 0.0], Event(), psutil.Process()

    def look() -> None:
        node = sum(each.memory_info().rss for each in leader.children(recursive=True))
        for place, size in enumerate((leader.memory_info().rss, node)):
            peaks[place] = max(peaks[place], size / _MIB)

    def watch() -> None:
        look()
        while not done.wait(_SAMPLE_S):
            look()

    thread = Thread(target=watch)
    thread.start()
    try:
        yield peaks
        look()
    finally:
        done.set()
        thread.join()


def _spent(tournament: Tournament, after: int) -> tuple[int, int]:
    """Return the transactions after a block, and their gas."""
    chain = tournament.opened.chain
    numbers = range(after + 1, chain.header().number + 1)
    params = [[hex(number), False] for number in numbers]
    blocks = chain.rpc.batch_all("eth_getBlockByNumber", params)
    return (
        sum(len(block["transactions"]) for block in blocks),
        sum(int(block["gasUsed"], 16) for block in blocks),
    )


def models(count: int) -> list[Model]:
    return [
        Model(
            name=f"load-{number}",
            owner=Signer(derive.derive(0, f"load/{number}")),
            at_risk=Wei((1 + number % 5) * WAD),
        )
        for number in range(count)
    ]


def deposit(tournament: Tournament, entrants: Sequence[Model], sponsor: Signer) -> None:
    """Give every model free stake of the sponsor's tokens."""
    chain, journal = tournament.opened.chain, tournament.opened.journal
    approve = chain.token.approve(chain.tournament.address, Wei(len(entrants) * DEPOSIT))
    chain.send(approve, sponsor, journal, purpose="load/approve")
    orders = [
        Order(
            write=chain.tournament.deposit(each.owner.address, each.name, DEPOSIT),
            signer=sponsor,
            journal=journal,
            purpose=f"load/deposit/{each.name}",
        )
        for each in entrants
    ]
    chain.send_many(orders)


def deliver(
    tournament: Tournament, round_id: RoundId, entrants: Sequence[Model]
) -> list[SignedEntry]:
    """Seal and deliver predictions of chance for every model, and sign the entries."""
    chain, lake = tournament.opened.chain, tournament.opened.lake
    opened = live.read(chain, lake, round_id)
    domain, config = relaying.tournament_domain(chain), chain.tournament.facts(round_id).config
    rng, signed = np.random.default_rng(0), []
    for each in entrants:
        submission = Submission(
            round_id=round_id,
            model=each.id,
            salt=derive.derive(0, f"salt/{each.name}"),
            ids_hash=opened.ids_hash,
            values=rng.random(len(opened.ids)),
        )
        commitment = commitments.commitment(
            chain.deployment.salt,
            round_id,
            each.id,
            each.owner.address,
            submission.salt,
            submission.digest,
        )
        path = lake.root / places.inbox(each.id, round_id, commitment)
        path.parent.mkdir(parents=True)
        path.write_bytes(keys.seal(opened.terms.key, submissions.encode(submission)))
        message = Enter(
            round_id=round_id,
            config=config,
            model=each.id,
            at_risk=each.at_risk,
            commitment=commitment,
            nonce=1,
            deadline=opened.terms.closes,
        )
        signed.append(relaying.sign_entry(each.owner, domain, each.name, message))
    return signed


def withdrawable(tournament: Tournament, entrants: Sequence[Model]) -> list[Wei]:
    """Return what each model has free, all of which its owner's withdrawal would take out."""
    chain = tournament.opened.chain
    free = chain.tournament.free_many([each.id for each in entrants])
    withdrawals = [
        chain.tournament.withdraw(each.name, amount).request(each.owner.address)
        for each, amount in zip(entrants, free, strict=True)
    ]
    chain.rpc.batch_all("eth_call", [[request, "latest"] for request in withdrawals])
    return free


def play(meter: Meter, entrants: Sequence[Model], sponsor: Signer) -> doctor.Diagnosis:
    """Take the models through one round, phase by phase, and examine what is left."""
    tournament = meter.tournament
    opened, (round_id,) = tournament.opened, tournament.rounds
    with meter.phase("deposit"):
        deposit(tournament, entrants, sponsor)
    steps.start(tournament, round_id)
    with meter.phase("deliver"):
        entries = deliver(tournament, round_id, entrants)
    with meter.phase("relay"):
        outcomes = relaying.relay(opened.chain, opened.keeper, opened.journal, round_id, entries)
    assert all(each.landed for each in outcomes)
    with meter.phase("intake"):
        assert intake.receive(opened, round_id) == len(entrants)
    tournament.advance(steps.times(tournament, round_id)["closes"])
    with meter.phase("book"):
        closing.close_round(opened, round_id)
    tournament.advance(steps.times(tournament, round_id)["resolves"])
    with meter.phase("propose"):
        tournaments.resolve(opened, round_id)
    with meter.phase("settle"):
        assert keeping.keep(opened) == []
    with meter.phase("doctor"):
        journal = journal_copy.entries(tournament.home.journal)
        return doctor.examine(opened.chain, opened.lake, lambda: {"home": journal})


def test_load__ten_thousand_relayed_models__settle_to_the_wei(bench, tmp_path):
    entrants = models(MODELS)
    with tournaments.founded(tmp_path / "home", PROFILE) as tournament:
        meter, opened = Meter(tournament=tournament), tournament.opened
        sponsor = tournament.opened.keys.signer("deployer")

        diagnosis = play(meter, entrants, sponsor)
        with meter.phase("withdraw"):
            free = withdrawable(tournament, entrants)

        (round_id,) = tournament.rounds
        locked = opened.chain.tournament.facts(round_id).locked
        settled = opened.chain.tournament.settled(round_id)
        paid, burned = sum(each.payout for each in settled), sum(each.burn for each in settled)
        won = sum(each.payout > 0 for each in settled)
        lost = sum(each.burn > 0 for each in settled)
        files = tournament.home.root.glob("journal.sqlite*")
        journal_mib = sum(path.stat().st_size for path in files) / _MIB
    peak = max(phase.program_mib for phase in meter.phases)
    transactions = sum(phase.transactions for phase in meter.phases)
    gas = sum(phase.gas for phase in meter.phases)
    print(f"{won:,} leaves paid {paid} wei, {lost:,} burned {burned} wei")
    print(f"the journal has {journal_mib:.1f} MiB")
    bench.append(
        Row(
            work=f"load: {MODELS:,} models in one round",
            ours_s=sum(phase.seconds for phase in meter.phases),
            count=MODELS,
            peak_mib=peak,
            bar=f"program under 1 GiB; {transactions:,} transactions, {gas:,} gas",
            held=peak < PEAK_MIB,
        )
    )

    assert diagnosis.differences == []
    assert len(settled) == MODELS
    assert min(won, lost) > MODELS // 4
    assert locked == 0
    assert sum(free) == MODELS * DEPOSIT + paid - burned
    assert peak < PEAK_MIB
