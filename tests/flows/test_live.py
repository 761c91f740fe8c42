"""A live home by its stages, with the chain's clock moved instead of waited for."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks import examining, granting, homes
from tasks import living as hosting
from tasks.adapters import processes
from tasks.adapters.keys import Signer
from tasks.adapters.lake import Lake
from tasks.adapters.node import Node
from tasks.adapters.settings import Settings
from tasks.client import entering, live
from tasks.client.modeller import Client, Entry
from tasks.core.errors import DataError, HomeError, InputError, KeystoreError
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import places, status
from tasks.core.protocol.steps import Step
from tasks.stages import (
    agenda,
    approving,
    closing,
    intake,
    keeping,
    living,
    market,
    opening,
    provisional,
    resolving,
    snapshots,
)
from tasks.stages.open_home import Keys
from tasks.stages.requests import LiveRequest
from tasks.verification import home as verification
from tests import frozen
from tests.flows import standings

REQUEST = LiveRequest(
    simulated_ids=120, simulated_days=600, market_day_s=5, round_every=5, approval="required"
)
STAKE, AT_RISK = Wei(100 * WAD), Wei(20 * WAD)


class Live:
    """A live home whose clock the test moves, and three modellers of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root / "home"
        self.values = Settings(home=self.root)
        self.home = hosting.found(self.values, REQUEST)
        self.node = Node.attach(self.home)
        self.models = root / "models"
        self.chain = homes.running_chain(self.home, self.values)
        self.clients = [self.client(name, number) for number, name in enumerate("abc", start=1)]

    def client(self, name: str, number: int) -> Client:
        signer = Signer(bytes([number]) * 32)
        granting.grant(self.values, signer.address, Wei(1_000 * WAD), 10**18, "first")
        client = Client(
            name=name,
            folder=self.models / name,
            seed=None,
            signer=signer,
            chain=self.chain,
            lake=Lake(self.home.lake),
        )
        client.deposit(STAKE)
        return client

    def at_work(self):
        return homes.open(self.values, "a test")

    def agenda(self):
        return agenda.read(homes.look(self.values))

    def move_to(self, at: int) -> None:
        if self.chain.now() < at:
            self.node.advance(at)

    def ingest(self) -> bool:
        with self.at_work() as home:
            place = living.market_of(home.installation)
            return market.ingest_new(home, place, home.chain.now())

    def next_round(self) -> RoundId:
        """Let the market move to the next era with a round, and ingest it."""
        with self.at_work() as home:
            place = living.market_of(home.installation)
            planned = place.times(place.dates())
        now = self.chain.now()
        opens = [times.opens for times in planned.values() if times and times.opens > now]
        self.node.advance(min(opens))
        self.ingest()
        (round_id,) = agenda.due(homes.look(self.values), Step.OPEN)
        return round_id

    def open_and_enter(self, round_id: RoundId) -> None:
        with self.at_work() as home:
            opening.open_round(home, round_id)
            opening.open_round(home, round_id)
        self.move_to(self.chain.tournament.facts(round_id).terms.opens)
        self.enter(round_id)

    def close(self, round_id: RoundId) -> None:
        with self.at_work() as home:
            assert intake.receive(home, round_id) == 3
        self.move_to(self.chain.tournament.facts(round_id).terms.closes)
        assert agenda.due(homes.look(self.values), Step.CLOSE) == [round_id]
        with self.at_work() as home:
            closing.close_round(home, round_id)

    def score(self, round_id: RoundId, at: int) -> int:
        self.move_to(at)
        self.ingest()
        with self.at_work() as home:
            known = living.market_of(home.installation).known(self.chain.now())
            days = provisional.score_round(home, round_id, known)
            assert provisional.score_round(home, round_id, known) == days
        return days

    def resolve(self, round_id: RoundId) -> None:
        with self.at_work() as home:
            resolving.publish_results(home, round_id)

    def approve(self, round_id: RoundId) -> dict[str, Any]:
        with self.at_work() as home:
            summary = approving.summary(home, round_id)
            approving.approve(home, round_id, summary["table_sha256"])
        return summary

    def take_next(self, round_id: RoundId) -> None:
        with self.at_work() as home:
            keeping.take_next(home, round_id)

    def settle(self, round_id: RoundId) -> None:
        self.move_to(self.chain.tournament.facts(round_id).proposal.final_at)
        self.take_next(round_id)

    def snapshots(self, times: int) -> list[str | None]:
        with self.at_work() as home:
            return [snapshots.publish_next(home) for _ in range(times)]

    def enter(self, round_id: RoundId) -> None:
        opened = live.read(self.chain, Lake(self.home.lake), round_id)
        rng = np.random.default_rng(0)
        for client in self.clients:
            values = rng.permutation(len(opened.ids)) / len(opened.ids)
            entry = Entry(ids=opened.ids, values=values, at_risk=AT_RISK)
            entering.enter([client], round_id, {client.name: entry})


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    found = Live(tmp_path_factory.mktemp("live"))
    yield found
    for client in found.clients:
        client.close()
    found.node.stop()


