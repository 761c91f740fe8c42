"""Python's integers against Vyper's, and what neither a split nor a pair can gain by them.

`make test` compares 2,000 random inputs of each function, `make fuzz` 100,000; both add
combinations of boundary values, `make fuzz` all of them.
"""

import itertools
import random
from pathlib import Path

import boa
import pytest

from tasks.core.money import payouts
from tasks.core.money.units import NANO, WAD, Wei

BATCH = 500
CLIP = NANO // 4
MOST = 2**128 - 1
AMOUNTS = (0, 1, 3, 1_000, 1_001, WAD - 1, WAD, WAD + 1, 10**24 + 7, MOST - 1, MOST)
FACTORS = (0, 1, 2, WAD // 3, WAD // 2 + 1, WAD - 1, WAD)
CLIPS = (0, 1, 2, NANO // 8 + 1, CLIP - 1, CLIP)
RATES = (*CLIPS, *(-clip for clip in CLIPS[1:]))


def sizes(short, long):
    """Return a test's two sizes, the long one under `fuzz`."""
    marks = [pytest.mark.fuzz, pytest.mark.timeout(1_800)]
    return pytest.mark.parametrize("n", [short, pytest.param(long, marks=marks)])


class Arithmetic:
    """The contract's arithmetic by the batch."""

    def __init__(self):
        self.contract = boa.load(str(Path(__file__).with_name("parity.vy")))

    def payouts_and_burns(self, cases):
        """Return [payout, burn] of each (at risk, factor, return)."""
        return _in_batches(self.contract.payouts_and_burns, cases)

    def factors_and_reserves(self, cases):
        """Return [factor, reserve] of each (T, threshold, available, clip)."""
        return _in_batches(self.contract.factors_and_reserves, cases)


def _in_batches(call, cases):
    return [pair for n in range(0, len(cases), BATCH) for pair in call(cases[n : n + BATCH])]


@pytest.fixture(scope="module")
def vyper():
    """Return the contract's arithmetic."""
    return Arithmetic()


def draw_amount(rng, least=0):
    """Draw an amount of any magnitude up to what the ledger can owe."""
    return rng.randrange(least, 2 ** rng.randrange(11, 129))


def draw_rate(rng):
    """Draw a return within the widest clip."""
    return rng.randrange(-CLIP, CLIP + 1)


def draw_leg(rng):
    """Draw what a leg's factor follows from: rich and scarce pools, wide and narrow clips."""
    total = draw_amount(rng, least=1_000)
    threshold = rng.choice((0, 1, total - 1, total, total + 1, draw_amount(rng), 2_000 * WAD))
    available = rng.choice((draw_amount(rng), rng.randrange(total), 0, 1))
    return total, min(threshold, MOST), available, rng.choice((rng.randrange(CLIP + 1), CLIP, 1, 0))


@sizes(2_000, 100_000)
def test_payout_and_burn__random_and_boundary_inputs__are_the_cores(vyper, n):
    rng = random.Random(n)
    cases = list(itertools.product(AMOUNTS, FACTORS, RATES))
    cases += [(draw_amount(rng), rng.randrange(WAD + 1), draw_rate(rng)) for _ in range(n)]

    found = vyper.payouts_and_burns(cases)

    for (at_risk, factor, rate), (paid, burned) in zip(cases, found, strict=True):
        assert paid == payouts.payout(Wei(at_risk), factor, rate)
        assert burned == payouts.burn(Wei(at_risk), factor, rate)
    print(f"\n{len(cases)} payouts and burns equal")


@sizes(2_000, 100_000)
def test_factor_and_reserve__random_and_boundary_inputs__are_the_cores(vyper, n):
    rng = random.Random(n)
    totals = [amount for amount in AMOUNTS if amount >= 1_000]
    cases = list(itertools.product(totals, AMOUNTS, AMOUNTS, CLIPS))[:: 1 if n > 2_000 else 5]
    cases += [draw_leg(rng) for _ in range(n)]

    found = vyper.factors_and_reserves(cases)

    for (total, threshold, available, clip), (factor, reserve) in zip(cases, found, strict=True):
        assert factor == payouts.factor(Wei(total), Wei(available), clip, Wei(threshold))
        assert reserve == payouts.reserve(Wei(total), factor, clip)
        assert factor <= WAD
        assert reserve <= available
    print(f"\n{len(cases)} factors and reserves equal")


@sizes(400, 20_000)
def test_split_stake__random_parts__never_gain_a_wei(vyper, n):
    rng = random.Random(n)
    stakes, cases = [], []
    for _ in range(n):
        factor, rate = rng.choice((WAD, rng.randrange(WAD + 1))), draw_rate(rng)
        parts = [draw_amount(rng, least=1_000) >> 4 for _ in range(rng.randrange(2, 9))]
        stakes.append(len(parts))
        cases += [(amount, factor, rate) for amount in (sum(parts), *parts)]

    found = iter(vyper.payouts_and_burns(cases))

    for n_parts in stakes:
        paid, burned = next(found)
        parts_paid, parts_burned = map(sum, zip(*itertools.islice(found, n_parts), strict=True))
        assert parts_paid <= paid
        assert parts_burned >= burned
    print(f"\n{n} splits into {sum(stakes)} parts gain nothing")


@sizes(400, 20_000)
def test_pair__any_clip_factor_and_scarcity__never_gains_a_wei(vyper, n):
    rng = random.Random(n)
    legs = [draw_leg(rng) for _ in range(n)]
    factors = [factor for factor, _ in vyper.factors_and_reserves(legs)]
    cases = []
    for (total, *_, clip), factor in zip(legs, factors, strict=True):
        scores = [rng.randrange(-NANO, NANO + 1) for _ in range(2)]
        forth = payouts.return_nano((NANO // 2, NANO), scores, clip)
        back = payouts.return_nano((NANO // 2, NANO), [-score for score in scores], clip)
        at_risk = rng.randrange(total // 2 + 1)
        cases += [(at_risk, factor, forth), (at_risk, factor, back)]

    found = iter(vyper.payouts_and_burns(cases))

    # one of the two is paid what rounds down, the other loses what rounds up
    losses = [
        sum(burned - paid for paid, burned in pair) for pair in zip(found, found, strict=True)
    ]
    assert len(losses) == n
    assert set(losses) <= {0, 1}
    scarce = sum(0 < factor < WAD for factor in factors)
    print(f"\n{n} pairs gain nothing, {scarce} under a factor between 0 and 1")
    assert scarce > n // 5
