"""Verify a whole home: its chain's log against its balances, then every round."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tasks.adapters.chain.connection import Chain
from tasks.adapters.lake import Lake
from tasks.core.checks import Outcome
from tasks.core.money.units import RoundId
from tasks.verification import chain as chains
from tasks.verification import listed
from tasks.verification.chain import ChainView
from tasks.verification.check import outcomes
from tasks.verification.view import Own, RoundView

Progress = Callable[[int, int], None]


def verify(
    lake: Lake,
    chain: Chain,
    only: RoundId | None = None,
    given: Mapping[RoundId, Path] | None = None,
    progress: Progress = lambda done, total: None,
) -> list[Outcome]:
    """Recompute everything that was published and compare it with the chain.

    Args:
        lake: the public store; nothing else of the operator's is read.
        chain: any connection to the chain.
        only: the one round to verify, beside the chain's balances; None for all.
        given: matrices that the operator handed to an auditor, by round.
        progress: told how many rounds are done, and of how many.

    Returns:
        One outcome a comparison; none fails if the operator published what follows. What needs
        predictions that are not open to the caller neither holds nor fails.
    """
    whole, handed = ChainView(chain=chain), given or {}
    found = outcomes(chains.CHECKS, whole)
    chosen = whole.rounds if only is None else [only]
    for done, round_id in enumerate(chosen, start=1):
        if round_id not in whole.rounds:
            found.append(_unknown(round_id))
        else:
            matrix = handed.get(round_id)
            view = RoundView(lake=lake, whole=whole, round_id=round_id, given=matrix)
            found += outcomes(listed.CHECKS, view)
        progress(done, len(chosen))
    return found


def verify_own(lake: Lake, whole: ChainView, own: Own) -> list[Outcome]:
    """Compare all that became of a modeller's entry with what they submitted.

    Args:
        lake: the public store.
        whole: the tournament's chain.
        own: the entry.
    """
    view = RoundView(lake=lake, whole=whole, round_id=own.entry.round, own=own)
    return outcomes(listed.OWN, view)


def _unknown(round_id: RoundId) -> Outcome:
    return Outcome(
        round_id=round_id, name="terms", holds=False, detail="no such round on the chain"
    )