def says_everywhere(place, round_id, words, step, from_outside=None):
    """Check that every page and command says the same of a round, and so does a stranger."""
    told = standings.told(place.values, round_id)

    assert told.pop("rounds --json") == (words, from_outside or step)
    assert told == dict.fromkeys(told, (words, step))


def check_published(place, round_id):
    """Check that the last day's scores are the final ones, and that everything verifies."""
    lake = Lake(place.home.lake)
    final = lake.load(places.scores(round_id))
    assert lake.load(places.day_scores(round_id, 20)).scores.rows == final.rows
    checks = verification.verify(lake, place.chain)
    assert [check.line() for check in checks if check.fails] == []
    assert place.agenda().due == []


def test_round__taken_by_the_agenda__runs_from_open_to_settled(place):
    round_id = place.next_round()
    place.open_and_enter(round_id)
    says_everywhere(place, round_id, "open", "close")
    place.close(round_id)
    terms = place.chain.tournament.facts(round_id).terms
    early = place.score(round_id, terms.book_by + 40)
    says_everywhere(place, round_id, f"booked, day {early} of 20", "resolve")
    late = place.score(round_id, terms.resolves)
    says_everywhere(place, round_id, "resolving", "resolve")
    place.resolve(round_id)
    # That a person has to approve is the host's own rule, which is published nowhere.
    says_everywhere(place, round_id, "resolving", "approve", from_outside="settle")
    summary = place.approve(round_id)
    says_everywhere(place, round_id, "resolving", "settle")
    place.take_next(round_id)
    says_everywhere(place, round_id, "proposed", "settle")
    place.settle(round_id)
    published = place.snapshots(2)

    settled = place.chain.tournament.settled(round_id)
    assert 0 < early < late == 20
    assert summary["models"] == len(settled) == 3
    assert summary["payout"] == sum(event.payout for event in settled)
    assert summary["burn"] == sum(event.burn for event in settled)
    assert published == ["s0002", None]
    check_published(place, round_id)
    says_everywhere(place, round_id, "settled", None)
    names = ("lake/rounds/N/approval", "lake/rounds/N/days/N", "vault/pace")
    assert frozen.breaches(place.root, [*names, "vault/grants/ADDRESS-LABEL"]) == []


def test_approval__required__nothing_is_proposed_before_it(place):
    round_id = place.next_round()
    place.open_and_enter(round_id)
    place.close(round_id)
    place.move_to(place.chain.tournament.facts(round_id).terms.resolves)
    place.ingest()

    with place.at_work() as home:
        with pytest.raises(InputError, match="has no results to approve yet"):
            approving.approve(home, round_id, "0" * 64)
        resolving.publish_results(home, round_id)
        waiting = agenda.due(home.view, Step.APPROVE)
        with pytest.raises(InputError, match=r"waits for a person until .* run the deployment"):
            keeping.take_next(home, round_id)
        with pytest.raises(InputError, match="is not its table"):
            approving.approve(home, round_id, "0" * 64)
        approving.approve(home, round_id, approving.summary(home, round_id)["table_sha256"])
        due = agenda.due(home.view, Step.SETTLE)

    assert waiting == due == [round_id]


