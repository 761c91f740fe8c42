"""Two homes with the same keys, at work at the same moment: each thing is done once."""

import shutil
from collections import defaultdict
from contextlib import closing
from dataclasses import replace

import pytest

from tasks.adapters import failpoints, journal_copy
from tasks.adapters.journal import Journal
from tasks.adapters.lake import Lake
from tasks.core.errors import ChainError
from tasks.core.money.units import Wei
from tasks.stages import closing as books
from tasks.stages import doctor, opening, settling
from tests import tournaments
from tests.chaos import ends
from tests.chaos.conftest import SMALL

MOST_RUNS = 30
POINTS = [
    "signed",
    *(pytest.param(each, marks=pytest.mark.chaos) for each in ("sent", "mined", "noted")),
]
ACTS = {
    "open": opening.open_round,
    "book": books.close_round,
    "propose": tournaments.resolve,
    "settle": settling.settle_round,
    "sweep": lambda opened, number: settling.sweep(opened),
}
TURNS = {**dict.fromkeys(ACTS, (0, 1, 2)), "settle": (0, 2), "sweep": (1,)}
MET = sum(map(len, TURNS.values()))
LOST = sum(turn > 0 for turns in TURNS.values() for turn in turns)
"""How many nonces something else of his takes, if he comes before the first one has sent."""


class Second:
    """The other home's operator, who comes to the same step at one place of the first one's.

    In the first round he does the same, so that he signs the same bytes. Then something else of
    his takes the nonce before.
    """

    def __init__(self, tournament, folder, point):
        self.tournament, self.folder, self.point = tournament, folder, point
        self.journal = Journal(folder / "journal.sqlite")
        self.done = []
        self._busy = False

    def reach(self, point, *purposes):
        if point != self.point or self._busy:
            return
        for purpose in purposes:
            step, _, rest = str(purpose).partition("/")
            if step in ACTS and purpose not in self.done:
                self._come_to(step, int(rest.split("/")[0]), purpose)

    def _come_to(self, step, number, purpose):
        turn = number if step == "sweep" else self.tournament.rounds.index(number)
        # Whoever settles sweeps as well, so each of the two gets rounds of its own.
        if turn not in TURNS[step]:
            return
        self.done.append(purpose)
        self._busy = True
        opened = self.opened()
        if turn > 0:
            signer = opened.keeper if step in ("settle", "sweep") else opened.operator
            nothing = opened.chain.token.approve(opened.chain.tournament.address, Wei(0))
            opened.chain.send(nothing, signer, self.journal, f"by hand/{purpose}")
        ACTS[step](opened, self.tournament.rounds[turn])
        self._busy = False

    def opened(self):
        """His own copy of everything that the first one has, but for the journal."""
        mine, number = self.tournament.opened, len(self.done)
        stores = {
            name: Lake(shutil.copytree(store.root, self.folder / f"{name}-{number}"))
            for name, store in (("lake", mine.lake), ("vault", mine.vault))
        }
        return replace(mine, journal=self.journal, **stores)


def play(tournament, second, monkeypatch):
    """Play it, again after each error, and return the errors."""
    errors = []
    monkeypatch.setattr(failpoints, "reach", second.reach)
    for _ in range(MOST_RUNS):
        try:
            tournament.play()
        except ChainError as error:
            errors.append(str(error))
        else:
            return errors
    raise AssertionError(f"not done after {MOST_RUNS} runs: {errors[-3:]}")


@pytest.mark.parametrize("point", POINTS)
def test_second_operator__at_every_transaction__each_purpose_is_served_once(
    home, unbroken, tmp_path, monkeypatch, point
):
    with tournaments.founded(home, SMALL) as tournament:
        second = Second(tournament, tmp_path, point)
        with closing(second.journal):
            errors = play(tournament, second, monkeypatch)
            wei = ends.balances(tournament.opened.chain)
            journals = (tournament.opened.journal, second.journal)
            entries = [entry for journal in journals for entry in journal.entries()]
            told = [differences(tournament, journal) for journal in journals]

    mined = defaultdict(set)
    for entry in entries:
        if entry.state == "mined" and not entry.purpose.startswith("by hand/"):
            mined[f"home: {entry.purpose}"].add(entry.mined)
    due = {name for name, _ in unbroken.outcome.purposes if name.startswith("home: ")}
    assert (len(second.done), len(errors)) == (MET, LOST if point == "signed" else 0)
    assert {name: len(hashes) for name, hashes in mined.items()} == dict.fromkeys(due, 1)
    assert {entry.state for entry in entries} <= {"mined", "replaced"}
    assert ends.differing(wei, unbroken.wei) == []
    assert told == [[], []]
    assert [error for error in errors if not error.endswith("run again to sign it anew")] == []
    print(f"\n{point}: {len(second.done)} transactions met another's, {len(errors)} runs again")


def differences(tournament, journal):
    """What the doctor finds with a home's journal beside the modellers', which both homes have."""
    clients = {
        path.parent.name: journal_copy.entries(path)
        for path in tournament.home.root.glob("clients/*/journal.sqlite")
    }
    opened, journals = tournament.opened, {"home": journal.entries(), **clients}
    return doctor.examine(opened.chain, opened.lake, lambda: journals).differences
