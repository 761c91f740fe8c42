"""How a tournament ended: what its home holds, everybody's balances, and what differs."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tasks import examining, serving
from tasks.adapters.chain.connection import Chain
from tasks.adapters.home import Home
from tasks.adapters.settings import Settings
from tests import commands
from tests.commands import Outcome


@dataclass(frozen=True, kw_only=True)
class End:
    """What a home holds in the end, the balances in wei, and what the doctor says."""

    outcome: Outcome
    wei: dict[str, int]
    diagnosis: list[str]

    def faults(self, unbroken: "End") -> dict[str, list[str]]:
        """Name what is otherwise than in an unbroken tournament."""
        has, due = self._done(), unbroken._done()
        return {
            "wrong balances": differing(self.wei, unbroken.wei),
            "lost": sorted((due - has).elements()),
            "doubled": sorted((has - due).elements()),
        }

    def _done(self) -> Counter[str]:
        """Count purposes with their states, transactions on the chain, and settled leaves."""
        outcome = self.outcome
        leaves = [f"{key}: {each}" for key, models in outcome.settled.items() for each in models]
        return Counter([*map(str, outcome.purposes), *outcome.chain, *leaves])


def of(root: Path) -> End:
    """Return how a finished home ended; its chain is started to be read."""
    values = Settings(home=root)
    with serving.connected(Home.open(root), values) as chain:
        return End(
            outcome=commands.outcome(root),
            wei=balances(chain),
            diagnosis=examining.examine(values).lines(),
        )


def balances(chain: Chain) -> dict[str, int]:
    """Return everybody's free stake and tokens, and what the contract holds for all."""
    tournament = chain.tournament
    owners = {event.model: event.owner for event in tournament.deposited()}
    free = tournament.free_many(list(owners))
    holders = {*owners.values(), tournament.address, tournament.operator(), tournament.owner()}
    return {
        **{f"free of {model.hex()}": wei for model, wei in zip(owners, free, strict=True)},
        **{f"tokens of {holder}": chain.token.balance_of(holder) for holder in holders},
        **{f"pool {leg}": tournament.pool(leg) for leg in (0, 1)},
        "free": tournament.total_free(),
        "in rounds": tournament.in_rounds(),
        "burnable": tournament.burnable(),
        "supply": chain.token.total_supply(),
    }


def differing(has: dict[str, int], due: dict[str, int]) -> list[str]:
    """Return whose balances are not what they should be."""
    return [name for name in {**due, **has} if has.get(name) != due.get(name)]
