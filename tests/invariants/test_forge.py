"""Forge's tests in Vyper: fuzzed arithmetic, and invariants under random calls.

The short form runs in `make test`; `make fuzz` has the full one and breaks the contracts in
several places to see an invariant fail.
"""

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from contracts import loader
from deployment import compile_contracts
from deployment.provision.place import Refusal
from tests.invariants.forge import SCRATCH, Forge

INVARIANTS = tuple(
    re.findall(r"def (invariant_\w+)\(", Path(__file__).with_name("invariants.vy").read_text())
)
ARITHMETIC = tuple(
    name
    for path in sorted(Path(__file__).parent.glob("fuzz_*.vy"))
    for name in re.findall(r"def (test_\w+)\(", path.read_text())
)
FUZZ_RUNS = 100_000
RUNS, DEPTH = 250, 750
NEVER_REFUSED = {"donate"}  # nothing of what a person has is too much to give
SEED = 20260105
NO_SHRINKING = {"invariant_shrink_run_limit": 0}


# a fault in one line of a contract, and the invariant that is to tell of it
BREAKS = {
    "invariant_balance": (
        "rounds.vy",
        "self.rounds[round].proposer, bond + bond // 2)",
        "self.rounds[round].proposer, bond + bond)",
    ),
    "invariant_supply": ("token.vy", "self.minted += amount\n", "pass\n"),
    "invariant_losses_within_clips": (
        "tournament.vy",
        "payouts._amounts(at_risk, factors[STAKE], leaf.return_nano)",
        "payouts._amounts(at_risk, payouts.WAD, leaf.return_nano)",
    ),
    "invariant_stakes_locked_once": (
        "tournament.vy",
        "ledger.locks[round][leaf.model] = 0\n",
        "pass\n",
    ),
    "invariant_statuses": (
        "rounds.vy",
        "return RESOLVING if now < self.rounds[round].terms.propose_by else ABANDONED",
        "return RESOLVING",
    ),
    "invariant_pools_leave_as_payouts": (
        "ledger.vy",
        "        self.pool[leg] += amount\n        log ReserveReturned",
        "        self.pool[leg] += amount - 1\n        log ReserveReturned",
    ),
    "invariant_free_stake": (
        "ledger.vy",
        "model: bytes32 = self._model_of(msg.sender, name)\n    self._debit(model, amount)",
        "model: bytes32 = self._model_of(msg.sender, name)\n    self._debit(model, amount - 1)",
    ),
    "invariant_bonds": (
        "rounds.vy",
        "self._end_duty(round, fault)",
        "self._end_duty(round, not fault)",
    ),
    "invariant_calls_land_when_due": (
        "rounds.vy",
        "self._now() >= settling.final_at + settling.claim",
        "self._now() > settling.final_at + settling.claim",
    ),
}


@pytest.fixture(scope="module")
def forge():
    """Return a build of the tests, against artefacts that are those of the sources."""
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        try:
            for name in loader.SOURCES:
                loader.load(name)
            built = Forge(Path(folder))
        except (Refusal, ValueError) as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        yield built


def check_arithmetic(results, runs):
    """Check that every fuzz test ran so often and passed, and print the counts."""
    assert set(results) == set(ARITHMETIC)
    print(f"\n{len(results)} fuzz tests of arithmetic, {runs} runs each")
    for result in results.values():
        assert result.passed, f"{result.name}: {result.reason}"
        assert result.runs == runs


def check_invariant(result, calls):
    """Check that an invariant held over so many calls, of every function and with no revert."""
    assert result.passed, f"{result.name}: {result.reason}"
    assert (result.calls, result.reverts) == (calls, 0)
    assert len(result.targets) == 17
    assert min(result.targets.values()) > 0


def check_calls(calls):
    """Check that each of the players' calls landed and was refused, and print how often."""
    print(f"{'call':<22}{'landed':>10}{'refused':>10}")
    for name, (landed, refused) in calls.items():
        print(f"{name:<22}{landed:>10,}{refused:>10,}")
    assert not [name for name, (landed, _) in calls.items() if landed == 0]
    assert {name for name, (_, refused) in calls.items() if refused == 0} <= NEVER_REFUSED


def test_breaks__every_invariant__has_one_in_the_sources():
    assert set(BREAKS) == set(INVARIANTS)
    for file, was, _ in BREAKS.values():
        assert (loader.FOLDER / file).read_text().count(was) == 1


def test_forge__short__holds(forge):
    runs, depth = 3, 400

    results = forge.test(".", SEED, fuzz_runs=2_000, invariant_runs=runs, invariant_depth=depth)

    check_arithmetic({name: results[name] for name in set(results) - set(INVARIANTS)}, 2_000)
    assert len(INVARIANTS) >= 6
    print(f"{len(INVARIANTS)} invariants, {runs * depth:,} calls each")
    for name in INVARIANTS:
        check_invariant(results[name], runs * depth)
    check_calls(forge.calls())


@pytest.mark.fuzz
@pytest.mark.timeout(1_800)
def test_forge__arithmetic__holds(forge):
    results = forge.test("^test_", SEED, fuzz_runs=FUZZ_RUNS)

    check_arithmetic(results, FUZZ_RUNS)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("number", range(len(INVARIANTS)), ids=INVARIANTS)
def test_forge__invariant__holds(forge, number):
    name = INVARIANTS[number]

    # each invariant on a walk of its own
    results = forge.test(rf"^{name}\(", SEED + number, invariant_runs=RUNS, invariant_depth=DEPTH)

    print(f"\n{name}: {results[name].calls:,} calls in {results[name].runs} runs")
    check_invariant(results[name], RUNS * DEPTH)
    check_calls(forge.calls())


@pytest.mark.fuzz
@pytest.mark.parametrize("name", INVARIANTS)
def test_forge__broken_contract__is_told_by_its_invariant(forge, monkeypatch, name):
    file, was, becomes = BREAKS[name]
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        broken = shutil.copytree(loader.FOLDER, Path(folder, "contracts"))
        (broken / file).write_text((broken / file).read_text().replace(was, becomes))
        monkeypatch.setattr(loader, "FOLDER", broken)
        compile_contracts.main()

        results = forge.with_artifacts(broken / "artifacts").test(
            rf"^{name}\(", SEED, invariant_runs=40, invariant_depth=DEPTH, **NO_SHRINKING
        )

    assert not results[name].passed
    print(f"\n{file}: {becomes.strip()!r} is told: {results[name].reason}")
