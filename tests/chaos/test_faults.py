"""A round's writes through a proxy that fails: run it again, and the end is always the same."""

from collections import Counter
from dataclasses import dataclass

import pytest

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.sending import Order
from tasks.adapters.journal import Journal
from tasks.core.errors import TournamentError
from tasks.core.money.units import WAD, RoundId, Wei
from tasks.core.protocol import identity, merkle
from tasks.core.protocol.table import Row
from tests import chains
from tests.chaos import faults, proxy

MOST_RUNS = 40
SEEDS = 10
PARTS = 5
# One answer may take so long: more than a busy machine needs, less than a test may wait.
ANSWER_S = 0.4
RECEIPT_S = 0.5
STAKE = Wei(10 * WAD)
OWNERS = ("alice", "bob")

fired: Counter = Counter()
runs: Counter = Counter()


@dataclass(frozen=True, kw_only=True)
class Play:
    """A round that is open, and the journal of the program that plays it."""

    local: chains.LocalChain
    round_id: RoundId
    journal: Journal

    @property
    def terms(self):
        return self.local.chain.tournament.facts(self.round_id).terms

    @property
    def models(self):
        return [
            identity.model_id(self.local.signers[owner].address, self.name(owner))
            for owner in OWNERS
        ]

    def name(self, owner):
        return f"{owner}-{self.round_id}"

    def run(self, url):
        """Do what the round's people do, from the start, as somebody who runs it again."""
        chain = Chain.connect(url, self.local.deployment, ANSWER_S)
        tournament = chain.tournament
        address = {owner: self.local.signers[owner].address for owner in OWNERS}
        self._send(chain, {o: tournament.deposit(address[o], self.name(o), STAKE) for o in OWNERS})
        entries = {
            owner: tournament.enter(self.round_id, self.name(owner), Wei(WAD), b"\5" * 32, 1)
            for owner in OWNERS
        }
        self._send(chain, entries)
        self._advance(self.terms.closes)
        self._send(chain, {"operator": tournament.record_book(self.round_id, b"\6" * 32, "book")})
        self._advance(self.terms.resolves)
        self._settle(chain, tournament)
        # What a person looks at in the end; a lying node may not break more than the look.
        chain.now()
        tournament.free_many(self.models)
        tournament.settled(self.round_id)
        tournament.events()

    def _settle(self, chain, tournament):
        rows = sorted(
            (
                Row(model=model, return_nano=nano, profit_nano=0)
                for model, nano in zip(self.models, (100_000_000, -50_000_000), strict=True)
            ),
            key=lambda row: row.model,
        )
        leaves = [row.leaf(self.round_id) for row in rows]
        root = merkle.root(leaves)
        proposal = tournament.propose(self.round_id, root, b"\7" * 32, b"\x08" * 32, "r")
        self._send(chain, {"operator": proposal})
        proofs = [merkle.proof(leaves, number) for number in range(len(leaves))]
        self._send(chain, {"keeper": tournament.settle_many(self.round_id, rows, proofs)}, "settle")
        self._send(chain, {"keeper": tournament.sweep()}, "sweep")

    def _send(self, chain, writes, act=""):
        orders = [
            Order(
                write=write,
                signer=self.local.signers[sender],
                journal=self.journal,
                purpose=f"{act or write.what.split()[0]}/{self.round_id}/{sender}",
            )
            for sender, write in writes.items()
        ]
        chain.send_many(orders, RECEIPT_S)

    def _advance(self, at):
        # The clock is the driver's, who does not go through the proxy.
        if self.local.chain.now() < at:
            self.local.node.advance(at)

    def state(self):
        """Everything that a lost or a doubled write would change."""
        chain = self.local.chain
        tournament = chain.tournament
        senders = (*OWNERS, "operator", "keeper")
        wei = {
            "pool": tournament.pool(0),
            "free": tournament.total_free(),
            "rounds": tournament.in_rounds(),
            "burnable": tournament.burnable(),
            "contract": chain.token.balance_of(tournament.address),
        }
        nonces = {name: chain.nonce(self.local.signers[name].address) for name in senders}
        wallets = {
            name: chain.token.balance_of(self.local.signers[name].address) for name in senders
        }
        return Counter(
            {
                **{("wei", name): amount for name, amount in wei.items()},
                **{("nonce", name): nonce for name, nonce in nonces.items()},
                **{("wallet", name): amount for name, amount in wallets.items()},
            }
        )

    def events(self):
        found = self.local.chain.tournament.events()
        mine = [each for each in found if getattr(each, "round", None) == self.round_id]
        return Counter(type(event).__name__ for event in mine)


