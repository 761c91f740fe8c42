"""Random calls from a round's proposal on, legal and illegal: the later half of `calls`."""

from random import Random

from tests.contracts.game import Game, tree
from tests.contracts.reference import Reference

PEOPLE = ("ann", "bob", "cid", "operator", "stranger")
MODELS = [("ann", "m"), ("ann", "n"), ("bob", "m"), ("cid", "m")]
TARGETS = (*[b"g" * 32] * 8, b"h" * 32, bytes(32))


class SettlementCalls:
    """Draws proposals, disputes, settlements and releases; each returns what both sides do."""

    game: Game
    model: Reference
    rng: Random
    now: int
    # the rows proposed in each round, last
    tables: dict

    def _propose(self):
        number = self._number("resolving")
        entry = self.model.rounds.get(number)
        first = entry.operator if entry else "operator"
        who = self.rng.choice((first, first, first, "operator", "stranger", "stranger"))
        clips = (entry.terms.clip_nano, entry.terms.profit_clip_nano) if entry else (0, 0)
        rows = {(model, self._returns(clips)) for model in MODELS}
        # a leaf of a model twice, and one of a model that never entered
        rows |= {(("ann", "m"), (5, 0)), (("stranger", "m"), (7, 0))}
        root, targets = self._root(number, rows), self.rng.choice(TARGETS)

        def propose():
            self.game.propose(root, number, who, targets)
            self.tables[number] = rows

        return propose, lambda: self.model.propose(self.now, number, who, rows, targets)

    def _challenge(self):
        number = self._number("proposed")
        who, rows = self.rng.choice((*PEOPLE, "cid", "cid", "stranger")), self._disputed(number)
        root = self._root(number, rows)
        return (
            lambda: self.game.challenge(number, who, root),
            lambda: self.model.challenge(self.now, number, who, rows),
        )

    def _rule(self):
        number = self._number("challenged")
        who, right = self._mostly("arbiter"), self.rng.random() < 0.5
        rows = self._disputed(number)
        root = self._root(number, rows)
        return (
            lambda: self.game.rule(right, number, root, who),
            lambda: self.model.rule(self.now, number, self.game.people[who], rows, right),
        )

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
            named = [model for model, _ in self._skipped()]
            assert named == [self.game.model(*model) for model in skipped]

        return call, lambda: skipped.extend(there())

    def _skipped(self):
        """Return the items that the last call skipped, each with its reason."""
        logs = self.game.tournament.logs
        return [(entry.model, entry.reason) for entry in logs if entry.event == "Skipped"]

    def _disputed(self, number):
        """Return the rows of a round's last proposal, at times others."""
        rows = self.tables.get(number, {(MODELS[0], (1, 1))})
        return {(MODELS[1], (2, 2))} if self.rng.random() < 0.1 else rows

    def _root(self, number, rows):
        return tree(self._leaves(rows), number).root

    def _leaves(self, rows):
        return sorted((self.game.model(*model), *returns) for model, returns in rows)

    def _leaf(self, number):
        """Draw a leaf and a proof: mostly a true one, else of a forged row or a sibling's."""
        rows = self.tables.get(number) or {(model, (1, 1)) for model in MODELS}
        leaves = self._leaves(rows)
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

    def _live(self):
        """Return the rounds in which something is still to be done."""
        return [
            number
            for number, entry in self.model.rounds.items()
            if entry.locked or entry.bond or entry.duty or self.now < entry.terms.closes
        ]
