"""The maker of mutants: what it changes, what it leaves alone, and its list of equivalent ones."""

from collections import Counter

import pytest

from tests.mutation import mutants, run

SOURCE = '''# pragma version 0.4.3
# pragma nonreentrancy on
"""
@notice a < b, and 1 + 1
"""

event Paid:
    amount: uint256

LIMIT: constant(uint256) = 10**18

paid: public(uint256)

@external
def pay(amount: uint256):
    """
    @dev Pays, if amount > 0 and not more.
    """
    assert amount <= LIMIT and amount > 0, "pay: bad"  # <= on purpose
    if self._is_late(amount):
        return
    self.paid += (amount * 3 + LIMIT - 1) // (LIMIT)
    log Paid(amount=amount)
'''


def changes(kind):
    return [each.becomes for each in mutants.find("pay.vy", SOURCE) if each.kind == kind]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "comparison",
            [
                'assert amount < LIMIT and amount > 0, "pay: bad"',
                'assert amount <= LIMIT and amount >= 0, "pay: bad"',
            ],
        ),
        ("logic", ['assert amount <= LIMIT or amount > 0, "pay: bad"']),
        ("assert", ["pass"]),
        ("log", ["pass"]),
        ("return", ["pass"]),
        ("condition", ["if not (self._is_late(amount)):"]),
        (
            "rounding",
            [
                "self.paid += (amount * 3 + LIMIT - 1) // (LIMIT) + 1",
                "self.paid += (amount * 3) // (LIMIT)",
            ],
        ),
        ("write", ["pass"]),
        ("pragma", ["# pragma nonreentrancy off"]),
    ],
)
def test_find__small_contract__makes_exactly_these(kind, expected):
    assert changes(kind) == expected


def test_find__constants__are_bounds_and_types_are_not():
    bounds = changes("bound")

    assert "LIMIT: constant(uint256) = 11**18" in bounds
    assert "LIMIT: constant(uint256) = 9**18" in bounds
    assert not any("0.4" in change or "amount: uint256" in change for change in bounds)


def test_find__every_mutant__changes_its_line_alone():
    for mutant in mutants.find("pay.vy", SOURCE):
        pairs = zip(SOURCE.splitlines(), mutant.source.splitlines(), strict=True)
        changed = [number for number, (was, becomes) in enumerate(pairs, 1) if was != becomes]
        assert changed == [mutant.line]


def test_find__the_contracts__gives_many_of_every_kind_each_once():
    found = run.find_all()

    assert len({mutant.key for mutant in found}) == len(found)
    by_file = Counter(mutant.file for mutant in found)
    # signatures.vy is a page
    assert min(by_file.values()) >= 9
    asked_for = ("comparison", "assert", "bound", "write", "operand", "rounding")
    kinds = Counter(mutant.kind for mutant in found)
    assert all(kinds[kind] >= 10 for kind in asked_for)


def test_sample__same_seed__is_the_same_and_another_differs():
    found = run.find_all()

    drawn = mutants.sample(found, 60, seed=1)

    assert drawn == mutants.sample(found, 60, seed=1)
    assert drawn != mutants.sample(found, 60, seed=2)
    assert len({mutant.key for mutant in drawn}) == 60


def test_sample__as_many_as_groups__takes_one_of_each():
    found = run.find_all()
    groups = {(mutant.file, mutant.kind) for mutant in found}

    drawn = mutants.sample(found, len(groups), seed=0)

    assert {(mutant.file, mutant.kind) for mutant in drawn} == groups


def test_equivalent__every_entry__is_a_mutant_with_a_reason():
    keys = {mutant.key for mutant in run.find_all()}

    listed = run.load_equivalent()

    assert set(listed) <= keys
    assert all(len(reason) > 10 for reason in listed.values())