def play_through(local, folder, registered, seed):
    """Play a round behind a proxy until it is done; return what changed, errors and hits."""
    round_id = chains.open_round(local)
    play = Play(local=local, round_id=round_id, journal=Journal(folder / f"{round_id}.sqlite"))
    before, errors = play.state(), []
    with proxy.running(local.node.rpc_url, registered, seed) as between:
        for _ in range(MOST_RUNS):
            try:
                play.run(between.url)
                break
            except TournamentError as error:
                errors.append(str(error))
        else:
            raise AssertionError(f"not done after {MOST_RUNS} runs: {errors[-3:]}")
    play.journal.close()
    after = play.state()
    after.subtract(before)
    fired.update(between.fired)
    runs.update({fault.name: len(errors) + 1 for fault in registered})
    frees = tuple(local.chain.tournament.free_many(play.models))
    return (dict(after), play.events(), frees), errors, between.fired


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    with chains.running(tmp_path_factory.mktemp("faults") / "home") as started:
        pool, tournament = Wei(10_000 * WAD), started.chain.tournament
        chains.send(started, started.chain.token.approve(tournament.address, pool))
        chains.send(started, tournament.fund(0, pool))
        for owner in OWNERS:
            address = started.signers[owner].address
            chains.send(started, started.chain.token.transfer(address, Wei(10_000 * WAD)))
            allowance = started.chain.token.approve(tournament.address, Wei(10_000 * WAD))
            chains.send(started, allowance, owner)
        yield started


@pytest.fixture(scope="module")
def undisturbed(local, tmp_path_factory):
    """What a round changes when nothing fails; and that is what it should."""
    outcome, errors, _ = play_through(local, tmp_path_factory.mktemp("none"), [], 0)
    assert errors == []
    return outcome


def check(local, folder, undisturbed, registered, seed):
    outcome, errors, hits = play_through(local, folder, registered, seed)

    assert [fault.name for fault in registered if not hits[fault.name]] == [], "never fired"
    assert outcome == undisturbed
    assert [error for error in errors if "\n" in error or not error.strip()] == []


def test_round__no_fault__moves_what_its_rules_say(undisturbed):
    changes, events, frees = undisturbed
    nonces = {name: number for (kind, name), number in changes.items() if kind == "nonce"}

    assert frees == (STAKE + WAD // 10, STAKE - WAD // 20)
    assert nonces == {"alice": 2, "bob": 2, "operator": 2, "keeper": 2}
    assert events == {
        "Opened": 1,
        "Entered": 2,
        "Booked": 1,
        "Proposed": 1,
        "Settled": 2,
        "ReserveReturned": 1,
    }


# The same in a few rounds: every fault fires, several of them in each.
@pytest.mark.parametrize("part", range(PARTS))
def test_round__several_faults_and_run_again__ends_the_same(local, tmp_path, undisturbed, part):
    registered = list(faults.REGISTRY.values())[part::PARTS]

    check(local, tmp_path, undisturbed, registered, seed=0)

    print(f"\n{len(registered)} faults, {runs[registered[0].name]} runs, 0 wrong balances")


@pytest.mark.chaos
@pytest.mark.parametrize("name", faults.REGISTRY)
def test_round__fault_under_every_seed__ends_the_same(local, tmp_path, undisturbed, name):
    hits, times = fired[name], runs[name]
    for seed in range(1, SEEDS + 1):
        check(local, tmp_path, undisturbed, [faults.REGISTRY[name]], seed)

    hits, times = fired[name] - hits, runs[name] - times
    print(f"\n{name}: {SEEDS} seeds, fired {hits} times, {times} runs, 0 wrong balances")


@pytest.mark.chaos
def test_faults__registered__all_fired():
    silent = [name for name in faults.REGISTRY if not fired[name]]

    print(f"\n{len(faults.REGISTRY)} faults x {SEEDS} seeds, {sum(fired.values())} hits")
    assert silent == []
    assert len(faults.REGISTRY) >= 17
