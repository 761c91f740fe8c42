"""The whole chain's log, and the checks of its balances against what follows from it."""

from dataclasses import dataclass
from functools import cached_property

from tasks.adapters.chain.connection import Chain
from tasks.adapters.chain.reader import Header
from tasks.adapters.chain.tournament import Tournament
from tasks.core.checks import require, require_none
from tasks.core.money.units import RoundId
from tasks.core.protocol import ledger
from tasks.core.protocol import status as statuses
from tasks.core.protocol.ledger import Ledger, LedgerError
from tasks.core.protocol.round_facts import RoundFacts
from tasks.verification.check import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The ledger as far as the log follows from itself.

    Attributes:
        error: at which event it stops to; None where it never does.
    """

    ledger: Ledger
    events: int
    error: LedgerError | None


@dataclass(kw_only=True)
class ChainView:
    """A chain at one block; a read that covers all rounds is made once, when first asked for."""

    chain: Chain

    @property
    def round_id(self) -> None:
        """Return None: it is no round."""

    @property
    def tournament(self) -> Tournament:
        """Return the contract."""
        return self.chain.tournament

    @cached_property
    def header(self) -> Header:
        """Return the block at which everything is read."""
        return self.chain.header()

    @property
    def block(self) -> int:
        """Return its number."""
        return self.header.number

    @property
    def now(self) -> int:
        """Return its time, seconds since 1970."""
        return self.header.timestamp

    @cached_property
    def rounds(self) -> list[RoundId]:
        """Return the rounds that were opened, ascending."""
        return self.tournament.rounds(self.block)

    @cached_property
    def facts(self) -> dict[RoundId, RoundFacts]:
        """Return what the contract holds of each round that was opened."""
        return self.tournament.facts_many(self.rounds, self.block, anew=True)

    def status(self, round_id: RoundId) -> int:
        """Return a round's status, a number of `tasks.core.protocol.status`."""
        return statuses.of(self.facts[round_id], self.now)

    @cached_property
    def finals(self) -> dict[RoundId, int]:
        """Return when each final round became so, seconds since 1970."""
        return {
            round_id: facts.proposal.final_at
            for round_id, facts in self.facts.items()
            if self.status(round_id) == statuses.FINAL
        }

    @cached_property
    def replay(self) -> Replay:
        """Return what the whole log comes to."""
        events, replayed, broken = self.tournament.events(self.block), Ledger(), None
        try:
            replayed.apply_all(events)
        except LedgerError as error:
            broken = error
        return Replay(ledger=replayed, events=len(events), error=broken)

    @property
    def ledger(self) -> Ledger:
        """Return the balances that follow from the log."""
        return self.replay.ledger


def log(view: ChainView) -> str:
    """Check that every event follows from those before it."""
    if view.replay.error is not None:
        raise view.replay.error
    return f"{view.replay.events} events follow from each other"


def balances(view: ChainView) -> str:
    """Compare all that the contract holds and owes with what its log gives."""
    tournament, block, replayed = view.tournament, view.block, view.ledger
    models = sorted(replayed.free)
    free = tournament.free_many(models, block)
    wrong = [
        f"free stake of {model.hex()[:16]} is {have}, not {replayed.free[model]}"
        for model, have in zip(models, free, strict=True)
        if have != replayed.free[model]
    ]
    pools = [tournament.pool(leg, block) for leg in ledger.LEGS]
    if pools != replayed.pool:
        wrong.append(f"the pools hold {pools}, not {replayed.pool}")
    for name, have, want in (
        ("burnable", tournament.burnable(block), replayed.burnable),
        ("what rounds hold", tournament.in_rounds(block), replayed.in_rounds()),
        ("all that is owed", tournament.assets(block), replayed.total()),
    ):
        if have != want:
            wrong.append(f"{name} is {have}, not {want}")
    require_none(wrong)
    held = view.chain.token.balance_of(view.chain.deployment.tournament, block)
    require(held >= replayed.total(), f"the contract holds {held} wei, owes {replayed.total()}")
    return f"{len(models)} accounts, {held} wei held"


def supply(view: ChainView) -> str:
    """Compare the fall of the token's supply with the burns that were swept."""
    sink, token, swept = view.tournament.sink(view.block), view.chain.token, view.ledger.swept
    if int(sink, 16):
        return f"{swept} wei went to the sink {sink}"
    made = token.supply_at_first() + token.minted(view.block)
    burned = made - token.total_supply(view.block)
    require(burned == swept, f"the supply fell by {burned}, burns are {swept}")
    return f"fell by {burned} wei, the sum of all burns swept"


CHECKS = (
    Check(name="log", compare=log),
    Check(name="balances", compare=balances),
    Check(name="supply", compare=supply),
)
