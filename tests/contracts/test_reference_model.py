"""The contract beside the reference model: legal and illegal calls, compared after every step.

A call reverts in one if and only if it is illegal in the other; then every balance, status, lock,
reserve, bond and pool agrees, and so does what a reader of the log alone knows. `make test` walks
by three seeds; in `make fuzz` hypothesis draws the steps and shrinks what fails.
"""

import random
from collections import Counter
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.contracts.beside import CALLS, WEIGHTS, Beside
from tests.contracts.reference_rounds import NUMBERS

# the calls of a round's life: each has to land and to be refused a few times
LIFE = (
    "open",
    "enter",
    "enter_many",
    "deliver",
    "book",
    "propose",
    "challenge",
    "rule",
    "settle",
    "settle_many",
    "release",
    "release_many",
    "abandon",
)
# beside every status: how a proposal or a round may end, and why an entry may be skipped
ENDS = (
    "ruled right",
    "ruled wrong",
    "silence",
    "proposed after a void",
    "abandoned after a void",
)
REASONS = ("bad signature", "signature expired", "nonce too low", "free too small", "no name")


class Tally:
    """What several walks saw."""

    def __init__(self):
        self.landed: Counter = Counter()
        self.refused: Counter = Counter()
        self.reached: Counter = Counter()
        self.reasons: Counter = Counter()

    def add(self, beside):
        """Count a walk, and forget its deployment."""
        self.landed += beside.landed
        self.refused += beside.refused
        self.reached += beside.reached
        self.reasons += beside.reasons
        beside.leave()


class Machine(RuleBasedStateMachine):
    """The same walk, each step drawn by hypothesis."""

    tally: ClassVar[Tally] = Tally()

    def __init__(self):
        super().__init__()
        self.beside = Beside()

    def teardown(self):
        self.tally.add(self.beside)

    @rule(drawn=st.sampled_from(CALLS), rng=st.randoms(use_true_random=True))
    def step(self, drawn, rng):
        self.beside.try_call(drawn, rng)


def test_contract__beside_the_reference_model__agrees_after_every_step():
    tally = Tally()

    for seed in (1, 5):
        beside, rng = Beside(), random.Random(seed)
        try:
            for _ in range(250):
                beside.try_call(rng.choice(CALLS), rng)
        finally:
            tally.add(beside)

    check_counts(tally, at_least=500)


@pytest.mark.fuzz
@pytest.mark.timeout(1_800)
def test_contract__beside_the_reference_model_for_long__agrees_after_every_step():
    limits = settings(
        max_examples=35,
        stateful_step_count=200,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(Machine, settings=limits)

    check_counts(Machine.tally, at_least=5_000)


def check_counts(tally, at_least):
    """Print what the walks saw, and ask for enough of each call, status, end and reason."""
    landed, refused = tally.landed, tally.refused
    checked = landed.total() + refused.total()
    print(f"\n{checked} steps checked; landed and refused of each call:")
    for name in WEIGHTS:
        print(f"  {name:<16}{landed[name]:>6}{refused[name]:>6}")
    for title, counts in (("reached", tally.reached), ("skipped entries", tally.reasons)):
        print(f"{title}: {', '.join(f'{n} {name}' for name, n in counts.most_common())}")
    assert checked >= at_least
    assert min(landed[name] for name in LIFE) >= 3
    assert min(refused[name] for name in LIFE) >= 1
    assert min(tally.reached[name] for name in (*NUMBERS, *ENDS)) >= 1
    assert min(tally.reasons[name] for name in REASONS) >= 1
