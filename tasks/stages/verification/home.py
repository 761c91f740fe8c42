"""Verify a whole home: its chain's log against its balances, then every round."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake
from tasks.core import checks
from tasks.core.checks import Check, require, require_none
from tasks.core.money.units import RoundId
from tasks.core.protocol import ledger
from tasks.stages.verification import rounds
from tasks.stages.verification.rounds import RoundChecks

Progress = Callable[[int, int], None]


def verify(
    lake: Lake,
    chain: Chain,
    only: RoundId | None = None,
    given: Mapping[RoundId, Path] | None = None,
    progress: Progress = lambda done, total: None,
) -> list[Check]:
    """Recompute everything that was published and compare it with the chain.

    Args:
        lake: the public store; nothing else of the operator's is read.
        chain: any connection to the chain.
        only: the one round to verify, beside the chain's balances; None for all.
        given: matrices that the operator handed to an auditor, by round.
        progress: told how many rounds are done, and of how many.

    Returns:
        One check a comparison; none fails if the operator published what follows. What needs
        predictions that are not open to the caller neither holds nor fails.
    """
    replayed = ledger.Ledger()
    found = [
        checks.run(None, "log", lambda: _replay(chain, replayed)),
        checks.run(None, "balances", lambda: _balances(chain, replayed)),
        checks.run(None, "supply", lambda: _supply(chain, replayed)),
    ]
    opened = sorted(event.round for event in chain.tournament.opened())
    finals, handed = chain.tournament.finals(), given or {}
    chosen = opened if only is None else [only]
    for done, round_id in enumerate(chosen, start=1):
        if round_id not in opened:
            found.append(_unknown(round_id))
        else:
            view = RoundChecks(
                lake=lake,
                chain=chain,
                round_id=round_id,
                finals=finals,
                given=handed.get(round_id),
            )
            found += rounds.verify(view, replayed)
        progress(done, len(chosen))
    return found


def _unknown(round_id: RoundId) -> Check:
    return Check(round_id=round_id, name="terms", holds=False, detail="no such round on the chain")


def _replay(chain: Chain, replayed: ledger.Ledger) -> str:
    events = chain.tournament.events()
    replayed.apply_all(events)
    return f"{len(events)} events follow from each other"


def _balances(chain: Chain, replayed: ledger.Ledger) -> str:
    tournament = chain.tournament
    wrong = [
        f"free stake of {model.hex()[:16]} is {tournament.free(model)}, not {amount}"
        for model, amount in sorted(replayed.free.items())
        if tournament.free(model) != amount
    ]
    pools = [tournament.pool(leg) for leg in ledger.LEGS]
    if pools != replayed.pool:
        wrong.append(f"the pools hold {pools}, not {replayed.pool}")
    for name, have, want in (
        ("burnable", tournament.burnable(), replayed.burnable),
        ("what rounds hold", tournament.in_rounds(), replayed.in_rounds()),
        ("all that is owed", tournament.assets(), replayed.total()),
    ):
        if have != want:
            wrong.append(f"{name} is {have}, not {want}")
    require_none(wrong)
    held = chain.token.balance_of(chain.deployment.tournament)
    require(held >= replayed.total(), f"the contract holds {held} wei, owes {replayed.total()}")
    return f"{len(replayed.free)} accounts, {held} wei held"


def _supply(chain: Chain, replayed: ledger.Ledger) -> str:
    if int(chain.tournament.sink(), 16):
        return f"{replayed.swept} wei went to the sink {chain.tournament.sink()}"
    made = chain.token.supply_at_first() + chain.token.minted()
    burned = made - chain.token.total_supply()
    require(burned == replayed.swept, f"the supply fell by {burned}, burns are {replayed.swept}")
    return f"fell by {burned} wei, the sum of all burns swept"
