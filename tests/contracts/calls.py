"""Random calls, legal and illegal: what the contract and the reference model are to do."""

from dataclasses import astuple, replace
from random import Random

from eth_abi import abi
from eth_hash.auto import keccak

from tasks.core.money.units import Wei
from tests.contracts.game import TOKEN, Game, parameters, terms, tree
from tests.contracts.reference import WEEK, Reference

PEOPLE = ("ann", "bob", "cid", "operator", "stranger")
MODELS = [("ann", "m"), ("ann", "n"), ("bob", "m"), ("cid", "m")]
PURSES = [(who, "") for who in PEOPLE]


class Calls:
    """Draws calls for one deployment and its model; each returns what both sides do."""

    game: Game
    model: Reference
    rng: Random
    now: int

    def __init__(self):
        self.given = 0
        # the round that was drawn last
        self.touched = 0
        self.tables = {}
        self.heads = {}

    def _wait(self):
        dates = {(self.now // WEEK + 1) * WEEK}
        for number in self._live():
            dates.update(self.model.rounds[number].deadlines())
        near = sorted(date for date in dates if date > self.now)[:2]
        date = self.rng.choice(near[:1] * 3 + near) + self.rng.choice((-1, 0, 0, 0, 1))
        self.now = max(self.now, self.rng.choice((date, date, date, date, self.now + 1)))
        self.game.at(self.now)
        return _nothing, _nothing

    def _deposit(self):
        payer, owner = self.rng.choice(PEOPLE), self.rng.choice(PEOPLE)
        name = self.rng.choice(("m", "m", "n", "", "M", "-m"))
        wallet = self._wallet(payer)
        amount = self.rng.choice((1, TOKEN, 40 * TOKEN, 0, wallet, wallet + 1, 2**128))
        if (owner, name) not in [*MODELS, *PURSES]:
            owner, name = "ann", self.rng.choice(("m", "M", "-m", "m" * 33))
        here = self.game.tournament.deposit
        return (
            lambda: here(self.game.people[owner], name, amount, sender=self.game.people[payer]),
            lambda: self.model.deposit((owner, name), amount, wallet),
        )

    def _withdraw(self):
        who, name = self.rng.choice([*MODELS, *PURSES])
        free = self.model.free.get((who, name), 0)
        amount = self.rng.choice((0, 1, TOKEN, free, free + 1, free // 2))
        return (
            lambda: self.game.tournament.withdraw(name, amount, sender=self.game.people[who]),
            lambda: self.model.withdraw((who, name), amount),
        )

    def _fund(self):
        leg, wallet = self.rng.choice((0, 0, 1, 1, 2)), self._wallet("stranger")
        amount = self.rng.choice((0, 1, 30 * TOKEN, wallet + 1))
        return lambda: self.game.fund(leg, amount), lambda: self.model.fund(leg, amount, wallet)

    def _donate(self):
        def give():
            to, sender = self.game.tournament.address, self.game.people["bob"]
            self.game.token.transfer(to, 3, sender=sender)
            self.given += 3

        return give, _nothing

    def _sweep(self):
        return self.game.tournament.sweep, self.model.sweep

    def _set_operator(self):
        who, operator = self._mostly("owner"), self.rng.choice(("operator", "operator", "cid"))
        address = self.game.people[operator]
        return (
            lambda: self.game.tournament.set_operator(address, sender=self.game.people[who]),
            lambda: self.model.set_operator(who, operator),
        )

    def _set_parameters(self):
        who = self._mostly("owner")
        changes = self.rng.choice(
            (
                {},
                {},
                {},
                {"challenge": 0, "ruling": 0},
                {"exclusive": 0, "bond_bps": 0, "bond_floor": 0, "duty_bond": 0},
                {"claim": 60, "bond_bps": 2_000},
                {"round_share_bps": 700, "week_share_bps": 900},
                {"week_share_bps": 4_001},
                {"claim": 59},
                {"arbiter": self.game.people["operator"]},
            )
        )
        made = parameters(**{"arbiter": self.game.people["arbiter"]} | changes)
        set_parameters = self.game.tournament.set_parameters
        return (
            lambda: set_parameters(astuple(made), sender=self.game.people[who]),
            lambda: self.model.set_parameters(who, made),
        )

    def _open(self):
        number = len(self.model.rounds) + self.rng.choice((1, 1, 1, 1, 1, 1, 1, 0))
        who, made = self._mostly(self.model.operator), self._terms()
        self.touched = number
        address = self.game.people[who]
        return (
            lambda: self.game.tournament.open_round(number, astuple(made), sender=address),
            lambda: self.model.open(self.now, number, made, who, address),
        )

    def _enter(self):
        number, (who, name) = self._number("open"), self.rng.choice([*MODELS * 4, ("stranger", "")])
        entry, free = self.model.rounds.get(number), self.model.free.get((who, name), 0)
        before = entry.at_risk.get((who, name), 0) if entry else 0
        last = entry.nonces.get((who, name), 0) if entry else 0
        legal = (TOKEN, 9 * TOKEN + 7, 20 * TOKEN, free // 3, free // 4)
        at_risk = before + self.rng.choice((*legal * 2, 0, -1, free + 1, TOKEN - 1))
        at_risk, nonce = max(at_risk, 0), last + self.rng.choice((*[1] * 7, 2, 0))
        model = self.game.model(who, name)

        def enter():
            self.game.enter(who, at_risk, number, nonce, name)
            head = self.heads.get(number, bytes(32))
            fields = (head, number, model, at_risk, b"c" * 32, nonce)
            kinds = ("bytes32", "uint64", "bytes32", "uint256", "bytes32", "uint64")
            self.heads[number] = keccak(abi.encode(kinds, fields))

        return enter, lambda: self.model.enter(self.now, number, (who, name), at_risk, nonce)

    def _book(self):
        number = self._number("closed")
        entry = self.model.rounds.get(number)
        who = self._mostly(entry.operator if entry else "operator")
        record = self.game.tournament.record_book
        return (
            lambda: record(number, b"b" * 32, "", sender=self.game.people[who]),
            lambda: self.model.book(self.now, number, who),
        )

    def _propose(self):
        number = self._number("resolving")
        entry = self.model.rounds.get(number)
        first = entry.operator if entry else "operator"
        who = self.rng.choice((first, first, "operator", "stranger", "stranger"))
        clips = (entry.terms.clip_nano, entry.terms.profit_clip_nano) if entry else (0, 0)
        rows = {(model, self._returns(clips)) for model in MODELS}
        # a leaf of a model twice, and one of a model that never entered
        rows |= {(("ann", "m"), (5, 0)), (("stranger", "m"), (7, 0))}
        leaves = sorted((self.game.model(*model), *returns) for model, returns in rows)

        def propose():
            self.game.propose(tree(leaves, number).root, number, who)
            self.tables[number] = rows

        return propose, lambda: self.model.propose(self.now, number, who, rows)

    def _settle(self):
        number = self._number("settling")
        model, returns, proof = self._leaf(number)
        leaf = (self.game.model(*model), *returns)
        return (
            lambda: self.game.tournament.settle(number, leaf, proof),
            lambda: self.model.settle(self.now, number, model, returns),
        )

    def _settle_many(self):
        number = self._number("settling")
        leaves = [self._leaf(number) for _ in range(self.rng.randrange(6))]
        here = [(self.game.model(*model), *returns) for model, returns, _ in leaves]
        there = [(model, returns) for model, returns, _ in leaves]
        proofs = [proof for _, _, proof in leaves]
        return self._batch(
            lambda: self.game.tournament.settle_many(number, here, proofs),
            lambda: self.model.settle_many(self.now, number, there),
        )

    def _release(self):
        number = self._number("over", "abandoned")
        model = self.rng.choice(self._locked(number) or MODELS)
        return (
            lambda: self.game.tournament.release(number, self.game.model(*model)),
            lambda: self.model.release(self.now, number, model),
        )

    def _release_many(self):
        number = self._number("over", "abandoned")
        models = [self.rng.choice(MODELS) for _ in range(self.rng.randrange(3))]
        ids = [self.game.model(*model) for model in models]
        return self._batch(
            lambda: self.game.tournament.release_many(number, ids),
            lambda: self.model.release_many(self.now, number, models),
        )

    def _abandon(self):
        number = self._number("abandoned")
        return (
            lambda: self.game.tournament.abandon(number),
            lambda: self.model.abandon(self.now, number),
        )

    def _batch(self, here, there):
        """Return both sides of a batch, which name the same items as skipped."""
        skipped: list = []

        def call():
            here()
            logs = self.game.tournament.logs
            named = [entry.model for entry in logs if entry.event == "Skipped"]
            assert named == [self.game.model(*model) for model in skipped]

        return call, lambda: skipped.extend(there())

    def _leaf(self, number):
        """Draw a leaf and a proof: mostly a true one, else of a forged row or a sibling's."""
        rows = self.tables.get(number) or {(model, (1, 1)) for model in MODELS}
        leaves = sorted((self.game.model(*model), *returns) for model, returns in rows)
        locked = self._locked(number)
        likely = [row for row in rows if row[0] in locked]
        model, returns = self.rng.choice(sorted(likely or rows))
        index = leaves.index((self.game.model(*model), *returns))
        if self.rng.random() < 0.2:
            returns = self.rng.choice(((returns[0] - 1, returns[1]), (-(2**255), 0)))
        return model, returns, tree(leaves, number).proof(index)

    def _returns(self, clips):
        pair = []
        for clip in clips:
            inside = self.rng.randrange(-clip, clip + 1)
            beyond = self.rng.choice((clip, clip, clip + 1))
            pair.append(self.rng.choice((0, beyond, -beyond, inside, inside, inside)))
        return tuple(pair)

    def _terms(self):
        """Draw terms: mostly legal ones, whose windows are now and then as short as they may be."""
        opens, p = self.now + self.rng.choice((0, 0, 0, 40)), self.model.parameters
        resolves = opens + 200 + self.rng.choice((0, 300))
        slot = p.exclusive + p.challenge + p.ruling + max(p.challenge, 60)
        made = replace(
            terms(opens),
            closes=opens + self.rng.choice((60, 120)),
            book_by=resolves - self.rng.choice((0, 20)),
            resolves=resolves,
            propose_by=resolves + slot + self.rng.choice((0, 500)),
            threshold=Wei(self.rng.choice((0, 50 * TOKEN, 2_000 * TOKEN))),
            clip_nano=self.rng.choice((0, 250_000_000, 100_000_007)),
            profit_clip_nano=self.rng.choice((0, 50_000_000)),
        )
        if self.rng.random() < 0.15:
            name = self.rng.choice(("opens", "closes", "book_by", "resolves", "propose_by"))
            made = replace(made, **{name: getattr(made, name) + self.rng.choice((-1, 1))})
        return made

    def _number(self, *fitting):
        """Draw a round: mostly one in a fitting status, sometimes any, opened or not."""
        entries = self.model.rounds
        likely = [n for n in self._live() if entries[n].status(self.now) in fitting]
        if not likely or self.rng.random() < 0.1:
            likely = [*range(len(entries) + 2)]
        self.touched = self.rng.choice(likely)
        return self.touched

    def _locked(self, number):
        """Return the models locked into a round, mostly; at times none, for an illegal call."""
        entry = self.model.rounds.get(number)
        return sorted(entry.locked) if entry and self.rng.random() < 0.8 else []

    def _mostly(self, who):
        return self.rng.choice((*[who] * 7, "bob"))

    def _wallet(self, who):
        return self.game.token.balanceOf(self.game.people[who])

    def _live(self):
        """Return the rounds in which something is still to be done."""
        return [
            number
            for number, entry in self.model.rounds.items()
            if entry.locked or entry.bond or entry.duty or self.now < entry.terms.closes
        ]


def _nothing():
    pass
