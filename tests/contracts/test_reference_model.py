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

# the calls of a round's life: each has to land and to be refused a few times
LIFE = ("open", "enter", "book", "propose", "settle", "settle_many", "release", "abandon")


class Machine(RuleBasedStateMachine):
    """The same walk, each step drawn by hypothesis."""

    landed: ClassVar[Counter] = Counter()
    refused: ClassVar[Counter] = Counter()

    def __init__(self):
        super().__init__()
        self.beside = Beside()

    def teardown(self):
        self.landed.update(self.beside.landed)
        self.refused.update(self.beside.refused)
        self.beside.leave()

    @rule(drawn=st.sampled_from(CALLS), rng=st.randoms(use_true_random=True))
    def step(self, drawn, rng):
        self.beside.try_call(drawn, rng)


def test_contract__beside_the_reference_model__agrees_after_every_step():
    landed: Counter = Counter()
    refused: Counter = Counter()

    for seed in (1, 2, 3):
        beside, rng = Beside(), random.Random(seed)
        for _ in range(200):
            beside.try_call(rng.choice(CALLS), rng)
        landed += beside.landed
        refused += beside.refused
        beside.leave()

    check_counts(landed, refused, at_least=600)


@pytest.mark.fuzz
@pytest.mark.timeout(1_800)
def test_contract__beside_the_reference_model_for_long__agrees_after_every_step():
    limits = settings(
        max_examples=60,
        stateful_step_count=100,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )

    run_state_machine_as_test(Machine, settings=limits)

    check_counts(Machine.landed, Machine.refused, at_least=5_000)


def check_counts(landed, refused, at_least):
    """Print what landed and was refused, and ask for enough of each call of a round's life."""
    checked = landed.total() + refused.total()
    print(f"\n{checked} steps checked; landed and refused of each call:")
    for name in WEIGHTS:
        print(f"  {name:<16}{landed[name]:>6}{refused[name]:>6}")
    assert checked >= at_least
    assert min(landed[name] for name in LIFE) >= 3
    assert min(refused[name] for name in LIFE) >= 1
