"""Five thousand files of 64 KiB that nobody asked for, in the log of a round: nothing stops."""

import time
from collections.abc import Iterator

import pytest

from tasks.adapters import journal_copy
from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.rpc import Rpc
from tasks.adapters.keys import Signer
from tasks.core.money.units import RoundId
from tasks.core.protocol import submissions
from tasks.stages import doctor, intake, settling
from tasks.stages.requests import Request
from tests import tournaments
from tests.benchmarks.meter import Row
from tests.benchmarks.test_load import Meter
from tests.flows import steps
from tests.tournaments import Tournament

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

DELIVERIES = 5_000
PEAK_MIB = 1_024
PROFILE = Request(rounds=1, modellers=6, simulated_ids=120, simulated_days=700)

_GWEI = 10**9
_TOGETHER = 16
_PATIENCE_S = 600.0


def signed(chain: Chain, stranger: Signer, round_id: RoundId, number: int) -> Iterator[str]:
    """Yield the transactions of a stranger who fills the log with the largest files."""
    content = b"\xff" * submissions.MAX_LOGGED_BYTES
    write = chain.tournament.deliver(round_id, "junk", content)
    first = chain.nonce(stranger.address)
    for nonce in range(first, first + number):
        fields = {"type": 2, "chainId": chain.chain_id, "nonce": nonce, "gas": 4_000_000}
        fees = {"maxFeePerGas": _GWEI, "maxPriorityFeePerGas": _GWEI}
        made = stranger.sign({**fields, **fees, "to": write.to, "value": 0, "data": write.data})
        yield "0x" + bytes(made.raw_transaction).hex()


def deliver_junk(tournament: Tournament, round_id: RoundId, number: int) -> None:
    chain, hashes = tournament.opened.chain, []
    # Now and then the node saves its state, which holds every file.
    patient = Rpc(chain.rpc.url, _PATIENCE_S)
    # One account could not pay for so much gas.
    for name in ("deployer", "arbiter"):
        stranger = tournament.opened.keys.signer(name)
        raws = [[raw] for raw in signed(chain, stranger, round_id, _TOGETHER)]
        for _ in range(0, number // 2, _TOGETHER):
            hashes += patient.batch_all("eth_sendRawTransaction", raws)
            raws = [[raw] for raw in signed(chain, stranger, round_id, _TOGETHER)]
    done = sum(found is not None and found.succeeded for found in chain.receipts(hashes))
    assert done >= number


def play(meter: Meter) -> tuple[list[str], doctor.Diagnosis]:
    """Take the modellers through one round beside the junk; return failed checks and diagnosis."""
    tournament = meter.tournament
    opened, (round_id,) = tournament.opened, tournament.rounds
    steps.start(tournament, round_id)
    with meter.phase("junk"):
        deliver_junk(tournament, round_id, DELIVERIES)
    with meter.phase("intake"):
        tournament.enter(round_id)
        intake.receive(opened, round_id)
    tournament.advance(steps.times(tournament, round_id)["closes"])
    with meter.phase("close"):
        tournament.close(round_id)
    with meter.phase("resolve"):
        steps.resolve(tournament, round_id)
    with meter.phase("settle"):
        settling.settle_round(opened, round_id)
    with meter.phase("verify"):
        failed = steps.failed(tournament)
    with meter.phase("doctor"):
        journal = journal_copy.entries(tournament.home.journal)
        return failed, doctor.examine(opened.chain, opened.lake, lambda: {"home": journal})


def test_junk__five_thousand_deliveries_of_64_kib__stop_nothing(bench, tmp_path):
    started = time.monotonic()
    with tournaments.founded(tmp_path / "home", PROFILE) as tournament:
        meter = Meter(tournament=tournament)

        failed, diagnosis = play(meter)

        (round_id,) = tournament.rounds
        settled = len(tournament.opened.chain.tournament.settled(round_id))
        usage = tournament.opened.chain.usage()
    work = [phase for phase in meter.phases if phase.name != "junk"]
    peak = max(phase.program_mib for phase in work)
    print(f"{time.monotonic() - started:.0f} s in all")
    bench.append(
        Row(
            work=f"{DELIVERIES:,} deliveries of 64 KiB beside one round",
            ours_s=sum(phase.seconds for phase in work),
            count=DELIVERIES,
            peak_mib=peak,
            bar="program under 1 GiB, and nothing stops",
            held=peak < PEAK_MIB,
        )
    )

    assert failed == []
    assert diagnosis.differences == []
    assert settled == len(tournament.clients)
    assert usage["transactions"] > DELIVERIES
    assert peak < PEAK_MIB