def test_agenda__machine_slept_three_days__catches_up_from_state(place):
    opened = place.next_round()
    place.open_and_enter(opened)

    place.node.advance(place.chain.now() + 3 * 86_400)
    place.ingest()
    asleep = place.agenda()
    missed = [each.round_id for each in asleep.troubles if each.message.startswith("missed: ")]
    with place.at_work() as home:
        faults = keeping.keep(home)
        with pytest.raises(InputError, match="was missed: it would close at"):
            opening.open_round(home, missed[0])

    assert ("keep", opened) in [(duty.step, duty.round_id) for duty in asleep.due]
    assert faults == []
    facts = place.chain.tournament.facts(opened)
    assert (place.chain.tournament.status(opened), facts.locked) == (status.ABANDONED, 0)
    free = place.chain.tournament.free_many([client.model for client in place.clients])
    assert sum(free) > 0
    assert [duty.step for duty in place.agenda().due] == []


def test_found__again__goes_on_and_another_request_is_refused(place):
    home = hosting.found(place.values, REQUEST)

    assert home.facts == place.home.facts
    with pytest.raises(HomeError, match="made with other arguments"):
        hosting.found(place.values, LiveRequest(market_day_s=6))


def test_request__that_cannot_be__is_refused_before_a_home_is_made(tmp_path):
    with pytest.raises(InputError, match="have their own days"):
        living.establish(tmp_path / "home", LiveRequest(prices="x.csv", market_day_s=5))
    with pytest.raises(InputError, match="a market day lasts 1 to 86400 seconds, not 0"):
        living.establish(tmp_path / "home", LiveRequest(market_day_s=0))

    assert not (tmp_path / "home").exists()


def test_found__with_a_passphrase_of_ones_own__its_keys_open_with_that_alone(tmp_path, monkeypatch):
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery staple")
    passphrase.chmod(0o600)
    monkeypatch.setenv("ERARIUM_PASSPHRASE_FILE", str(passphrase))
    home = living.establish(tmp_path / "home", REQUEST)
    address = Keys(home, Settings().passphrase_file).signer("operator").address

    assert not (home.keys / "passphrase").exists()
    assert Keys(home, Settings().passphrase_file).signer("operator").address == address
    passphrase.write_text("wrong horse")
    with pytest.raises(KeystoreError):
        Keys(home, Settings().passphrase_file).signer("operator")
    monkeypatch.delenv("ERARIUM_PASSPHRASE_FILE")
    with pytest.raises(KeystoreError, match="is missing, without it no key opens"):
        Keys(home, Settings().passphrase_file).signer("operator")


def test_ingest__past_prices_changed__is_refused(place, monkeypatch):
    with place.at_work() as home:
        now = place.chain.now() + 30
        changed = living.market_of(home.installation).known(now)
        changed.close[200:400, 3] *= 1.7
        monkeypatch.setattr(market.Market, "known", lambda self, now: changed)
        monkeypatch.setattr(market, "_has_news", lambda dates, before: True)

        with pytest.raises(DataError, match="its prices were changed afterwards"):
            market.ingest_new(home, living.market_of(place.home), now)


def test_doctor__chain_of_a_live_home_is_down__starts_it_and_leaves_the_others_alone(place):
    place.node.stop()
    other = processes.start(place.home.run, "server", ["sleep", "60"], {"PATH": os.environ["PATH"]})

    try:
        diagnosis = examining.examine(place.values)
        left = [processes.running(place.home.run, name) for name in ("chain", "anvil", "server")]
    finally:
        other.stop()
        place.node = Node.start(place.home, place.values)

    assert diagnosis.lines()[0].startswith("consistent: ")
    assert [process is not None for process in left] == [False, False, True]
