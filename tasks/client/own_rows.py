"""A modeller's check of their own rows: what is kept of an entry beside what became of it."""

from dataclasses import replace

from tasks.adapters.lake import Lake
from tasks.client.plans import Plans
from tasks.core.checks import Outcome
from tasks.core.errors import HomeError, InputError
from tasks.core.money.units import RoundId
from tasks.core.protocol.events import Entered
from tasks.core.protocol.submissions import Submission
from tasks.verification import home as verification
from tasks.verification.chain import ChainView
from tasks.verification.view import Own


def check(
    whole: ChainView, lake: Lake, plans: Plans, model: bytes, round_id: RoundId
) -> list[Outcome]:
    """Compare all that became of a model in a round with its own stored submission.

    Args:
        whole: the tournament's chain.
        lake: the public store.
        plans: what the model's owner keeps of their entries.
        model: the model's id.
        round_id: the round.

    Returns:
        One outcome a comparison that the round's state allows.

    Raises:
        InputError: if the model has not entered the round.
        HomeError: if what it submitted is not among `plans`.
    """
    entries = whole.tournament.entered(round_id, whole.block, model)
    if not entries:
        raise InputError(f"the model has not entered round {round_id}: `erarium scores` lists some")
    entry = entries[-1]
    own = Own(entry=entry, submission=_submission(plans, round_id, entry))
    return verification.verify_own(lake, whole, own)


def _submission(plans: Plans, round_id: RoundId, entry: Entered) -> Submission:
    plan = plans.find(round_id)
    try:
        if plan is not None:
            # A newer plan may have been stored that was never entered.
            return plans.submission(replace(plan, nonce=entry.nonce))
    except OSError:
        pass
    raise HomeError(
        f"what {entry.name} submitted to round {round_id} is not in its folder: "
        "say the --models that it was submitted from"
    )
