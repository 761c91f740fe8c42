"""Random calls, legal and illegal: what the contract and the reference model are to do."""

from collections import Counter
from dataclasses import astuple, replace

from eth_abi import abi
from eth_hash.auto import keccak

from tasks.core.money.units import Wei
from tests.contracts.calls_settlement import MODELS, PEOPLE, SettlementCalls
from tests.contracts.game import TOKEN, terms
from tests.contracts.reference import WEEK

PURSES = [(who, "") for who in PEOPLE]
# the order of secp256k1, by which each signature has a twin
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class Calls(SettlementCalls):
    """Draws calls for one deployment and its model; each returns what both sides do."""

    def __init__(self):
        self.given = 0
        # the round that was drawn last
        self.touched = 0
        self.tables = {}
        self.heads = {}
        # why entries were skipped
        self.reasons: Counter = Counter()

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
        made = replace(self.game.parameters, **changes)
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
        number = self._number("open")
        model, at_risk, nonce = self._entry(number)

        def enter():
            self.game.enter(model[0], at_risk, number, nonce, model[1])
            self._extend_head(number, model, at_risk, nonce)

        return enter, lambda: self.model.enter(self.now, number, model, at_risk, nonce)

    def _enter_many(self):
        number = self._number("open")
        drawn = [self._signed_entry(number) for _ in range(self.rng.randrange(1, 4))]
        signed, plain = [pair[0] for pair in drawn], [pair[1] for pair in drawn]
        verdicts: list = []

        def enter():
            self.game.tournament.enter_many(number, signed)
            refused = []
            for (model, at_risk, nonce, *_), reason in zip(plain, verdicts, strict=True):
                if reason is None:
                    self._extend_head(number, model, at_risk, nonce)
                else:
                    refused.append((self.game.model(*model), f"tournament: {reason}"))
            assert self._skipped() == refused
            self.reasons.update(reason for reason in verdicts if reason)

        return enter, lambda: verdicts.extend(self.model.enter_many(self.now, number, plain))

    def _deliver(self):
        number, (who, name) = self._number("open"), self.rng.choice([*MODELS, ("ann", "")])
        deliver, sealed = self.game.tournament.deliver, self.rng.choice((b"", b"x" * 33))
        return (
            lambda: deliver(number, name, sealed, sender=self.game.people[who]),
            lambda: self.model.deliver(self.now, number, (who, name)),
        )

    def _book(self):
        number = self._number("closed")
        entry = self.model.rounds.get(number)
        who = self._mostly(entry.operator if entry else "operator")
        record = self.game.tournament.record_book
        return (
            lambda: record(number, b"b" * 32, "", sender=self.game.people[who]),
            lambda: self.model.book(self.now, number, who),
        )

    def _entry(self, number):
        """Draw an entry: a model, what it puts at risk, and a nonce."""
        who, name = self.rng.choice([*MODELS * 4, ("stranger", "")])
        entry, free = self.model.rounds.get(number), self.model.free.get((who, name), 0)
        before = entry.at_risk.get((who, name), 0) if entry else 0
        last = entry.nonces.get((who, name), 0) if entry else 0
        legal = (TOKEN, 9 * TOKEN + 7, 20 * TOKEN, free // 3, free // 4)
        at_risk = before + self.rng.choice((*legal * 2, 0, -1, free + 1, TOKEN - 1))
        return (who, name), max(at_risk, 0), last + self.rng.choice((*[1] * 7, 2, 0))

    def _signed_entry(self, number):
        """Draw an entry with its signature, at times one for something else, on both sides."""
        (who, name), at_risk, nonce = self._entry(number)
        deadline = self.now + self.rng.choice((*[1] * 14, 0, -1))
        fields = {"name": name, "at_risk": at_risk, "nonce": nonce, "deadline": deadline}
        signed = self.game.sign(who, number, **fields)
        good = self.rng.random() < 0.85
        if not good:
            signed = self._forged(signed)
        owner, name, at_risk, _, nonce, deadline, *_ = signed
        who = next(who for who, address in self.game.people.items() if address == owner)
        return signed, ((who, name), at_risk, nonce, deadline, good)

    def _forged(self, signed):
        """Change one field of a signed entry, or take its signature's twin."""
        owner, name, at_risk, _, nonce, deadline, v, r, s = signed
        others = [self.game.people[who] for who in PEOPLE if self.game.people[who] != owner]
        twin = (CURVE_ORDER - int.from_bytes(s)).to_bytes(32)
        changes = (
            {0: self.rng.choice(others)},
            {1: "n" if name == "m" else "m"},
            {2: at_risk + 1},
            {3: b"x" * 32},
            {4: nonce + 1},
            {5: deadline + 1},
            {6: self.rng.choice((55 - v, v - 27, 0, 29))},
            {7: s},
            {8: r},
            {6: 55 - v, 8: twin},
        )
        change = self.rng.choice(changes)
        return tuple(change.get(place, field) for place, field in enumerate(signed))

    def _extend_head(self, number, model, at_risk, nonce):
        head = self.heads.get(number, bytes(32))
        fields = (head, number, self.game.model(*model), at_risk, b"c" * 32, nonce)
        kinds = ("bytes32", "uint64", "bytes32", "uint256", "bytes32", "uint64")
        self.heads[number] = keccak(abi.encode(kinds, fields))

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
            propose_by=resolves + slot + self.rng.choice((0, 0, 500)),
            threshold=Wei(self.rng.choice((0, *[50 * TOKEN, 2_000 * TOKEN] * 3))),
            clip_nano=self.rng.choice((0, *[250_000_000, 100_000_007] * 3)),
            profit_clip_nano=self.rng.choice((0, 50_000_000)),
        )
        if self.rng.random() < 0.15:
            name = self.rng.choice(("opens", "closes", "book_by", "resolves", "propose_by"))
            made = replace(made, **{name: getattr(made, name) + self.rng.choice((-1, 1))})
        return made

    def _wallet(self, who):
        return self.game.token.balanceOf(self.game.people[who])


def _nothing():
    pass
