"""Every balance from the log alone, by the table of events in docs/protocol.md."""

from collections import Counter, defaultdict

from eth_abi import abi
from eth_hash.auto import keccak


def purse(account):
    """Return the id of an account's purse."""
    return keccak(abi.encode(["address", "string"], [account, ""]))


class LogBalances:
    """What a reader of the log knows; amounts in wei."""

    def __init__(self):
        self.free: Counter = Counter()
        self.locked = defaultdict(Counter)
        self.pool: Counter = Counter()
        # by round, for `Settled` does not tell the legs apart
        self.reserved: Counter = Counter()
        self.bonds = self.burnable = self.burned = 0
        self.abandoned = []

    def read(self, event):
        """Apply one event; those that move nothing have no method."""
        move = getattr(self, f"_{event.event.lower()}", None)
        if move is not None:
            move(event)

    def _deposited(self, event):
        self.free[event.model] += event.amount

    def _withdrawn(self, event):
        self.free[event.model] -= event.amount

    def _funded(self, event):
        self.pool[event.leg] += event.amount

    def _reservereturned(self, event):
        self.reserved[event.round] -= event.amount
        self.pool[event.leg] += event.amount

    def _opened(self, event):
        self._take(event.operator, event.parameters.duty_bond)

    def _entered(self, event):
        self.free[event.model] -= event.at_risk - self.locked[event.round][event.model]
        self.locked[event.round][event.model] = event.at_risk

    def _booked(self, event):
        for leg, reserve in enumerate((event.reserve, event.profit_reserve)):
            self.pool[leg] -= reserve
            self.reserved[event.round] += reserve

    def _proposed(self, event):
        self._take(event.proposer, event.bond)

    def _challenged(self, event):
        self._take(event.challenger, event.bond)

    def _bondreturned(self, event):
        self._take(event.account, -event.amount)

    def _bondburned(self, event):
        self.bonds -= event.amount
        self.burnable += event.amount

    def _settled(self, event):
        at_risk = self.locked[event.round].pop(event.model)
        self.free[event.model] += at_risk + event.payout - event.burn
        self.reserved[event.round] -= event.payout
        self.burnable += event.burn

    def _released(self, event):
        assert self.locked[event.round].pop(event.model) == event.amount
        self.free[event.model] += event.amount

    def _abandoned(self, event):
        self.abandoned.append((event.round, event.fault))

    def _swept(self, event):
        self.burnable -= event.amount
        self.burned += event.amount

    def _take(self, account, amount):
        self.free[purse(account)] -= amount
        self.bonds += amount
